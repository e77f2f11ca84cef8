import { expect, it } from 'vitest'
import { poolRaces } from './pool-races.ts'

it('queues after as many lost races in a row as it was told, and races again after as many wins', () => {
  const races = poolRaces(3)
  for (const outcome of ['lost', 'lost', 'won', 'lost', 'lost'] as const) races.told('a', outcome)
  expect(races.isContended(), 'never three in a row').toBe(false)
  races.told('b', 'lost')
  expect(races.isContended(), 'of one pool').toBe(false)
  races.told('a', 'lost')
  expect(races.isContended()).toBe(true)
  for (const _ of [1, 2]) races.told('a', 'won')
  expect(races.isContended()).toBe(true)
  races.told('a', 'won')
  expect(races.isContended()).toBe(false)
})
