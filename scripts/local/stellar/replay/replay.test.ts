import { existsSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { replay } from './run.ts'
import { readVectors, type Vectors } from './vectors.ts'

const recorded = new URL('../../../../../shared/stellar/scenarios.json', import.meta.url)
const there = existsSync(recorded)
if (!there) console.warn(`the recorded scenarios of a real stellar-core are not there (${recorded.pathname}): not replayed`)

describe.skipIf(!there)('what a real stellar-core answered', () => {
  it('is what the local ledger answers', () => {
    const report = replay(readVectors(recorded))
    expect(report.scenarios).toBeGreaterThan(0)
    expect(report.differences).toEqual([])
    expect(report).toMatchObject({ passed: report.scenarios, failed: 0, skipped: 0 })
  })

  it('is told apart from what it did not', () => {
    const vectors: Vectors = readVectors(recorded)
    const [scenario] = vectors.scenarios
    const forged = { ...vectors, scenarios: [{ ...scenario!, fee_pool_after: '1' }] }
    const report = replay(forged)
    expect(report).toMatchObject({ scenarios: 1, passed: 0, failed: 1 })
    expect(report.differences).toEqual([
      { scenario: scenario!.name, what: 'fee_pool_after', expected: '1', found: scenario!.fee_pool_after },
    ])
  })

  it('is left alone when an operation is not emulated', () => {
    const vectors = readVectors(recorded)
    const scenarios = vectors.scenarios
      .slice(0, 2)
      .map(scenario => ({ ...scenario, ops: [...scenario.ops, 'MANAGE_SELL_OFFER'] }))
    expect(replay({ ...vectors, scenarios })).toEqual({ scenarios: 2, passed: 0, failed: 0, skipped: 2, differences: [] })
  })
})
