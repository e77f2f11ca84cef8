import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Api, onrampInputs, order, startApi } from '../../../test/support/api.ts'
import type { Input } from '../transfer/input.ts'

let api: Api
let anna: { id: string; key: string }
let annasOther: { id: string; key: string }
let ben: { id: string; key: string }
beforeAll(async () => {
  api = await startApi()
  anna = await api.keyOf('house', ['operator'], 'anna')
  annasOther = await api.keyOf('acme', ['operator'], 'anna')
  ben = await api.keyOf('globex', ['operator'], 'ben')
})
afterAll(() => api.close())
beforeEach(async () => {
  // Who owes is not advanced anything any more, and all of these transfers are one payer's.
  await api.admin.query('truncate pauses, receivables')
  await api.pauses.refresh()
})

type Who = { readonly key: string }
const ask = (who: Who, body: unknown, idempotencyKey?: string) =>
  api.post('/v1/operator/actions', body, { key: who.key, ...(idempotencyKey === undefined ? {} : { idempotencyKey }) })
const decide = (who: Who, { id, payloadHash }: { id: string; payloadHash: string }, decision = 'approve') =>
  api.post(`/v1/operator/actions/${id}/approval`, { decision, payloadHash }, { key: who.key })
const look = async (id: string) => (await api.get(`/v1/operator/actions/${id}`, { key: anna.key })).json
const audit = async (id: string) =>
  (await api.admin.query('select event, actor from operator_audit where action_id = $1 order by position', [id])).rows.map(
    ({ event, actor }) => `${event} ${actor}`,
  )
const commands = async (id: string) =>
  (await api.admin.query(`select payload from inbox where source = 'command' and fact = $1`, [`action:${id}`])).rows.map(
    row => row.payload,
  )

/** A transfer, told so many inputs of an on-ramp that goes well. */
const transfer = async (seed: string, inputs: number, value = '100.25'): Promise<string> => {
  const { id } = (await api.post('/v1/transfers', { ...order(), amount: { value, asset: 'USD' } })).json
  for (const input of onrampInputs(seed).slice(0, inputs)) await api.move(id, input)
  return id
}
const all = 6
const returned: Input = {
  type: 'railFact',
  step: 'debitFiat',
  fact: { type: 'returned', bankTransferId: 'bt', externalId: 'x', at: new Date().toISOString(), rawCode: 'R01' },
}
const refusedRelease: Input = { type: 'intentRefused', step: 'releaseEscrow', attempt: 0, code: 'chain_refused', detail: 'no' }

describe('an action below the limit', () => {
  it('takes one person, and goes to the machine with his name', async () => {
    const id = await transfer('c1', 3)
    const { status, json } = await ask(anna, { type: 'cancel', transferId: id, reason: 'the customer called' })
    expect(status).toBe(202)
    expect(json).toMatchObject({
      type: 'cancel',
      transferId: id,
      fourEyes: false,
      state: 'obeyed',
      effect: 'waiting',
      decidedBy: null,
    })
    expect(await commands(json.id)).toEqual([
      { input: { type: 'cancelCommand', reason: 'the customer called' }, actor: 'operator:anna' },
    ])
    expect(await audit(json.id)).toEqual([`requested api:${anna.id}`, 'obeyed saga'])
  })

  it('is refused when the machine would refuse it, with the machine’s own code', async () => {
    const id = await transfer('c2', all)
    for (const [type, code] of [
      ['cancel', 'transfer_not_cancelable'],
      ['forceCompensation', 'transfer_not_compensable'],
      ['unpark', 'transfer_not_parked'],
    ])
      expect((await ask(anna, { type, transferId: id, reason: 'x' })).json.code).toBe(code)
    expect((await ask(anna, { type: 'cancel', transferId: 'tr_00000000000000000000000000', reason: 'x' })).json.code).toBe(
      'transfer_not_found',
    )
  })

  it('answers the same key once', async () => {
    const id = await transfer('c3', 3)
    const body = { type: 'cancel', transferId: id, reason: 'twice' }
    const answers = await Promise.all([1, 2, 3].map(() => ask(anna, body, 'once')))
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1)
    const { rows } = await api.admin.query(`select from operator_actions where reason = 'twice'`)
    expect(rows).toHaveLength(1)
  })

  it('needs the scope, and a reason', async () => {
    const id = await transfer('c4', 3)
    const nobody = await api.keyOf('acme', ['transfers:read', 'transfers:write'])
    expect((await ask(nobody, { type: 'cancel', transferId: id, reason: 'x' })).json.code).toBe('forbidden')
    expect((await ask(anna, { type: 'cancel', transferId: id, reason: '' })).json.code).toBe('request_invalid')
  })
})

describe('four eyes', () => {
  const asked = async (seed: string) =>
    (await ask(anna, { type: 'cancel', transferId: await transfer(seed, 3, '10000.01'), reason: 'a lot' })).json

  it('are needed above the limit of the currency: nothing happens before', async () => {
    const action = await asked('f1')
    expect(action).toMatchObject({ fourEyes: true, state: 'requested', effect: 'none' })
    expect(await commands(action.id)).toEqual([])
    const { status, json } = await decide(ben, action)
    expect([status, json.state, json.decidedBy]).toEqual([202, 'obeyed', `api:${ben.id}`])
    expect(await commands(action.id)).toMatchObject([{ actor: 'operator:anna+ben' }])
    expect(await audit(action.id)).toEqual([`requested api:${anna.id}`, `approved api:${ben.id}`, 'obeyed saga'])
  })

  it('are two persons’, whatever keys they have', async () => {
    const action = await asked('f2')
    for (const who of [anna, annasOther]) expect((await decide(who, action)).json.code).toBe('second_operator_required')
    // And the database says the same.
    for (const [by, person] of [
      [`api:${anna.id}`, 'ben'],
      [`api:${annasOther.id}`, 'anna'],
    ])
      await expect(
        api.admin.query(
          `update operator_actions set decision = 'approve', decided_by = $2, decided_person = $3, decided_at = now() where id = $1`,
          [action.id, by, person],
        ),
      ).rejects.toMatchObject({ code: '23514' })
  })

  it('see what they approve: another hash approves nothing', async () => {
    const action = await asked('f3')
    expect((await decide(ben, { ...action, payloadHash: 'a'.repeat(64) })).json.code).toBe('payload_mismatch')
    expect((await look(action.id)).state).toBe('requested')
  })

  it('decide once; who has asked may take it back', async () => {
    const action = await asked('f4')
    expect((await decide(anna, action, 'reject')).json.state).toBe('rejected')
    expect((await decide(ben, action)).json.code).toBe('action_decided')
    expect(await commands(action.id)).toEqual([])
  })

  it('do not outlive a day', async () => {
    const action = await asked('f5')
    await api.admin.query(`update operator_actions set expires_at = now() - interval '1 s' where id = $1`, [action.id])
    expect((await look(action.id)).state).toBe('expired')
    expect((await decide(ben, action)).json.code).toBe('action_decided')
  })

  it('cannot be rewritten by the service', async () => {
    const action = await asked('f6')
    for (const sql of [
      `update operator_actions set payload = '{}' where id = $1`,
      `update operator_actions set four_eyes = false where id = $1`,
      'delete from operator_actions where id = $1',
      `update operator_audit set actor = 'nobody' where action_id = $1`,
    ])
      await expect(api.pool.query(sql, [action.id]), sql).rejects.toMatchObject({ code: '42501' })
  })
})

describe('a transfer in a person’s hands', () => {
  const inReview = async (seed: string) => {
    const id = await transfer(seed, all)
    await api.move(id, returned)
    return id
  }
  const resolution = (transferId: string, change: object = {}) => ({
    type: 'markResolved',
    transferId,
    reason: 'he has paid',
    payload: {
      outcome: 'completed',
      evidence: 'a wire of 100.25 on our statement',
      closing: [],
      ...change,
    },
  })

  it('is ended by two, with what they have seen and where the money went', async () => {
    const id = await inReview('a1')
    const action = (await ask(anna, resolution(id))).json
    expect(action).toMatchObject({
      fourEyes: true,
      state: 'requested',
      payload: {
        version: 11,
        outcome: 'completed',
        document: null,
        closing: [],
      },
    })
    await decide(ben, action)
    await api.hear()
    expect(await look(action.id)).toMatchObject({ state: 'obeyed', effect: 'moved' })
    expect((await api.get(`/v1/transfers/${id}`)).json).toMatchObject({ state: 'resolved', resolution: 'completed' })
    const { rows } = await api.admin.query(
      `select p.account_id, sum(p.amount)::text as amount from ledger_entries e join ledger_postings p on p.entry = e.position
        where e.transfer_id = $1 and p.account_id ~ '^(receivable|customer_clearing|bank_cash:bank:test):USD' group by 1 having sum(p.amount) <> 0`,
      [id],
    )
    // What he owes is a case of its own, and goes on.
    expect(rows).toEqual([{ account_id: 'receivable:USD', amount: '10025' }])
  })

  it('that has moved since is looked at again first', async () => {
    const id = await inReview('a2')
    const action = (await ask(anna, resolution(id))).json
    await api.move(id, {
      type: 'chainFact',
      kind: 'deliveryReclaimed',
      status: 'included',
      place: { fact: 'z', txHash: '0x1', blockNumber: '1', blockHash: '0x2' },
    })
    expect((await decide(ben, action)).json.code).toBe('transfer_moved')
    expect((await look(action.id)).state).toBe('requested')
  })

  it('is not ended while something of it stands nowhere', async () => {
    const id = await inReview('a3')
    await api.move(id, {
      type: 'chainFact',
      kind: 'deliveryReclaimed',
      status: 'included',
      place: { fact: 'z', txHash: '0x1', blockNumber: '1', blockHash: '0x2' },
    })
    const { status, json } = await ask(anna, resolution(id, { closing: [] }))
    expect([status, json.code]).toEqual([422, 'resolution_incomplete'])
    expect(json.detail).toContain('customer_clearing:USD')
    for (const closing of [
      [{ account: 'customer_clearing:USD', into: 'fee_income:USD' }],
      [{ account: 'customer_clearing:USD', into: 'bank_cash:bank:test:EUR' }],
      [{ account: 'customer_clearing:USD', into: 'bank_cash:bank:nowhere:USD' }],
      [
        { account: 'customer_clearing:USD', into: 'bank_cash:bank:test:USD' },
        { account: 'receivable:USD', into: 'written_off:USD' },
      ],
    ])
      expect((await ask(anna, resolution(id, { closing }))).json.code).toBe('resolution_incomplete')
  })

  it('is the only one that can be ended so', async () => {
    const id = await transfer('a4', 4)
    expect((await ask(anna, resolution(id, { closing: [] }))).json.code).toBe('transfer_not_resolvable')
  })
})

describe('trying again', () => {
  it('does not wait for the timer of what was refused', async () => {
    const id = await transfer('e1', 4)
    await api.move(id, refusedRelease)
    const { json } = await ask(anna, { type: 'retry', transferId: id, reason: 'unpaused' })
    await api.hear()
    expect(await look(json.id)).toMatchObject({ state: 'obeyed', effect: 'moved' })
    const { rows } = await api.admin.query(
      `select attempt from intents where transfer_id = $1 and step = 'releaseEscrow' order by 1`,
      [id],
    )
    expect(rows).toEqual([{ attempt: 0 }, { attempt: 1 }])
  })

  it('wakes what rests until its next turn', async () => {
    const id = await transfer('e2', 1)
    await api.admin.query(`update intents set next_at = now() + interval '10 min' where transfer_id = $1`, [id])
    await ask(anna, { type: 'retry', transferId: id, reason: 'the bank is back' })
    const { rows } = await api.admin.query(
      `select next_at <= now() as due from intents where transfer_id = $1 and status = 'PENDING'`,
      [id],
    )
    expect(rows).toEqual([{ due: true }])
  })

  it('is refused when nothing waits', async () => {
    const id = await transfer('e3', all)
    expect((await ask(anna, { type: 'retry', transferId: id, reason: 'x' })).json.code).toBe('nothing_to_retry')
  })

  it('gives up a release that the chain refuses, when two say so', async () => {
    const id = await transfer('e4', 4)
    await api.move(id, refusedRelease)
    const action = (await ask(anna, { type: 'forceCompensation', transferId: id, reason: 'he is on the list' })).json
    expect(action.fourEyes).toBe(true)
    await decide(ben, action)
    await api.hear()
    expect((await api.get(`/v1/transfers/${id}`)).json.state).toBe('refunding')
  })
})

it('puts a parked transfer back, with what waits', async () => {
  const id = await transfer('b1', 1)
  await api.admin.query(`update transfers set parked_reason = 'a bug' where id = $1`, [id])
  await api.admin.query("update intents set abandoned = 6 where transfer_id = $1 and status = 'PENDING'", [id])
  expect((await ask(anna, { type: 'unpark', transferId: id, reason: 'fixed' })).json.state).toBe('obeyed')
  const { rows } = await api.admin.query(
    'select t.parked_reason, i.abandoned from transfers t join intents i on i.transfer_id = t.id where t.id = $1 and i.abandoned > 0',
    [id],
  )
  expect(rows).toEqual([])
  expect((await ask(anna, { type: 'unpark', transferId: id, reason: 'again' })).json.code).toBe('transfer_not_parked')
})

describe('a pause', () => {
  it('of a route refuses new transfers at one person’s word, and two let it go on', async () => {
    expect((await ask(anna, { type: 'pause', scope: 'route:onramp', reason: 'the rates are wrong' })).json.state).toBe('obeyed')
    const refused = await api.post('/v1/transfers', order())
    expect([refused.status, refused.json.code, refused.headers['retry-after']]).toEqual([503, 'route_paused', '1'])
    expect((await ask(ben, { type: 'pause', scope: 'route:onramp', reason: 'x' })).json.code).toBe('scope_paused')
    expect((await api.get('/metrics', { key: null })).text).toContain('causeway_paused{scope="route:onramp"} 1')
    const action = (await ask(anna, { type: 'resume', scope: 'route:onramp', reason: 'they are right' })).json
    expect(action.state).toBe('requested')
    expect((await decide(ben, action)).json.state).toBe('obeyed')
    expect((await api.post('/v1/transfers', order())).status).toBe(202)
    expect((await ask(ben, { type: 'resume', scope: 'route:onramp', reason: 'x' })).json.code).toBe('scope_not_paused')
  })

  it('of a chain or a rail wakes at its end what it has held', async () => {
    const id = await transfer('d1', 1)
    await ask(anna, { type: 'pause', scope: 'rail:bank:test', reason: 'its books are wrong' })
    expect(api.pauses.holds('bank:test')).toBe(true)
    await api.admin.query(
      `update intents set next_at = now() + interval '10 min' where transfer_id = $1 and step = 'debitFiat'`,
      [id],
    )
    await decide(ben, (await ask(anna, { type: 'resume', scope: 'rail:bank:test', reason: 'they are right' })).json)
    expect(api.pauses.holds('bank:test')).toBe(false)
    const { rows } = await api.admin.query(
      `select next_at <= now() as due from intents where transfer_id = $1 and step = 'debitFiat'`,
      [id],
    )
    expect(rows).toEqual([{ due: true }])
  })

  it('is of something that there is', async () => {
    for (const scope of ['route:nowhere', 'chain:evm:9', 'rail:bank:none', 'everything'])
      expect((await ask(anna, { type: 'pause', scope, reason: 'x' })).json.code).toBe('scope_unknown')
  })
})

it('lists what was asked for, newest first', async () => {
  const first = (await api.get('/v1/operator/actions?limit=2', { key: anna.key })).json
  expect(first.data).toHaveLength(2)
  const next = (await api.get(`/v1/operator/actions?limit=2&cursor=${first.nextCursor}`, { key: anna.key })).json
  const ids = [...first.data, ...next.data].map(({ id }: { id: string }) => id)
  expect(ids).toEqual([...ids].sort().reverse())
  expect((await api.get('/v1/operator/actions/oa_00000000000000000000000000', { key: anna.key })).json.code).toBe(
    'action_not_found',
  )
})
