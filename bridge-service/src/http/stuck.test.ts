import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Api, onrampInputs, order, startApi } from '../../../test/support/api.ts'
import { stuckAfterMs } from '../operators/stuck-after.ts'
import { states, terminalStates } from '../transfer/state.ts'

let api: Api
let operator: { key: string }
beforeAll(async () => {
  api = await startApi()
  operator = await api.keyOf('house', ['operator'])
})
afterAll(() => api.close())

const transfer = async (seed: string, inputs: number): Promise<string> => {
  const { id } = (await api.post('/v1/transfers', order())).json
  for (const input of onrampInputs(seed).slice(0, inputs)) await api.move(id, input)
  return id
}
const stuck = async () => (await api.get('/v1/operator/stuck', { key: operator.key })).json.data
const age = (id: string, interval: string) =>
  api.admin.query('update transfers set updated_at = now() - $2::interval where id = $1', [id, interval])

it('names nothing that goes its way', async () => {
  await transfer('a1', 3)
  await transfer('a2', 6)
  expect(await stuck()).toEqual([])
})

it('names what has stood in its state for too long, by the measure of that state', async () => {
  const releasing = await transfer('b1', 4)
  const debiting = await transfer('b2', 1)
  const done = await transfer('b3', 6)
  for (const id of [releasing, debiting, done]) await age(id, '2 hours')
  expect(await stuck()).toMatchObject([
    { why: 'silent', transferId: releasing, state: 'releasing', can: ['retry', 'forceCompensation'] },
  ])
  await api.admin.query(
    `update transfers set updated_at = now(), progress = progress || '{"attention":{"why":"chain_transaction_overdue","since":"2026-01-01T00:00:00.000Z"}}' where id = $1`,
    [releasing],
  )
  expect(await stuck()).toMatchObject([{ why: 'attention', transferId: releasing, detail: 'chain_transaction_overdue' }])
  await age(debiting, '8 days')
  expect((await stuck())[0]).toMatchObject({ why: 'silent', transferId: debiting, state: 'debiting', can: ['retry', 'cancel'] })
  await api.admin.query(`update transfers set updated_at = now(), progress = progress - 'attention'`)
})

it('names what was over when a reorg took its end, until the chain has it again', async () => {
  const done = await transfer('e1', 6)
  const { rows } = await api.admin.query(
    `select e.payload->>'fact' as fact, t.escrow_ref as ref from transfer_events e join transfers t on t.id = e.transfer_id
      where t.id = $1 and e.type = 'escrowReleased'`,
    [done],
  )
  const { fact, ref } = rows[0]
  const [txHash, ordinal] = fact.split(':')
  const event = (block: string, canonical: boolean) =>
    api.admin.query(
      `insert into chain_events (chain, block_hash, log_index, tx_hash, ordinal, block_number, type, escrow_id, ref, token, amount, payload, canonical)
       values ('evm:31337', $1, 0, $2, $3, 90, 'escrowReleased', '0xe1', $4, '0xt', 5, '{}', $5)`,
      [block, txHash, ordinal, ref, canonical],
    )
  const named = async () => (await stuck()).filter(({ why }: { why: string }) => why === 'undone')

  await event('0xb1', false)
  expect(await named()).toMatchObject([
    {
      transferId: done,
      state: 'completed',
      detail: `escrowReleased 0xe1 in block 90 of evm:31337 is no more: ${txHash}`,
      can: [],
    },
  ])
  await event('0xb2', true)
  expect(await named()).toEqual([])
})

it('names what is parked, what is in a person’s hands, what nobody knows and what belongs to nobody', async () => {
  const parked = await transfer('c1', 2)
  await api.admin.query(`update transfers set parked_reason = 'a bug' where id = $1`, [parked])
  await api.admin.query(`update intents set abandoned = 6 where transfer_id = $1`, [parked])
  const review = await transfer('c2', 6)
  await api.move(review, {
    type: 'railFact',
    step: 'debitFiat',
    fact: { type: 'returned', bankTransferId: 'b', externalId: 'x', at: new Date().toISOString(), rawCode: 'R01' },
  })
  const unknown = await transfer('c3', 1)
  await api.admin.query(
    `update intents set status = 'UNKNOWN', created_at = now() - interval '2 hours' where transfer_id = $1 and step = 'debitFiat'`,
    [unknown],
  )
  const suspect = await transfer('c4', 1)
  await api.admin.query(`update intents set abandoned = 3 where transfer_id = $1 and step = 'debitFiat'`, [suspect])
  await api.admin.query(
    `insert into inbox (source, fact, subject, kind, payload, unmatched) values ('bank:test', 'm1', 'CWx', 'railFact', '{}', true)`,
  )
  const found = await stuck()
  expect(found.map(({ why, transferId, can }: Record<string, unknown>) => [why, transferId, can])).toEqual(
    expect.arrayContaining([
      ['parked', parked, ['unpark']],
      ['review', review, ['markResolved']],
      ['unknown_outcome', unknown, ['retry']],
      ['suspected', suspect, ['retry']],
      ['unmatched_fact', null, []],
    ]),
  )
  expect(found).toHaveLength(5)
  expect(found.find(({ why }: { why: string }) => why === 'review').detail).toBe('debit_returned: R01')
})

it('is for operators', async () => {
  const other = await api.keyOf('acme', ['transfers:read', 'ledger:read'])
  expect((await api.get('/v1/operator/stuck', { key: other.key })).json.code).toBe('forbidden')
})

it('is patient with every state that has not ended, and only with those', () => {
  for (const state of states) expect(stuckAfterMs[state] === null, state).toBe(terminalStates.includes(state))
})
