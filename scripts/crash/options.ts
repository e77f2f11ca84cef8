import { randomInt } from 'node:crypto'
import { parseArgs } from 'node:util'

export type CrashOptions = {
  /** Of what is killed, frozen and ordered, and when. How the processes interleave is left to chance. */
  readonly seed: number
  readonly kills: number
  readonly json: boolean
}

export const usage = `npm run test:crash -- [--kills N] [--seed S] [--json]

Two services, an indexer, a bank and Postgres as real processes under a steady load of orders; they are killed, frozen past their leases and
cut off from the database at random. Then the faults stop, and bank, chain and database must agree on every order within two minutes.

  --kills N   how many SIGKILLs; default 200. Freezes, lost answers and database restarts come on top
  --seed S    default: a random one, which is printed
  --json      one line for machines

Exit code 0: nothing is wrong. 1: violations, each said. 2: the test could not run.`

const greatest = 2 ** 31 - 1

/** Throws with what is wrong. */
export const crashOptions = (args: readonly string[]): CrashOptions | 'help' => {
  const text = { type: 'string' } as const
  const flag = { type: 'boolean' } as const
  const { values } = parseArgs({ args: [...args], options: { kills: text, seed: text, json: flag, help: flag } })
  if (values.help) return 'help'
  return {
    seed: whole('--seed', values.seed, greatest) ?? randomInt(1, greatest),
    kills: whole('--kills', values.kills, 100_000) ?? 200,
    json: values.json === true,
  }
}

const whole = (name: string, text: string | undefined, most: number): number | undefined => {
  if (text === undefined) return undefined
  const value = Number(text)
  if (!/^\d+$/.test(text) || value < 1 || value > most) throw new Error(`${name} needs a whole number from 1 to ${most}`)
  return value
}
