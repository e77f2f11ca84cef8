import { inject } from 'vitest'

/** What all random tests of the run are made from (see seed.setup.ts). */
export const seed = inject('seed')
