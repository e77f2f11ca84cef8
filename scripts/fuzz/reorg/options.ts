import { randomInt } from 'node:crypto'
import { parseArgs } from 'node:util'

export type FuzzOptions = {
  readonly seeds: number
  /** The first one; the others follow it. */
  readonly seed: number
  readonly jobs: number
  readonly json: boolean
}

export const usage = `npm run fuzz:reorg -- [--seeds N] [--seed S] [--jobs N] [--json]

Lets the indexer follow chains that reorganise themselves, through RPC endpoints that fail and lie, and judges by an oracle of its own
what it wrote and handed over. One seed is one world.

  --seeds N   how many worlds; default 25, or 1 where --seed is given
  --seed S    the first seed; default: a random one, which is printed. The same seed is the same world
  --jobs N    worlds at a time; default 2
  --json      one line for machines

Exit code 0: nothing is wrong. 1: findings, each with the command that repeats it. 2: the fuzzer could not run.`

const greatest = 2 ** 31 - 1

/** Throws with what is wrong. */
export const fuzzOptions = (args: readonly string[]): FuzzOptions | 'help' => {
  const text = { type: 'string' } as const
  const flag = { type: 'boolean' } as const
  const { values } = parseArgs({ args: [...args], options: { seeds: text, seed: text, jobs: text, json: flag, help: flag } })
  if (values.help) return 'help'
  const seeds = whole('--seeds', values.seeds, 100_000) ?? (values.seed === undefined ? 25 : 1)
  const seed = whole('--seed', values.seed, greatest) ?? randomInt(1, 2 ** 30)
  return { seeds, seed, jobs: whole('--jobs', values.jobs, 16) ?? 2, json: values.json === true }
}

const whole = (name: string, text: string | undefined, most: number): number | undefined => {
  if (text === undefined) return undefined
  const value = Number(text)
  if (!/^\d+$/.test(text) || value < 1 || value > most) throw new Error(`${name} needs a whole number from 1 to ${most}`)
  return value
}
