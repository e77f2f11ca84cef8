import { randomUUID } from 'node:crypto'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { compileContracts } from '../../scripts/local/compile.ts'
import { openOperators } from '../../scripts/local/operators.ts'
import { type Scenario, startScenario } from '../support/scenario.ts'
import { until } from '../support/until.ts'

// What a transfer owes is paid back beside it, in parts, until nothing is left; then a person closes the case.

let scene: Scenario
let operate: Awaited<ReturnType<typeof openOperators>>

beforeAll(async () => {
  await compileContracts()
  scene = await startScenario({ bank: { settlementDelays: { ach: 100 } }, env: { CAUSEWAY_INTENT_LEASE_MS: '1000' } })
  operate = await openOperators(scene.world)
})
afterEach(() => scene?.disarm())
afterAll(() => scene?.stop())

type RefundView = { readonly id: string; readonly state: string; readonly failure: string | null; readonly code?: string }

/** 600.00 by ACH that came back to us when we paid it back: in a person's hands, and owed. */
const owing = async (): Promise<string> => {
  const id = await scene.post({ value: '600.00' })
  await scene.reaches(id, 'clearing')
  await scene.arm({ kind: 'return_after_settlement', code: 'R03', match: { direction: 'credit' }, times: 1 })
  expect((await scene.cancel(id)).status).toBe(202)
  await scene.reaches(id, 'review')
  return id
}
const ask = (id: string, value?: string, key: string = randomUUID()) =>
  scene.api.call<RefundView>('POST', `/v1/transfers/${id}/refunds`, {
    key,
    body: { ...(value === undefined ? {} : { amount: { value, asset: 'USD' } }), reason: 'it came back' },
  })
const asked = async (id: string, value?: string): Promise<string> => {
  const { status, body } = await ask(id, value)
  expect(status, JSON.stringify(body)).toBe(202)
  return body.id
}
/** The refund in its last state. What rests until its next turn has it now: nobody waits half a minute here. */
const over = (id: string, refund: string): Promise<RefundView> =>
  until(`${refund} to be over`, async () => {
    await scene.database.query(`update refunds set next_at = least(next_at, now() + interval '1 s') where id = $1`, [refund])
    const { body } = await scene.api.call<{ data: RefundView[] }>('GET', `/v1/transfers/${id}/refunds`)
    return body.data.find(each => each.id === refund && ['completed', 'failed'].includes(each.state))
  })
const creditsOf = async (id: string) =>
  (
    await scene.bank<{ data: { description?: string; direction: string; status: string; amount: string }[] }>('GET', '/transfers')
  ).data
    .filter(each => each.description === id && each.direction === 'credit' && each.status === 'settled')
    .map(({ amount }) => amount)
const closed = async (id: string) => {
  await until('the transfer to have heard of its refunds', async () => {
    const { rows } = await scene.database.query<{ open: string }>(
      `select coalesce(sum(p.amount), 0) as open from ledger_entries e join ledger_postings p on p.entry = e.position
        where e.transfer_id = $1 and p.account_id = 'customer_clearing:USD'`,
      [id],
    )
    return rows[0]!.open === '0'
  })
  const payload = { outcome: 'compensated', evidence: 'the bank’s statement', closing: [] }
  await operate({ type: 'markResolved', transferId: id, reason: 'paid back', payload })
  await scene.reaches(id, 'resolved')
}

describe('a refund', () => {
  it('of a part leaves the rest, and the rest nothing', async () => {
    const id = await owing()
    expect(await over(id, await asked(id, '200.00'))).toMatchObject({ state: 'completed' })
    expect((await ask(id, '400.01')).body.code).toBe('refund_too_large')
    expect(await over(id, await asked(id))).toMatchObject({ state: 'completed' })
    expect(await creditsOf(id)).toEqual(['20000', '40000'])
    await closed(id)
    expect((await ask(id, '0.01')).body.code).toBe('refund_not_allowed')
  })

  it('asked for twice at once under one key is one, and by many under many no more than is owed', async () => {
    const id = await owing()
    const key = randomUUID()
    const twins = await Promise.all([ask(id, '250.00', key), ask(id, '250.00', key)])
    expect(new Set(twins.map(({ body }) => body.id)).size).toBe(1)
    const crowd = await Promise.all(Array.from({ length: 5 }, () => ask(id, '100.00')))
    const taken = crowd.filter(({ status }) => status === 202)
    expect(taken).toHaveLength(3)
    for (const { body } of [twins[0]!, ...taken]) await over(id, body.id)
    expect(await over(id, await asked(id))).toMatchObject({ state: 'completed' })
    expect((await creditsOf(id)).sort()).toEqual(['10000', '10000', '10000', '25000', '5000'])
    await closed(id)
  })
})

describe('a fault', () => {
  it('a lost answer of the bank pays back once', async () => {
    const id = await owing()
    const struck = await scene.arm({ kind: 'drop_after', match: { direction: 'credit' }, times: 1 })
    expect(await over(id, await asked(id, '200.00'))).toMatchObject({ state: 'completed' })
    expect(await struck()).toEqual([1])
    expect(await over(id, await asked(id))).toMatchObject({ state: 'completed' })
    expect(await creditsOf(id)).toEqual(['20000', '40000'])
    await closed(id)
  })

  it('a kill -9 while the bank is paying pays back once', async () => {
    const id = await owing()
    await scene.arm({ kind: 'delay', ms: 1_500, at: 'answer', match: { direction: 'credit' }, times: 1 })
    const refund = await asked(id)
    await until('the bank to pay', async () => (await creditsOf(id)).length > 0)
    await scene.killService()
    expect(await over(id, refund)).toMatchObject({ state: 'completed' })
    expect(await creditsOf(id)).toEqual(['60000'])
    await closed(id)
  })

  it('a refusal of the bank leaves it owed, to be asked for again', async () => {
    const id = await owing()
    await scene.arm({ kind: 'reject', match: { direction: 'credit' }, code: 'AC04', times: 1 })
    expect(await over(id, await asked(id, '200.00'))).toMatchObject({ state: 'failed' })
    expect(await over(id, await asked(id))).toMatchObject({ state: 'completed' })
    expect(await creditsOf(id)).toEqual(['60000'])
    await closed(id)
  })
})

it('a gift of two operators stands beside a transfer that has arrived', async () => {
  const id = await scene.post({ value: '80.25' })
  await scene.endsAs(id, 'completed')
  const amount = { value: '5.00', asset: 'USD' }
  expect(await operate({ type: 'refund', transferId: id, reason: 'it took long', payload: { amount } })).toMatchObject({
    fourEyes: true,
  })
  await until('the gift', async () => (await creditsOf(id)).join() === '500')
})

it('breaks no law', async () => {
  expect(await scene.lawsAtRest()).toEqual([])
  const { body } = await scene.api.call<{ laws: { name: string; ok: boolean }[] }>('GET', '/v1/ledger/proof')
  expect(body.laws.filter(({ ok }) => !ok)).toEqual([])
})

it('sees what breaks them: a part that was paid and that nobody asked for', async () => {
  await scene.database.query(`alter table refunds disable trigger all`)
  await scene.database.query(
    `delete from refunds where id in (select id from refunds where kind = 'owed' and state = 'completed' limit 1)`,
  )
  const broken = (await scene.lawsAtRest(0)).map(({ name }) => name)
  expect(broken).toEqual(expect.arrayContaining(['one bank effect per key']))
})
