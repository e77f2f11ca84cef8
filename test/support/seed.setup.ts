import { randomInt } from 'node:crypto'
import type { TestProject } from 'vitest/node'

declare module 'vitest' {
  export interface ProvidedContext {
    seed: number
  }
}

/** One seed for all random tests of a run, printed once: `SEED=… vitest run …` plays the same numbers again. */
export default (project: TestProject) => {
  const seed = Number(process.env.SEED ?? randomInt(2 ** 31 - 1))
  console.log(`random tests use SEED=${seed}`)
  project.provide('seed', seed)
}
