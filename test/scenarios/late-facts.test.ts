import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { compileContracts } from '../../scripts/local/compile.ts'
import { type Scenario, startScenario } from '../support/scenario.ts'
import { until } from '../support/until.ts'

// What comes late, or never comes at all: returns after the release, returns that are taken back, and news that only the statement has.

const day = 86_400_000
const instant = { finalAfterMs: 0, advanceUptoMinor: '0' }
const clearing = {
  ach: { finalAfterMs: 60 * day, advanceUptoMinor: '50000' },
  sepa: instant,
  sepa_inst: instant,
  wire: instant,
  book: instant,
}

let scene: Scenario
beforeAll(async () => {
  await compileContracts()
  scene = await startScenario({
    bank: { settlementDelays: { ach: 150, wire: 150 } },
    statementPollMs: 1_000,
    env: { CAUSEWAY_INTENT_LEASE_MS: '2000', CAUSEWAY_POLICY: JSON.stringify({ clearing }) },
  })
})
afterEach(() => scene.disarm())
afterAll(() => scene?.stop())

type Receivable = { readonly transferId: string; readonly state: string; readonly owed: { readonly value: string } }
const receivableOf = async (id: string) =>
  (await scene.api.call<{ data: Receivable[] }>('GET', '/v1/receivables')).body.data.find(({ transferId }) => transferId === id)
const debitOf = async (id: string) => (await scene.bankTransfersOf(id)).find(({ direction }) => direction === 'debit')!.id

describe('an order of which nobody tells', () => {
  it('is settled by the bank’s statement when the answer, every webhook and every question are lost', async () => {
    await scene.arm(
      { kind: 'drop_after', on: 'submit', times: 1 },
      { kind: 'drop_before', on: 'query' },
      { kind: 'webhook_drop' },
    )
    const id = await scene.post({ rail: 'wire', value: '80.25' })
    const { types } = await scene.endsAs(id, 'completed')
    expect(types.filter(type => type === 'debitSettled')).toHaveLength(1)
    const { rows } = await scene.database.query<{ cause: string }>(
      `select a.cause from audit_log a join transfer_events e using (transfer_id, version) where a.transfer_id = $1 and e.type = 'debitSettled'`,
      [id],
    )
    expect(rows).toEqual([{ cause: expect.stringMatching(/^fact:bank:sim\/statement:/) }])
    expect(await scene.bankTransfersOf(id)).toHaveLength(1)
  })
})

describe('a return after the release', () => {
  it('is what the customer owes, until the bank takes the return back', async () => {
    const id = await scene.post({ value: '100.25' })
    await scene.endsAs(id, 'completed')
    const debit = await debitOf(id)
    await scene.bank('POST', `/return/${debit}`, { code: 'R10' })
    await scene.reaches(id, 'review')
    expect(await receivableOf(id)).toMatchObject({ state: 'open', owed: { value: '100.25', asset: 'USD' } })
    await scene.bank('POST', `/reverse-return/${debit}`)
    expect(await scene.reaches(id, 'completed')).toMatchObject({ failure: null })
    expect(await receivableOf(id)).toMatchObject({ state: 'reversed', owed: { value: '0.00' } })
  })
})

describe('a recall before the release', () => {
  it('is granted: the escrow is refunded and the customer credited', async () => {
    const id = await scene.post({ value: '600.00' })
    await scene.reaches(id, 'clearing')
    await scene.bank('POST', `/recall/${await debitOf(id)}`)
    const { transfer } = await scene.endsAs(id, 'compensated')
    expect(transfer.failure).toMatchObject({ detail: 'debit_recalled' })
    expect((await scene.bankTransfersOf(id)).map(({ direction, status }) => `${direction} ${status}`).sort()).toEqual([
      'credit settled',
      'debit settled',
    ])
  })
})

describe('sixty days of an ACH debit', () => {
  it('pass in seconds: the release waits for the end of them, and is not told a person as late', async () => {
    const id = await scene.post({ value: '600.00' })
    await scene.reaches(id, 'clearing')
    await scene.world.travel(60 * day - 600_000)
    const { rows } = await scene.database.query<{ late: boolean }>(
      `select due_at < causeway_now() as late from deadlines where transfer_id = $1 and kind = 'clearing'`,
      [id],
    )
    expect(rows).toEqual([{ late: false }])
    expect((await scene.api.transfer(id)).state).toBe('clearing')
    await scene.world.travel(600_000)
    const { types } = await scene.endsAs(id, 'completed')
    expect(types).not.toContain('attentionRequired')
  })

  it('are what a person hears of when nothing moved in them', async () => {
    await scene.arm({ kind: 'down' })
    const id = await scene.post({ value: '70.25' })
    await scene.reaches(id, 'debiting')
    await scene.world.travel(10 * day)
    await scene.has(id, 'attentionRequired')
    expect(await scene.api.transfer(id)).toMatchObject({
      state: 'debiting',
      attention: { why: expect.stringMatching(/_overdue$/) },
    })
    await scene.disarm()
    await scene.endsAs(id, 'completed')
    await until('nobody has to look any more', async () => {
      const { body } = await scene.api.call<{ data: unknown[] }>('GET', '/v1/transfers?attention=true')
      return body.data.length === 0
    })
  })
})

it('keeps every law in the end', async () => {
  expect(await scene.lawsAtRest()).toEqual([])
})
