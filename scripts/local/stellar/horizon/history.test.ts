import { Asset, type Keypair, Operation } from '@stellar/stellar-sdk'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Local, openLocal } from '../testing/local.ts'

let local: Local
let alice: Keypair
let payers: Keypair[]

beforeAll(async () => {
  local = await openLocal()
  alice = await local.closeUntil(local.wallet.fund())
  payers = await local.closeUntil(local.wallet.make(alice, 4))
  const payment = Operation.payment({ destination: alice.publicKey(), asset: Asset.native(), amount: '1' })
  // Two ledgers of two transactions with two payments each.
  for (const pair of [payers.slice(0, 2), payers.slice(2)]) {
    const envelopes = await Promise.all(pair.map(payer => local.wallet.build(payer, [payment, payment])))
    await local.closeUntil(Promise.all(envelopes.map(each => local.horizon.submitTransaction(each))))
  }
})
afterAll(() => local.close())

const tokens = (records: readonly { paging_token: string }[]) => records.map(record => BigInt(record.paging_token))
const ascending = (ids: readonly bigint[]) => [...ids].sort((a, b) => (a < b ? -1 : 1))

describe('paging tokens', () => {
  test('transactions and operations carry ledger, order and index, both from 1', async () => {
    const { records } = await local.horizon.transactions().order('desc').limit(1).call()
    const transaction = records[0]!
    const id = BigInt(transaction.paging_token)
    expect(Number(id >> 32n)).toBe(transaction.ledger_attr)
    expect([(id >> 12n) & 0xfffffn, id & 0xfffn]).toEqual([2n, 0n])
    const operations = await transaction.operations()
    expect(tokens(operations.records)).toEqual([id + 1n, id + 2n])
  })

  test('pages of one and pages of many tell the same, in both orders and back again', async () => {
    const everything = (await local.horizon.operations().limit(200).call()).records
    const one: bigint[] = []
    for (let page = await local.horizon.operations().limit(3).call(); page.records.length > 0; page = await page.next())
      one.push(...tokens(page.records))
    expect(one).toEqual(tokens(everything))
    expect(ascending(one)).toEqual(one)

    const last = await local.horizon.operations().order('desc').limit(3).call()
    expect(tokens(last.records)).toEqual(one.slice(-3).reverse())
    const before = await last.next()
    expect(tokens((await before.prev()).records)).toEqual(one.slice(-3))
  })

  test('a page says where it is, and a cursor of now is behind everything', async () => {
    const { body } = await local.get('/transactions?limit=2&order=desc')
    const link = (name: string) => new URL(body._links[name].href).searchParams
    expect(link('self').get('limit')).toBe('2')
    expect(link('next').get('cursor')).toBe(body._embedded.records.at(-1).paging_token)
    expect(link('prev').get('order')).toBe('asc')
    expect(link('prev').get('cursor')).toBe(body._embedded.records[0].paging_token)
    expect((await local.get('/transactions?cursor=now')).body._embedded.records).toEqual([])
    expect((await local.get('/transactions?cursor=now&order=desc&limit=1')).body._embedded.records).toHaveLength(1)
  })

  test.each([
    ['/transactions?cursor=abc', 'cursor'],
    ['/transactions?cursor=-5', 'cursor'],
    ['/operations?cursor=9223372036854775808', 'cursor'],
    ['/ledgers?order=up', 'order'],
    ['/transactions?limit=0', 'limit'],
    ['/transactions?limit=201', 'limit'],
    ['/transactions?limit=many', 'limit'],
    ['/transactions/ABC', 'tx_id'],
    ['/accounts/GX/transactions', 'account_id'],
    ['/operations?join=accounts', 'join'],
  ])('%s is a bad request because of its %s', async (path, field) => {
    const { status, body } = await local.get(path)
    expect(status).toBe(400)
    expect(body).toMatchObject({ title: 'Bad Request', extras: { invalid_field: field } })
  })
})

describe('what is listed', () => {
  test('by ledger: the counts of the ledger are those of its pages', async () => {
    const { records } = await local.horizon.ledgers().order('desc').limit(1).call()
    const ledger = records[0]!
    expect(ledger).toMatchObject({ successful_transaction_count: 2, failed_transaction_count: 0, operation_count: 4 })
    const transactions = await local.horizon.transactions().forLedger(ledger.sequence).call()
    expect(transactions.records).toHaveLength(2)
    expect((await local.horizon.operations().forLedger(ledger.sequence).call()).records).toHaveLength(4)
    expect((await local.horizon.payments().forLedger(ledger.sequence).call()).records).toHaveLength(4)
  })

  test('by account: who pays, who is paid, who is made', async () => {
    const of = async (account: Keypair) =>
      (await local.horizon.operations().forAccount(account.publicKey()).limit(200).call()).records
    expect((await of(payers[0]!)).map(({ type }) => type)).toEqual(['create_account', 'payment', 'payment'])
    expect(await of(alice)).toHaveLength(1 + 4 + 8)
    expect((await local.horizon.transactions().forAccount(alice.publicKey()).call()).records).toHaveLength(1 + 1 + 4)
  })

  test('of an account that history has not met there is nothing, not even an empty page', async () => {
    const { status } = await local.get('/accounts/GAAZI4TCR3TY5OJHCTJC2A4QSY6CJWJH5IAJTGKIN2ER7LBNVKOCCWN7/transactions')
    expect(status).toBe(404)
  })

  test('one operation, joined with its transaction when asked for', async () => {
    const { records } = await local.horizon.operations().order('desc').limit(1).call()
    const { body } = await local.get(`/operations/${records[0]!.id}?join=transactions`)
    expect(body).toMatchObject({ id: records[0]!.id, type: 'payment', transaction: { hash: body.transaction_hash } })
    expect((await local.get('/operations/99')).status).toBe(410)
    expect((await local.get(`/operations/${BigInt(records[0]!.id) + 1n}`)).status).toBe(404)
  })

  test('accounts need exactly one filter', async () => {
    expect((await local.get('/accounts')).status).toBe(400)
    const { headers, body } = await local.get(`/accounts?signer=${alice.publicKey()}`)
    expect(body._embedded.records).toMatchObject([{ id: alice.publicKey() }])
    expect(headers.get('latest-ledger')).toBe(String(local.node.network().last().sequence))
  })
})
