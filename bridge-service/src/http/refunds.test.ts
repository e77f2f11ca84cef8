import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Api, onrampInputs, order, startApi } from '../../../test/support/api.ts'
import { type InProcessBank, inProcessBank } from '../../../test/support/in-process.ts'
import { hearRefund } from '../refunds/hear-refund.ts'
import { payRefunds } from '../refunds/pay-refunds.ts'
import { postgresRefundStore } from '../refunds/postgres-store.ts'
import type { Input } from '../transfer/input.ts'

let api: Api
let bank: InProcessBank
let anna: { id: string; key: string }
let ben: { id: string; key: string }
beforeAll(async () => {
  api = await startApi()
  anna = await api.keyOf('house', ['operator'], 'anna')
  ben = await api.keyOf('house', ['operator'], 'ben')
})
afterAll(() => api.close())
beforeEach(async () => {
  bank = inProcessBank('bank:test')
  // Who owes us is advanced nothing: the tests have one customer.
  await api.admin.query('delete from receivables')
  await api.admin.query(`update refunds set state = 'failed', failure = 'over' where state in ('requested', 'crediting')`)
})

const reclaimed: Input = {
  type: 'chainFact',
  kind: 'deliveryReclaimed',
  status: 'included',
  place: { fact: 'z', txHash: '0x1', blockNumber: '1', blockHash: '0x2' },
}
const returned: Input = {
  ...{ type: 'railFact', step: 'debitFiat' },
  fact: { type: 'returned', bankTransferId: 'bt_1', externalId: 'CW1', rawCode: 'R10', at: '2999-01-01T00:00:00.000Z' },
}
const completed = async (seed: string): Promise<string> => {
  const { id } = (await api.post('/v1/transfers', order())).json
  for (const input of onrampInputs(seed)) await api.move(id, input)
  return id
}
/** In a person's hands, and owes its customer the 99.xx dollars that its delivery was worth. */
const owing = async (seed: string): Promise<string> => {
  const id = await completed(seed)
  await api.move(id, reclaimed)
  return id
}
const owedMinor = async (id: string): Promise<bigint> => {
  const { rows } = await api.admin.query(
    `select coalesce(-sum(p.amount), 0)::text as minor from ledger_entries e join ledger_postings p on p.entry = e.position
      where e.transfer_id = $1 and p.account_id = 'customer_clearing:USD'`,
    [id],
  )
  return BigInt(rows[0].minor)
}
const refund = (id: string, body: object = { reason: 'never fetched' }, options = {}) =>
  api.post(`/v1/transfers/${id}/refunds`, body, options)
const list = async (id: string) => (await api.get(`/v1/transfers/${id}/refunds`)).json.data
/** One turn of whoever pays, now. */
const turn = async (isHeld = (_target: string) => false) => {
  await api.admin.query('update refunds set next_at = now()')
  await payRefunds({ store: postgresRefundStore(api.pool), rails: new Map([[bank.id, bank]]), isHeld, log: () => {} })
  await api.hear()
}
const usd = (value: string) => ({ value, asset: 'USD' })

describe('a refund of what a transfer owes', () => {
  it('is a new payment to its customer, and the transfer owes nothing afterwards', async () => {
    const id = await owing('a1')
    const owed = await owedMinor(id)
    expect(owed).toBeGreaterThan(0n)
    const { status, json } = await refund(id)
    expect(status).toBe(202)
    expect(json).toMatchObject({ refundOf: id, kind: 'owed', state: 'requested', failure: null })
    await turn()
    expect(await list(id)).toMatchObject([{ id: json.id, state: 'completed' }])
    expect([...bank.orders.values()]).toMatchObject([
      {
        direction: 'credit',
        amountMinor: String(owed),
        currency: 'USD',
        account: 'acct_usd',
        counterparty: { name: 'Ada Lovelace' },
      },
    ])
    expect(await owedMinor(id)).toBe(0n)
    const { events } = (await api.get(`/v1/transfers/${id}/timeline`)).json
    expect(events.at(-1)).toMatchObject({ type: 'refundPaid', fromState: 'review', toState: 'review', actor: 'bank:test' })
    await turn()
    expect(bank.orders.size).toBe(1)
  })

  it('can be in parts, which are together no more than what is owed', async () => {
    const id = await owing('a2')
    const owed = await owedMinor(id)
    expect((await refund(id, { amount: usd('60.00'), reason: 'x' })).status).toBe(202)
    const tooMuch = await refund(id, { amount: usd('60.00'), reason: 'x' })
    expect([tooMuch.status, tooMuch.json.code]).toEqual([409, 'refund_too_large'])
    await turn()
    // Also while the transfer has heard of the first.
    expect((await refund(id, { amount: usd('60.00'), reason: 'x' })).json.code).toBe('refund_too_large')
    const rest = (await refund(id)).json
    expect(rest.amount.value).toBe((Number(owed - 6_000n) / 100).toFixed(2))
    expect((await refund(id)).json.code).toBe('refund_too_large')
    await turn()
    expect(await owedMinor(id)).toBe(0n)
    expect((await refund(id)).json.code).toBe('refund_not_allowed')
  })

  it('is added up one after the other, however many ask at once', async () => {
    const id = await owing('a3')
    const answers = await Promise.all([1, 2, 3, 4].map(() => refund(id, { amount: usd('60.00'), reason: 'x' })))
    expect(answers.map(({ status }) => status).sort()).toEqual([202, 409, 409, 409])
  })

  it('answers the same key once', async () => {
    const id = await owing('a4')
    const answers = await Promise.all(
      [1, 2, 3].map(() => refund(id, { amount: usd('1.00'), reason: 'x' }, { idempotencyKey: 'rf-1' })),
    )
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1)
    expect(await list(id)).toHaveLength(1)
  })

  it('is nobody’s but of what is owed: not of what arrived, and not of another tenant’s', async () => {
    const id = await completed('a5')
    expect((await refund(id)).json.code).toBe('refund_not_allowed')
    const other = await owing('a6')
    expect((await refund(other, { reason: 'x' }, { key: api.keys.globex.key })).json.code).toBe('transfer_not_found')
    expect((await refund(other, { amount: usd('0.00'), reason: 'x' })).json.code).toBe('amount_not_positive')
    expect((await refund(other, { amount: { value: '1', asset: 'EUR' }, reason: 'x' })).json.code).toBe('refund_not_allowed')
  })
})

describe('the payment', () => {
  it('of which its bank tells by itself is asked about at once, and what comes back after its end is a person’s', async () => {
    const id = await owing('b0')
    await refund(id)
    bank.faults.submit.push('lostAfter')
    await turn()
    const { externalId } = [...bank.orders.values()][0]!
    const told = (type: 'settled') => hearRefund(api.pool, 'bank:test', { type, externalId })
    expect(await told('settled')).toBe(true)
    await payRefunds({
      store: postgresRefundStore(api.pool),
      rails: new Map([[bank.id, bank]]),
      isHeld: () => false,
      log: () => {},
    })
    expect(await list(id)).toMatchObject([{ state: 'completed' }])
    expect(await told('settled')).toBe(true)
    expect(await hearRefund(api.pool, 'bank:other', { type: 'settled', externalId })).toBe(false)
  })

  it('whose answer was lost is asked about, and never made twice', async () => {
    const id = await owing('b1')
    await refund(id)
    bank.faults.submit.push('lostAfter')
    await turn()
    expect(await list(id)).toMatchObject([{ state: 'crediting' }])
    await turn()
    expect(await list(id)).toMatchObject([{ state: 'completed' }])
    expect(bank.calls.map(call => call.split(' ')[0])).toEqual(['submit', 'query'])
    expect(bank.orders.size).toBe(1)
  })

  it('that the bank refuses fails, and what is owed can be asked for again', async () => {
    const id = await owing('b2')
    await refund(id)
    bank.faults.submit.push({ refused: 'account_closed' })
    await turn()
    expect(await list(id)).toMatchObject([{ state: 'failed', failure: 'account_closed: no' }])
    expect((await refund(id)).status).toBe(202)
  })

  // The money has left: to say that it failed would pay it again, and book it never.
  it.each([
    ['settles after it has refused it', 'settled', 'bb'],
    // Who had asked late was told only that it came back.
    ['takes its return back, of which alone it told', 'returnReversed', 'bc'],
  ] as const)('that the bank %s is paid, and booked', async (_what, type, digits) => {
    const id = await owing(digits)
    const { json } = await refund(id)
    bank.faults.submit.push({ refused: 'account_closed' })
    await turn()
    const { rows } = await api.admin.query(`select request from refunds where id = $1`, [json.id])
    await bank.submit(rows[0].request)
    expect(await hearRefund(api.pool, bank.id, { type, externalId: rows[0].request.externalId })).toBe(true)
    expect((await refund(id)).json.code).toBe('refund_too_large')
    await turn()
    expect(await list(id)).toMatchObject([{ id: json.id, state: 'completed', failure: null }])
    expect(await owedMinor(id)).toBe(0n)
    expect((await refund(id)).json.code).toBe('refund_not_allowed')
  })

  it('waits while its rail stands still', async () => {
    const id = await owing('b3')
    await refund(id)
    await turn(target => target === bank.id)
    expect(bank.calls).toEqual([])
    await turn()
    expect(await list(id)).toMatchObject([{ state: 'completed' }])
  })

  it('that comes back after it has settled is owed again, once', async () => {
    const id = await owing('b5')
    const owed = await owedMinor(id)
    const { json } = await refund(id)
    await turn()
    expect(await owedMinor(id)).toBe(0n)
    const { externalId } = [...bank.orders.values()][0]!
    for (let times = 0; times < 2; times++)
      expect(await hearRefund(api.pool, bank.id, { type: 'returned', externalId })).toBe(true)
    await api.hear()
    expect(await list(id)).toMatchObject([{ id: json.id, state: 'returned' }])
    expect(await owedMinor(id)).toBe(owed)
    expect((await refund(id)).status).toBe(202)
  })

  it('is not sent to a customer who has his debit back', async () => {
    const id = await owing('b6')
    await refund(id)
    await api.move(id, returned)
    await turn()
    expect(await list(id)).toMatchObject([{ state: 'failed', failure: 'withdrawn: the bank never got it' }])
    expect(bank.calls).toEqual([])
    expect((await refund(id)).json.code).toBe('refund_not_allowed')
  })

  it('that may have been sent is only asked about when the debit has come back', async () => {
    const id = await owing('b7')
    await refund(id)
    bank.faults.submit.push('lostBefore')
    await turn()
    await api.move(id, returned)
    await turn()
    expect(await list(id)).toMatchObject([{ state: 'crediting' }])
    await api.admin.query(`update refunds set updated_at = now() - interval '6 minutes' where refund_of = $1`, [id])
    await turn()
    expect(await list(id)).toMatchObject([{ state: 'failed', failure: 'withdrawn: the bank never got it' }])
    expect(bank.calls.map(call => call.split(' ')[0])).toEqual(['submit', 'query', 'query'])
  })

  const credit = (type: 'settled' | 'returned' | 'returnReversed', minute: number): Input => ({
    ...{ type: 'railFact', step: 'creditFiat' },
    fact: { type, bankTransferId: 'bt_2', externalId: 'CW2', at: `2999-01-01T00:0${minute}:00.000Z` },
  })
  /** His credit has come back. */
  const notCredited = async () => {
    const { id } = (await api.post('/v1/transfers', order())).json
    const [screened, debited] = onrampInputs('b9')
    const notLocked: Input = { type: 'intentRefused', step: 'lockEscrow', attempt: 0, code: 'paused', detail: 'x' }
    for (const input of [screened!, debited!, notLocked, credit('settled', 0), credit('returned', 1)]) await api.move(id, input)
    return id as string
  }

  it('is not sent to a customer whom the credit that had come back has reached after all', async () => {
    const id = await notCredited()
    await refund(id)
    await api.move(id, credit('returnReversed', 2))
    await turn()
    expect(await list(id)).toMatchObject([{ state: 'failed', failure: 'withdrawn: the bank never got it' }])
    expect(bank.calls).toEqual([])
    expect((await api.get(`/v1/transfers/${id}`)).json.state).toBe('compensated')
  })

  it('waits until its pool has enough', async () => {
    const id = await owing('b8')
    await refund(id)
    const { rows } = await api.admin.query(`select total::text, reserved::text from liquidity_pools where id = 'bank:test:USD'`)
    await api.admin.query(`update liquidity_pools set reserved = total where id = 'bank:test:USD'`)
    await turn()
    expect(await list(id)).toMatchObject([{ state: 'requested' }])
    expect(bank.calls).toEqual([])
    await api.admin.query(`update liquidity_pools set reserved = $1 where id = 'bank:test:USD'`, [rows[0].reserved])
    await turn()
    expect(await list(id)).toMatchObject([{ state: 'completed' }])
  })

  const ending = (transferId: string, into = 'bank_cash:bank:test:USD') =>
    api.post(
      '/v1/operator/actions',
      {
        ...{ type: 'markResolved', transferId, reason: 'x' },
        payload: {
          ...{ outcome: 'compensated', evidence: 'paid by hand' },
          closing: [{ account: 'customer_clearing:USD', into }],
        },
      },
      { key: anna.key },
    )
  const approve = ({ id, payloadHash }: { id: string; payloadHash: string }) =>
    api.post(`/v1/operator/actions/${id}/approval`, { decision: 'approve', payloadHash }, { key: ben.key })

  it('keeps its transfer from being ended while it is under way', async () => {
    const id = await owing('b4')
    await refund(id)
    expect((await ending(id)).json.code).toBe('transfer_not_resolvable')
  })

  // It moves nothing of the transfer, so the version that was seen is still there: what was paid by hand was paid a second time.
  it('keeps it from being ended by the second person, too, when it was asked for behind the first one', async () => {
    const id = await owing('b9')
    const { json: action } = await ending(id)
    expect((await refund(id)).status).toBe(202)
    expect((await approve(action)).json.code).toBe('transfer_not_resolvable')
    await turn()
    expect(await owedMinor(id)).toBe(0n)
  })

  it('cannot be asked for behind the second one', async () => {
    const id = await owing('ba')
    await approve((await ending(id)).json)
    expect((await refund(id)).json.code).toBe('refund_not_allowed')
    await api.hear()
    expect((await api.get(`/v1/transfers/${id}`)).json.state).toBe('resolved')
  })

  // He was paid by hand, the credit reached him after all and was written off, and came back once more: he was paid twice.
  it('cannot be asked for once persons have ended it, whatever the bank sends back later', async () => {
    const id = await notCredited()
    await approve((await ending(id)).json)
    await api.hear()
    await api.move(id, credit('returnReversed', 2))
    await approve((await ending(id, 'written_off:USD')).json)
    await api.hear()
    await api.move(id, credit('returned', 3))
    expect((await api.get(`/v1/transfers/${id}`)).json.state).toBe('review')
    expect(await owedMinor(id)).not.toBe(0n)
    expect((await refund(id)).json.code).toBe('refund_not_allowed')
  })
})

describe('a gift of ours', () => {
  const gift = (transferId: string, value: string) =>
    api.post(
      '/v1/operator/actions',
      { type: 'refund', transferId, reason: 'sorry', payload: { amount: usd(value) } },
      { key: anna.key },
    )
  const approve = ({ id, payloadHash }: { id: string; payloadHash: string }) =>
    api.post(`/v1/operator/actions/${id}/approval`, { decision: 'approve', payloadHash }, { key: ben.key })

  it('is decided by two, paid to the customer, and a loss of ours', async () => {
    const id = await completed('c1')
    const action = (await gift(id, '5.00')).json
    expect(action).toMatchObject({ fourEyes: true, state: 'requested', payload: { currency: 'USD', minor: '500' } })
    await approve(action)
    await turn()
    expect(await list(id)).toMatchObject([{ kind: 'goodwill', state: 'completed', amount: usd('5.00') }])
    const { rows } = await api.admin.query(
      `select p.account_id, p.amount::text from ledger_entries e join ledger_postings p on p.entry = e.position
        where e.transfer_id = $1 and e.kind = 'refundPaid' order by 1`,
      [id],
    )
    expect(rows).toEqual([
      { account_id: 'bank_cash:bank:test:USD', amount: '-500' },
      { account_id: 'written_off:USD', amount: '500' },
    ])
    expect((await api.get(`/v1/transfers/${id}`)).json.state).toBe('completed')
  })

  it('is with all others no more than what was paid', async () => {
    const id = await completed('c2')
    await approve((await gift(id, '100.00')).json)
    expect((await approve((await gift(id, '0.26')).json)).json.code).toBe('refund_too_large')
    expect((await approve((await gift(id, '0.25')).json)).status).toBe(202)
  })
})
