import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { history, onramp } from '../../../test/support/onramp.ts'
import { type SagaDatabase, sagaDatabase, store } from '../../../test/support/saga.ts'
import { BridgeError } from '../errors.ts'
import { done, refused, unknown } from '../outcome.ts'
import { type HandTools, obeyActions } from './obey.ts'

let database: SagaDatabase
let calls: string[]
beforeAll(async () => {
  database = await sagaDatabase()
})
afterAll(() => database.close())
beforeEach(async () => {
  await database.owner.query(
    `update operator_actions set refusal = 'over' where obeyed_at is null and refusal is null and decision = 'approve'`,
  )
  calls = []
})

const balanceId = '00000000'.concat('ab'.repeat(32))
const settling = { intentKey: 'a'.repeat(64), fate: 'dead' }
const approved = async (type: string, payload: object, decision: string | null = 'approve'): Promise<string> => {
  const id = `oa_${randomBytes(8).toString('hex')}`
  const transfer = type === 'reclaimDelivery' ? (await store(database.owner, history.completed, onramp())).id : null
  await database.owner.query(
    `insert into operator_actions (id, type, transfer_id, scope, reason, payload, payload_hash, four_eyes, requested_by, requested_person,
                                   expires_at, decision, decided_by, decided_person, decided_at)
     values ($1, $2, $3, 'chain:stellar:x', 'r', $4, $5, true, 'api:a', 'anna', now() + interval '1 day', $6::text,
             case when $6 is not null then 'api:b' end, case when $6 is not null then 'ben' end, case when $6 is not null then now() end)`,
    [id, type, transfer, payload, 'f'.repeat(64), decision],
  )
  return id
}
const tools = (change: Partial<HandTools> = {}): ReadonlyMap<string, HandTools> =>
  new Map([
    [
      'stellar:x',
      {
        settle: async (key, { fate, by }) => void calls.push(`settle ${key.slice(0, 4)} ${fate} ${by}`),
        reclaim: async (key, ref, id) => {
          calls.push(`reclaim ${key} ${ref.length} ${id}`)
          return done({})
        },
        ...change,
      },
    ],
  ])
const obey = async (change: Partial<HandTools> = {}) => {
  await database.owner.query('update operator_actions set claimed_until = null')
  await obeyActions(database.app, tools(change))
}
const endOf = async (id: string) =>
  (await database.owner.query('select obeyed_at is not null as obeyed, refusal from operator_actions where id = $1', [id]))
    .rows[0]

it('does what two have said, once', async () => {
  const id = await approved('settleByHand', settling)
  await obey()
  await obey()
  expect(calls).toEqual(['settle aaaa dead anna+ben'])
  expect(await endOf(id)).toEqual({ obeyed: true, refusal: null })
})

it('does nothing that one has said, or that was rejected', async () => {
  await approved('settleByHand', settling, null)
  await approved('settleByHand', settling, 'reject')
  await obey()
  expect(calls).toEqual([])
})

it('says what could not be done', async () => {
  const id = await approved('settleByHand', settling)
  await obey({
    settle: async () => {
      throw new BridgeError('transition_illegal', { reason: 'nothing is open' })
    },
  })
  expect(await endOf(id)).toEqual({ obeyed: false, refusal: 'transition_illegal: {"reason":"nothing is open"}' })
})

it('asks again while nobody can say: a ledger that is away refuses nothing', async () => {
  const id = await approved('settleByHand', settling)
  await obey({
    settle: async () => {
      throw new BridgeError('chain_unavailable')
    },
  })
  expect(await endOf(id)).toEqual({ obeyed: false, refusal: null })
  await obey()
  expect(await endOf(id)).toEqual({ obeyed: true, refusal: null })
})

it('takes a delivery back under one key for its balance, whoever asks and however often', async () => {
  const first = await approved('reclaimDelivery', { balanceId })
  await obey({ reclaim: async () => unknown('on its way') })
  expect(await endOf(first)).toEqual({ obeyed: false, refusal: null })
  await approved('reclaimDelivery', { balanceId })
  await obey()
  const keys = calls.map(call => call.split(' ')[1])
  expect(keys).toHaveLength(2)
  expect(new Set(keys).size).toBe(1)
  const third = await approved('reclaimDelivery', { balanceId })
  await obey({ reclaim: async () => refused('gone', 'fetched') })
  expect(await endOf(third)).toEqual({ obeyed: false, refusal: 'gone: fetched' })
})

it('leaves one to a worker at a time', async () => {
  await approved('settleByHand', settling)
  await Promise.all([1, 2, 3].map(() => obeyActions(database.app, tools())))
  expect(calls).toHaveLength(1)
})
