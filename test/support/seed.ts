import { randomInt } from 'node:crypto'

/** One seed for all random tests of a run, printed once per file: `SEED=… vitest run …` plays the same numbers again. */
export const seed = Number(process.env.SEED ?? randomInt(2 ** 31 - 1))

console.log(`random tests use SEED=${seed}`)
