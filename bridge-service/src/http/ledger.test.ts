import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Api, chainHead, customer, onChain, onrampInputs, order, startApi } from '../../../test/support/api.ts'

type Law = { name: string; ok: boolean; detail: Record<string, unknown> }

let api: Api
let seed = 0x20
const opened = async (): Promise<string> => (await api.post('/v1/transfers', order())).json.id
const advance = async (id: string, steps: number) => {
  const inputs = onrampInputs((seed++).toString(16))
  for (const input of inputs.slice(0, steps)) await api.move(id, input)
  return (await api.get(`/v1/transfers/${id}`)).json
}
const prove = async (): Promise<{ ok: boolean; laws: Law[] }> => (await api.get('/v1/ledger/proof')).json
const broken = async () => {
  const { ok, laws } = await prove()
  const names = laws.filter(law => !law.ok).map(law => law.name)
  expect(ok).toBe(names.length === 0)
  return names
}
const lawOf = async (name: string) => (await prove()).laws.find(law => law.name === name)!
const lock = (transfer: { escrow: { id: string; ref: string } }, type: 'escrowLocked' | 'escrowReleased', block: number) =>
  onChain(api.admin, { type, escrowId: transfer.escrow.id, ref: transfer.escrow.ref, amount: '99890000', block })

describe('the books', () => {
  beforeAll(async () => {
    api = await startApi()
  })
  afterAll(() => api.close())

  it('shows every account with what is posted and what is held', async () => {
    await advance(await opened(), 3)
    const { json } = await api.get('/v1/ledger/accounts')
    const of = (id: string) => json.data.find((account: { id: string }) => account.id === id)
    expect(of('bank_cash:bank:test:USD')).toEqual({
      id: 'bank_cash:bank:test:USD',
      kind: 'asset',
      posted: { value: '100.25', asset: 'USD' },
      pending: { value: '0.00', asset: 'USD' },
    })
    expect(of('customer_clearing:USD').posted.value).toBe('-100.25')
    expect(of('escrow:evm:31337:USDC').pending.value).toBe('99.890000')
    expect(of('bank_cash:bank:test:EUR').posted.value).toBe('0.00')
  })

  it('pages through the entries, newest first, whole and by transfer and account', async () => {
    const ids = [await opened(), await opened(), await opened()]
    for (const id of ids) await advance(id, 6)
    const all: {
      id: string
      transferId: string
      kind: string
      postings: { account: string; amount: { value: string; asset: string } }[]
    }[] = []
    let url = '/v1/ledger/entries?limit=4'
    for (;;) {
      const { json } = await api.get(url)
      all.push(...json.data)
      if (json.nextCursor === null) break
      url = `/v1/ledger/entries?limit=4&cursor=${json.nextCursor}`
    }
    expect(all).toHaveLength((await api.counts()).ledger_entries!)
    expect(all.map(entry => Number(entry.id))).toEqual(all.map(entry => Number(entry.id)).sort((a, b) => b - a))
    expect(all.flatMap(entry => entry.postings)).toHaveLength((await api.counts()).ledger_postings!)
    const kinds = async (query: string) =>
      (await api.get(`/v1/ledger/entries?${query}`)).json.data.map((entry: { kind: string }) => entry.kind)
    expect(await kinds(`transferId=${ids[1]}`)).toEqual([
      'releaseFinalized',
      'lockFinalized',
      'debitSettled',
      'liquidityReserved',
    ])
    expect(await kinds(`transferId=${ids[1]}&account=fee_income:USD`)).toEqual(['releaseFinalized'])
    expect(await kinds('account=fee_income:USD&limit=100')).toEqual(Array(3).fill('releaseFinalized'))
    const first = (await api.get('/v1/ledger/entries?account=escrow:evm:31337:USDC&limit=5')).json
    const second = (await api.get(`/v1/ledger/entries?account=escrow:evm:31337:USDC&limit=5&cursor=${first.nextCursor}`)).json
    expect(new Set([...first.data, ...second.data].map((entry: { id: string }) => entry.id)).size).toBe(10)
    const released = all.find(entry => entry.kind === 'releaseFinalized')!
    expect(released.postings).toContainEqual({
      account: 'fee_income:USD',
      layer: 'posted',
      amount: { value: '-0.36', asset: 'USD' },
    })
  })

  it('keeps the order of a transfer’s events, whatever positions its entries drew', async () => {
    await api.admin.query(`insert into ledger_entries (position, transfer_id, version, kind) overriding system value
                           values (1000003, 'jumbled', 1, 'a'), (1000001, 'jumbled', 2, 'b'), (1000002, 'jumbled', 3, 'c')`)
    const first = (await api.get('/v1/ledger/entries?transferId=jumbled&limit=2')).json
    const second = (await api.get(`/v1/ledger/entries?transferId=jumbled&limit=2&cursor=${first.nextCursor}`)).json
    expect([...first.data, ...second.data].map((entry: { kind: string }) => entry.kind)).toEqual(['c', 'b', 'a'])
    expect((await api.get(`/v1/ledger/entries?cursor=${first.nextCursor}`)).json.code).toBe('cursor_invalid')
  })

  it('tells an empty account from one that does not exist', async () => {
    const empty = await api.get('/v1/ledger/entries?account=bank_cash:bank:test:EUR')
    expect([empty.status, empty.json]).toEqual([200, { data: [], nextCursor: null }])
    const none = await api.get('/v1/ledger/entries?account=bank_cash:bank:test:XAU')
    expect([none.status, none.json.code]).toEqual([404, 'account_not_found'])
    expect((await api.get('/v1/ledger/entries?transferId=nothing')).json.data).toEqual([])
    const cursor = Buffer.from('transfers 1').toString('base64url')
    expect((await api.get(`/v1/ledger/entries?cursor=${cursor}`)).json.code).toBe('cursor_invalid')
  })
})

describe('the proof', () => {
  beforeEach(async () => {
    api = await startApi()
    await chainHead(api.admin, 20, 20)
  })
  afterEach(() => api.close())

  const completed = async () => {
    const transfer = await advance(await opened(), 6)
    await lock(transfer, 'escrowLocked', 10)
    await lock(transfer, 'escrowReleased', 12)
    api.balances.set('acct_usd', '10025')
    return transfer
  }

  it('holds on empty books, at rest, and behind a snapshot', async () => {
    expect(await broken()).toEqual([])
    await completed()
    expect(await broken()).toEqual([])
    await api.admin.query('select ledger_take_snapshot()')
    expect(await broken()).toEqual([])
    const next = await advance(await opened(), 4)
    await lock(next, 'escrowLocked', 10)
    api.balances.set('acct_usd', '20050')
    expect(await broken()).toEqual([])
    expect((await lawOf('clearing_belongs_to_open_transfers')).detail).toEqual({
      'customer_clearing:EUR': { posted: '0', openPosted: '0' },
      'customer_clearing:USD': { posted: '-10025', openPosted: '-10025' },
      'customer_clearing:USDC': { posted: '0', openPosted: '0' },
      'in_transit:EUR': { posted: '0', openPosted: '0' },
      'in_transit:USD': { posted: '0', openPosted: '0' },
      'payout_partner:EUR': { posted: '0', openPosted: '0' },
      'payout_partner:USD': { posted: '0', openPosted: '0' },
    })
    expect((await lawOf('escrow_equals_chain:evm:31337:USDC')).detail).toMatchObject({ ledger: '99890000', onChain: '99890000' })
  })

  it('explains what is on its way between chain and books', async () => {
    const transfer = await advance(await opened(), 2)
    await lock(transfer, 'escrowLocked', 19)
    api.balances.set('acct_usd', '10025')
    await chainHead(api.admin, 20, 11)
    expect(await broken()).toEqual([])
    expect((await lawOf('escrow_equals_chain:evm:31337:USDC')).detail).toMatchObject({
      ledger: '0',
      onChain: '99890000',
      onChainFinal: '0',
      inFlight: '99890000',
      unexplained: '0',
    })
  })

  it('counts the deposit that a transfer has prepared, and nothing else that its customer locks', async () => {
    const body = {
      source: { type: 'chain_address', chain: 'evm:31337', address: customer },
      destination: { ...order().source, asset: 'USD' },
      amount: { value: '100.25', asset: 'USDC' },
    }
    const { id, deposit } = (await api.post('/v1/transfers', body)).json
    const place = { fact: '0xd:0', txHash: '0xd', blockNumber: '10', blockHash: '0xb' }
    await api.move(id, { type: 'screened', list: 'none', availableMinor: 1_000_000n })
    await api.move(id, { type: 'depositFact', kind: 'escrowLocked', status: 'included', place })
    const locked = { type: 'escrowLocked', ref: deposit.ref, payer: customer, amount: '100250000', block: 10 } as const
    const { refundAfter } = deposit.terms
    await onChain(api.admin, { ...locked, escrowId: deposit.id, refundAfter })
    await onChain(api.admin, { ...locked, escrowId: `0x${'98'.repeat(32)}`, refundAfter: refundAfter + 1 })
    const { detail } = await lawOf('escrow_equals_chain:evm:31337:USDC')
    expect([await broken(), detail]).toMatchObject([[], { inFlight: '100250000', onChain: '100250000', unexplained: '0' }])
    await api.move(id, { type: 'finalityReached', kind: 'deposit', fact: place.fact })
    const final = await lawOf('escrow_equals_chain:evm:31337:USDC')
    expect([await broken(), final.detail]).toMatchObject([[], { inFlight: '0', ledger: '100250000' }])
  })

  it('breaks when the chain holds what no open transfer explains, and overlooks what strangers lock', async () => {
    const transfer = await completed()
    const strange = { escrowId: `0x${'99'.repeat(32)}`, ref: transfer.escrow.ref, amount: '5', block: 10 }
    await onChain(api.admin, { ...strange, type: 'escrowLocked', payer: '0x00000000000000000000000000000000000000bb' })
    expect(await broken()).toEqual([])
    await api.admin.query(`update chain_events set canonical = false where type = 'escrowReleased'`)
    expect(await broken()).toEqual(['escrow_equals_chain:evm:31337:USDC'])
  })

  it('proves nothing from a chain that is halted or that nobody has read', async () => {
    await chainHead(api.admin, 20, 20, 'a reorg below finality')
    expect(await broken()).toEqual(['escrow_equals_chain:evm:31337:USDC'])
    await api.admin.query('delete from chain_heads')
    expect(await broken()).toEqual(['escrow_equals_chain:evm:31337:USDC'])
  })

  it('asks the bank: silence is unknown, a shortfall is broken, and an open debit may be ahead of us', async () => {
    await completed()
    api.balances.delete('acct_usd')
    expect(await broken()).toEqual(['cash_equals_bank:bank:test:USD'])
    expect((await lawOf('cash_equals_bank:bank:test:USD')).detail).toMatchObject({ bank: 'unknown' })
    api.balances.set('acct_usd', '10024')
    expect(await broken()).toEqual(['cash_equals_bank:bank:test:USD'])
    expect((await lawOf('cash_equals_bank:bank:test:USD')).detail).toMatchObject({ difference: '-1' })
    api.balances.set('acct_usd', '20050')
    expect(await broken()).toEqual(['cash_equals_bank:bank:test:USD'])
    await advance(await opened(), 1)
    expect(await broken()).toEqual([])
    api.balances.set('acct_usd', '20051')
    expect(await broken()).toEqual(['cash_equals_bank:bank:test:USD'])
  })

  it('breaks when a balance was touched', async () => {
    await completed()
    await api.admin.query(`update ledger_balances set posted = posted + 1 where account_id = 'fee_income:USD'`)
    expect(await broken()).toEqual(['balances_equal_postings'])
    expect((await lawOf('balances_equal_postings')).detail.wrong).toMatchObject([{ account: 'fee_income:USD' }])
  })

  it('breaks when a posting was smuggled in past the trigger', async () => {
    await completed()
    await api.admin.query(`
      alter table ledger_postings disable trigger net_zero;
      insert into ledger_postings (entry, line, account_id, currency, layer, amount)
      select min(position), 99, 'fee_income:USD', 'USD', 'posted', 7 from ledger_entries;
      alter table ledger_postings enable trigger net_zero`)
    expect(await broken()).toEqual(['postings_sum_to_zero', 'balances_equal_postings'])
  })

  it('breaks when a clearing account or a hold keeps what belongs to no open transfer', async () => {
    await completed()
    const book = (layer: string, from: string, to: string) =>
      api.admin.query(
        `with e as (insert into ledger_entries (transfer_id, version, kind) values ($1, 1, 'test') returning position)
         insert into ledger_postings (entry, line, account_id, currency, layer, amount)
         select position, line, account, 'USD', $1, amount from e, (values (0, $2, -5), (1, $3, 5)) v (line, account, amount)`,
        [layer, from, to],
      )
    await book('posted', 'customer_clearing:USD', 'equity:USD')
    expect(await broken()).toEqual(['clearing_belongs_to_open_transfers'])
    await book('pending', 'exchange:USD', 'equity:USD')
    expect(await broken()).toEqual(['holds_belong_to_open_transfers', 'clearing_belongs_to_open_transfers'])
  })
})
