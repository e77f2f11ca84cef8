import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { compileContracts } from '../../scripts/local/compile.ts'
import { type Scenario, startScenario } from '../support/scenario.ts'
import { until } from '../support/until.ts'

// Whatever the bank does wrong: each order has one effect, and each transfer ends as it must.

let scene: Scenario

beforeAll(async () => {
  await compileContracts()
  scene = await startScenario({
    bank: { settlementDelays: { ach: 150, wire: 150 } },
    env: { CAUSEWAY_INTENT_LEASE_MS: '2000' },
  })
})
afterEach(() => scene.disarm())
afterAll(() => scene?.stop())

type Direction = 'debit' | 'credit'
const effectsOf = async (id: string) =>
  (await scene.bankTransfersOf(id)).map(({ direction, status }) => `${direction} ${status}`).sort()

/** A transfer whose debit meets the fault, or one that was turned back and whose credit meets it. */
const meets = async (direction: Direction, fault: Record<string, unknown>) => {
  const struck = await scene.arm({ times: 1, match: { direction }, ...fault })
  const id = await scene.post({ value: direction === 'debit' ? '100.25' : '600.00' })
  if (direction === 'credit') {
    await scene.reaches(id, 'clearing')
    expect((await scene.cancel(id)).status).toBe(202)
  }
  return { id, struck }
}
const endsWell = async (direction: Direction, id: string) => {
  const { types } = await scene.endsAs(id, direction === 'debit' ? 'completed' : 'compensated')
  expect(await effectsOf(id)).toEqual(direction === 'debit' ? ['debit settled'] : ['credit settled', 'debit settled'])
  return types
}

describe.each<Direction>(['debit', 'credit'])('the answer to a %s', direction => {
  it.each([
    ['is lost before the bank took the order', { kind: 'drop_before' }],
    ['is lost after it', { kind: 'drop_after' }],
    ['is an error before it', { kind: 'error_before' }],
    ['is an error after it', { kind: 'error_after' }],
    ['is a page of HTML', { kind: 'garble_after' }],
    ['is that we ask too often', { kind: 'rate_limit', retryAfterSeconds: 0 }],
    ['comes after our time-out, because the order did', { kind: 'delay', at: 'network', ms: 2_600 }],
    ['comes after our time-out, because the bank is slow', { kind: 'delay', at: 'processing', ms: 2_600 }],
    ['comes after our time-out, though the order is taken', { kind: 'delay', at: 'answer', ms: 2_600 }],
  ])('%s', async (_what, fault) => {
    const { id, struck } = await meets(direction, fault)
    const types = await endsWell(direction, id)
    expect(await struck()).toEqual([1])
    if (fault.kind !== 'delay') expect(types).toContain(`${direction}Unknown`)
  })

  it('is lost, and so are the next answers to the question what became of it', async () => {
    // Without a webhook only the question can tell.
    await scene.arm({ kind: 'webhook_drop', times: 2, match: { direction } })
    const asked = await scene.arm(
      { kind: 'drop_before', on: 'query', times: 1, match: { direction } },
      { kind: 'garble_after', on: 'query', times: 1, match: { direction } },
    )
    const { id } = await meets(direction, { kind: 'drop_after' })
    await endsWell(direction, id)
    expect(await asked()).toEqual([1, 1])
  })
})

describe.each<Direction>(['debit', 'credit'])('the webhook about a %s', direction => {
  it.each([
    ['is never sent', { kind: 'webhook_drop', times: 2 }],
    ['comes three times', { kind: 'webhook_duplicate', count: 2, times: 2 }],
    ['comes in the wrong order', { kind: 'webhook_reorder' }],
    ['comes late', { kind: 'webhook_delay', ms: 1_200, times: 2 }],
    ['is preceded by a forged one that says settled', { kind: 'webhook_forge', claim: 'settled' }],
    ['is preceded by a forged one that says returned', { kind: 'webhook_forge', claim: 'returned' }],
  ])('%s', async (_what, fault) => {
    const { id, struck } = await meets(direction, fault)
    const types = await endsWell(direction, id)
    expect((await struck())[0]).toBeGreaterThanOrEqual(1)
    expect(types.filter(type => type === `${direction}Settled`)).toHaveLength(1)
    expect(types).not.toContain(`${direction}Returned`)
  })
})

describe('the bank', () => {
  it('rejects a debit: nothing has moved', async () => {
    const { id } = await meets('debit', { kind: 'reject', code: 'R01' })
    const { transfer } = await scene.endsAs(id, 'failed')
    expect(transfer.failure?.code).toBe('rail_refused')
    expect(await effectsOf(id)).toEqual(['debit rejected'])
  })

  it('returns a debit before the release: compensated without a credit', async () => {
    const id = await scene.post({ value: '600.00' })
    await scene.reaches(id, 'clearing')
    const [debit] = await scene.bankTransfersOf(id)
    await scene.bank('POST', `/return/${debit!.id}`, { code: 'R10' })
    const { types } = await scene.endsAs(id, 'compensated')
    expect(types).toContain('escrowRefunded')
    expect(types).not.toContain('creditSubmitted')
    expect(await effectsOf(id)).toEqual(['debit returned'])
  })

  it('returns a debit at once, so that both news may come in one', async () => {
    const { id } = await meets('debit', { kind: 'return_after_settlement', code: 'R01', ms: 0 })
    await scene.reaches(id, 'compensated', 'failed')
    expect(await effectsOf(id)).toEqual(['debit returned'])
  })

  it('returns a debit while our refund is on its way: no credit on top', async () => {
    const id = await scene.post({ value: '600.00' })
    await scene.reaches(id, 'clearing')
    const [debit] = await scene.bankTransfersOf(id)
    await scene.node.setIntervalMining({ interval: 0 })
    try {
      await scene.cancel(id)
      await scene.reaches(id, 'refunding')
      await scene.bank('POST', `/return/${debit!.id}`, { code: 'R10' })
      await scene.has(id, 'debitReturned')
    } finally {
      await scene.node.setIntervalMining({ interval: 0.1 })
    }
    await scene.endsAs(id, 'compensated')
    expect(await effectsOf(id)).toEqual(['debit returned'])
  })

  it('returns a debit after the release: a person has it, and a receivable', async () => {
    const id = await scene.post({ value: '88.00' })
    await scene.endsAs(id, 'completed')
    const [debit] = await scene.bankTransfersOf(id)
    await scene.bank('POST', `/return/${debit!.id}`, { code: 'R05' })
    await scene.reaches(id, 'review')
    const { rows } = await scene.database.query(
      `select account_id, sum(amount)::text as amount from ledger_postings p join ledger_entries e on e.position = p.entry
        where e.transfer_id = $1 and account_id = 'receivable:USD' group by account_id`,
      [id],
    )
    expect(rows).toEqual([{ account_id: 'receivable:USD', amount: '8800' }])
  })

  it('has the debit in its books and forgets to say so, and is down for a while', async () => {
    const down = await scene.arm({ kind: 'drop_after', match: { direction: 'debit' }, times: 1 }, { kind: 'down', times: 4 })
    const id = await scene.post()
    await until('the bank to be down four times', async () => (await down())[1] === 4, 30_000)
    await endsWell('debit', id)
  })

  it('is down for a while when a debit is due, and when a credit is', async () => {
    const first = await scene.arm({ kind: 'down', times: 3 })
    const id = await scene.post({ value: '600.00' })
    await scene.reaches(id, 'clearing')
    expect(await first()).toEqual([3])
    const second = await scene.arm({ kind: 'down', times: 3 })
    await scene.cancel(id)
    await endsWell('credit', id)
    expect(await second()).toEqual([3])
  })
})

it('keeps all laws', async () => {
  expect(await scene.lawsAtRest()).toEqual([])
})
