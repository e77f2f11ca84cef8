import { randomUUID } from 'node:crypto'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { apiClient } from '../../scripts/local/api-client.ts'
import { compileContracts } from '../../scripts/local/compile.ts'
import { evmAccount } from '../../scripts/local/evm-accounts.ts'
import { type ActionView, openOperators, operatorKeys } from '../../scripts/local/operators.ts'
import { type Scenario, startScenario } from '../support/scenario.ts'
import { until } from '../support/until.ts'

// What persons do to a running house, and that money goes where they say and nowhere else.

let scene: Scenario
let operate: Awaited<ReturnType<typeof openOperators>>
let keys: Awaited<ReturnType<typeof operatorKeys>>

beforeAll(async () => {
  await compileContracts()
  scene = await startScenario({
    bank: { settlementDelays: { ach: 100 } },
    env: { CAUSEWAY_INTENT_LEASE_MS: '2000', CAUSEWAY_POLICY: JSON.stringify({ operatorLimits: { USD: '20000' } }) },
  })
  operate = await openOperators(scene.world)
  keys = await operatorKeys(scene.world)
})
afterEach(() => scene?.disarm())
afterAll(() => scene?.stop())

type Problem = { readonly code?: string }
const say = <T>(person: 'anna' | 'ben', path: string, body: unknown) =>
  apiClient(scene.world.apiUrl, keys[person]).call<T & Problem>('POST', path, { key: randomUUID(), body })
const approve = (person: 'anna' | 'ben', { id }: { readonly id: string }, payloadHash: string) =>
  say<ActionView>(person, `/v1/operator/actions/${id}/approval`, { decision: 'approve', payloadHash })
const onTransfer = (type: string, transferId: string) => ({ type, transferId, reason: 'as the scenario wants it' })
const onScope = (type: 'pause' | 'resume', scope: string) => ({ type, scope, reason: 'as the scenario wants it' })
const stuckAs = async (id: string) => {
  const { body } = await apiClient(scene.world.apiUrl, keys.anna).call<{ data: { why: string; transferId: string | null }[] }>(
    'GET',
    '/v1/operator/stuck',
  )
  return body.data.filter(({ transferId }) => transferId === id).map(({ why }) => why)
}
const customer = evmAccount(3).address

/** On its way to a customer whom the token will not pay. */
const refusedRelease = async (value = '100.25'): Promise<string> => {
  await scene.deny(customer, true)
  const id = await scene.post({ value })
  await scene.has(id, 'releaseRefused')
  return id
}

describe('a pause under load', () => {
  it('of a rail lets no order go to its bank, and all of them go when it is over', async () => {
    const before = await Promise.all(Array.from({ length: 4 }, () => scene.post()))
    await operate(onScope('pause', 'rail:bank:sim'))
    // What has seen the pause sends nothing more; who was at work with an order ends with it.
    await until('the pause to be known', async () => {
      const { body } = await scene.api.call<{ checks: { name: string }[] }>('GET', '/health/ready')
      return body.checks.some(({ name }) => name === 'rail:bank:sim')
    })
    const held = await scene.post()
    await scene.reaches(held, 'debiting')
    for (const id of before) await scene.reaches(id, 'completed', 'debiting')
    expect(await scene.bankTransfersOf(held)).toEqual([])
    expect(await operate(onScope('resume', 'rail:bank:sim'))).toMatchObject({ fourEyes: true, state: 'obeyed' })
    for (const id of [...before, held]) await scene.endsAs(id, 'completed')
  })

  it('of a route takes nothing new, and what is there goes on', async () => {
    const before = await scene.post()
    await operate(onScope('pause', 'route:onramp'))
    const body = {
      source: { type: 'bank_account', name: 'Ada', rail: 'ach', accountNumber: '1234567890', routingNumber: '021000021' },
      destination: { type: 'chain_address', chain: scene.world.chain, asset: 'USDC', address: customer },
      amount: { value: '100.25', asset: 'USD' },
    }
    const { status, body: refused } = await scene.api.call<Problem>('POST', '/v1/transfers', { key: randomUUID(), body })
    expect([status, refused.code]).toEqual([503, 'route_paused'])
    await scene.endsAs(before, 'completed')
    await operate(onScope('resume', 'route:onramp'))
    await scene.endsAs(await scene.post(), 'completed')
  })
})

describe('four eyes', () => {
  it('are another person’s, over what he has read: a wrong hash and one’s own approval are refused', async () => {
    const id = await refusedRelease()
    const { body: asked } = await say<ActionView>('anna', '/v1/operator/actions', onTransfer('forceCompensation', id))
    expect(asked).toMatchObject({ fourEyes: true, state: 'requested' })
    expect((await approve('anna', asked, asked.payloadHash)).body.code).toBe('second_operator_required')
    expect((await approve('ben', asked, '0'.repeat(64))).body.code).toBe('payload_mismatch')
    expect((await scene.api.transfer(id)).state).toBe('releasing')
    expect((await approve('ben', asked, asked.payloadHash)).body.state).toBe('obeyed')
    // The escrow goes back to the treasury, and the dollars to where they came from.
    const { types } = await scene.endsAs(id, 'compensated')
    expect(types).toEqual(expect.arrayContaining(['compensationStarted', 'refundFinalized', 'creditSettled']))
    await scene.deny(customer, false)
  })
})

describe('one person', () => {
  it('has tried now what was refused', async () => {
    const id = await refusedRelease()
    await scene.deny(customer, false)
    expect(await operate(onTransfer('retry', id))).toMatchObject({ fourEyes: false, state: 'obeyed' })
    await scene.endsAs(id, 'completed')
    const { rows } = await scene.database.query<{ actor: string }>(
      `select a.actor from audit_log a join transfer_events e using (transfer_id, version)
        where e.transfer_id = $1 and e.type = 'releaseRetried' order by e.version`,
      [id],
    )
    expect(rows).toContainEqual({ actor: 'operator:anna' })
  })

  it('cancels, and above the limit not alone', async () => {
    await scene.node.setIntervalMining({ interval: 0 })
    const [small, large] = [await scene.post(), await scene.post({ value: '200.01' })]
    try {
      for (const id of [small, large]) await scene.reaches(id, 'locking')
      expect(await operate(onTransfer('cancel', small))).toMatchObject({ fourEyes: false })
      expect(await operate(onTransfer('cancel', large))).toMatchObject({ fourEyes: true })
      for (const id of [small, large]) await scene.has(id, 'cancelRequested')
    } finally {
      await scene.node.setIntervalMining({ interval: 0.1 })
    }
    for (const id of [small, large]) await scene.endsAs(id, 'compensated')
  })

  it('takes back what was parked, and what had waited for it is decided then', async () => {
    await scene.node.setIntervalMining({ interval: 0 })
    const id = await scene.post()
    try {
      await scene.reaches(id, 'locking')
      await scene.database.query(`update transfers set parked_reason = 'a law was broken' where id = $1`, [id])
    } finally {
      await scene.node.setIntervalMining({ interval: 0.1 })
    }
    await until('its lock to wait in the inbox', async () => {
      const { rows } = await scene.database.query(
        `select from inbox i join transfers t on t.escrow_ref = i.subject where t.id = $1 and i.consumed < i.revision`,
        [id],
      )
      return rows.length > 0
    })
    expect([await stuckAs(id), (await scene.api.transfer(id)).state]).toEqual([['parked'], 'locking'])
    await operate(onTransfer('unpark', id))
    await scene.endsAs(id, 'completed')
  })
})

describe('a receivable', () => {
  it('above the limit is written off by two, and then the case is closed with what they have seen', async () => {
    const id = await scene.post({ value: '300.25', rail: 'ach' })
    await scene.endsAs(id, 'completed')
    const [debit] = (await scene.bankTransfersOf(id)).filter(({ direction }) => direction === 'debit')
    await scene.bank('POST', `/return/${debit!.id}`, { code: 'R10' })
    await scene.reaches(id, 'review')
    const settle = (value: string) => ({
      ...onTransfer('settleReceivable', id),
      payload: { kind: 'writtenOff', amount: { value, asset: 'USD' } },
    })
    expect(await operate(settle('100.25'))).toMatchObject({ fourEyes: false, state: 'obeyed' })
    expect((await say('anna', '/v1/operator/actions', settle('200.01'))).body.code).toBe('receivable_exceeded')
    expect(await operate(settle('200.00'))).toMatchObject({ state: 'obeyed' })
    const payload = { outcome: 'completed', evidence: 'his bankruptcy file', closing: [] }
    expect(await operate({ ...onTransfer('markResolved', id), payload })).toMatchObject({ fourEyes: true, state: 'obeyed' })
    expect(await scene.reaches(id, 'resolved')).toMatchObject({ state: 'resolved' })
  })
})

it('breaks no law', async () => {
  expect(await scene.lawsAtRest()).toEqual([])
  const { body } = await scene.api.call<{ laws: { name: string; ok: boolean }[] }>('GET', '/v1/ledger/proof')
  expect(body.laws.filter(({ ok }) => !ok)).toEqual([])
})
