import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { onrampTransitions } from '../../transfer/onramp/transitions.ts'
import { states } from '../../transfer/state.ts'
import { sep24Statuses, sep24StatusOf } from './sep24-status.ts'

const table = () => {
  const text = readFileSync(new URL('../../../../docs/sep.md', import.meta.url), 'utf8')
  return Object.fromEntries([...text.matchAll(/^\| `(\w+)` \| `(\w+)` \|/gm)].map(([, state, status]) => [state, status]))
}

it('has a status of SEP-24 for every state, and docs/sep.md says which', () => {
  for (const state of states) expect(sep24Statuses, state).toContain(sep24StatusOf(state))
  expect(table()).toEqual(Object.fromEntries(states.map(state => [state, sep24StatusOf(state)])))
})

it('calls nothing refunded or completed before the customer has it', () => {
  expect(states.filter(state => sep24StatusOf(state) === 'completed')).toEqual(['completed'])
  expect(states.filter(state => sep24StatusOf(state) === 'refunded')).toEqual(['compensated'])
})

it('calls expired only what was never paid for', () => {
  const settled = new Set<string>()
  const from = (state: string): void => {
    for (const [event, target] of Object.entries(onrampTransitions[state as 'none'])) {
      if (settled.has(target) || (state !== 'debiting' && !settled.has(state))) continue
      if (state === 'debiting' && event !== 'debitSettled') continue
      settled.add(target)
      from(target)
    }
  }
  from('debiting')
  expect(settled.size).toBeGreaterThan(8)
  for (const state of settled) expect(sep24StatusOf(state as 'review'), state).not.toBe('expired')
})
