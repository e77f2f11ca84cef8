import { randomInt } from 'node:crypto'
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'

export type SimOptions = {
  readonly seeds: number
  /** The first one; the others follow it. */
  readonly seed: number
  readonly jobs: number
  readonly json: boolean
  /** Shows all that happens, in one world. */
  readonly trace: boolean
  /** Hunts the planted bugs instead of real ones. */
  readonly planted: boolean
}

export const usage = `npm run sim -- [--seeds N] [--seed S] [--jobs N] [--trace] [--planted] [--json]

Lets the saga live in simulated worlds that lose, repeat, forge, delay and kill, and judges them by their own books when they have come
to rest. One seed is one world.

  --seeds N   how many worlds; default 500, or 1 where --trace is given. From 10,000 on every fault must have struck and been recovered from
  --seed S    the first seed; default: a random one, which is printed. The same seed is the same world
  --jobs N    worlds at a time; default: one for each core
  --trace     every call and every fault of the worlds, on one thread
  --planted   plants one known bug after the other: each must be found in at least two of N worlds; default 1000
  --json      one line for machines

Exit code 0: nothing is wrong. 1: findings, each with the command that repeats it. 2: the simulation could not run.`

const greatest = 2 ** 31 - 1

/** Throws with what is wrong. */
export const simOptions = (args: readonly string[]): SimOptions | 'help' => {
  const text = { type: 'string' } as const
  const flag = { type: 'boolean' } as const
  const options = { seeds: text, seed: text, jobs: text, json: flag, trace: flag, planted: flag, help: flag }
  const { values } = parseArgs({ args: [...args], options })
  if (values.help) return 'help'
  const planted = values.planted === true
  const trace = values.trace === true
  return {
    seeds: whole('--seeds', values.seeds, 10_000_000) ?? (trace ? 1 : planted ? 1_000 : 500),
    seed: whole('--seed', values.seed, greatest) ?? (planted ? 1 : randomInt(1, 2 ** 30)),
    jobs: whole('--jobs', values.jobs, 64) ?? availableParallelism(),
    json: values.json === true,
    trace,
    planted,
  }
}

const whole = (name: string, text: string | undefined, most: number): number | undefined => {
  if (text === undefined) return undefined
  const value = Number(text)
  if (!/^\d+$/.test(text) || value < 1 || value > most) throw new Error(`${name} needs a whole number from 1 to ${most}`)
  return value
}
