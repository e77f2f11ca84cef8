import { Asset, type Keypair, Operation, rpc, type Transaction, TransactionBuilder } from '@stellar/stellar-sdk'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Local, openLocal } from './testing/local.ts'
import { problemOf } from './testing/wallet.ts'

let local: Local
let alice: Keypair
let bob: Keypair

beforeEach(async () => {
  local = await openLocal({ submissionTimeoutMs: 300 })
  alice = await local.closeUntil(local.wallet.fund())
  ;[bob] = (await local.closeUntil(local.wallet.make(alice, 1))) as [Keypair]
})
afterEach(() => local.close())

const payment = () => Operation.payment({ destination: bob.publicKey(), asset: Asset.native(), amount: '1' })
const hashOf = (transaction: { hash: () => Uint8Array }) => Buffer.from(transaction.hash()).toString('hex')
const statusOf = async (hash: string) => (await local.get(`/transactions/${hash}`)).status
const balanceOf = async (account: Keypair) => (await local.horizon.loadAccount(account.publicKey())).balances[0]!.balance
const arm = (fault: Parameters<Local['node']['faults']['arm']>[0]) => local.node.faults.arm(fault)
const close = (count: number) => {
  for (let left = count; left > 0; left--) local.node.close()
}

describe('faults of submission', () => {
  test.each([
    ['timeout_before', 404],
    ['timeout_after', 200],
  ] as const)('%s: 504 with the hash, and afterwards %i', async (kind, found) => {
    arm({ kind, times: 1 })
    const transaction = await local.wallet.build(alice, [payment()])
    const { status, body } = await problemOf(local.horizon.submitTransaction(transaction))
    expect(status).toBe(504)
    expect(body).toMatchObject({
      type: 'https://stellar.org/horizon-errors/transaction_submission_timeout',
      extras: { hash: hashOf(transaction), envelope_xdr: transaction.toXdr() },
    })
    local.node.close()
    expect(await statusOf(hashOf(transaction))).toBe(found)
  })

  test('a ledger that does not come is a 504 too', async () => {
    const transaction = await local.wallet.build(alice, [payment()])
    expect((await problemOf(local.horizon.submitTransaction(transaction))).status).toBe(504)
    local.node.close()
    expect(await statusOf(hashOf(transaction))).toBe(200)
  })

  test.each([
    ['disconnect_before', 404],
    ['disconnect_after', 200],
  ] as const)('%s breaks the line; afterwards %i', async (kind, found) => {
    arm({ kind, times: 1, on: 'async' })
    const transaction = await local.wallet.build(alice, [payment()])
    await expect(local.horizon.submitAsyncTransaction(transaction)).rejects.toThrow()
    local.node.close()
    expect(await statusOf(hashOf(transaction))).toBe(found)
  })

  test('drop: PENDING, DUPLICATE, and then it was never there', async () => {
    arm({ kind: 'drop', times: 1 })
    const transaction = await local.wallet.build(alice, [payment()])
    expect(await local.horizon.submitAsyncTransaction(transaction)).toMatchObject({ tx_status: 'PENDING' })
    const again = await problemOf(local.horizon.submitAsyncTransaction(transaction))
    expect(again).toMatchObject({ status: 409, body: { tx_status: 'DUPLICATE', hash: hashOf(transaction) } })
    local.node.close()
    expect(await statusOf(hashOf(transaction))).toBe(404)
    expect(await local.horizon.submitAsyncTransaction(transaction)).toMatchObject({ tx_status: 'PENDING' })
    local.node.close()
    expect(await statusOf(hashOf(transaction))).toBe(200)
  })

  test('match picks the victims by account and by hash, and on the way of submission', async () => {
    const [first, second] = (await Promise.all([alice, bob].map(each => local.wallet.build(each, [payment()])))) as [
      Transaction,
      Transaction,
    ]
    arm({ kind: 'timeout_before', match: { account: bob.publicKey() }, on: 'async' })
    arm({ kind: 'timeout_before', match: { hash: hashOf(second) }, on: 'sync' })
    expect(await local.horizon.submitAsyncTransaction(first)).toMatchObject({ tx_status: 'PENDING' })
    expect((await problemOf(local.horizon.submitAsyncTransaction(second))).status).toBe(504)
    expect((await problemOf(local.horizon.submitTransaction(second))).status).toBe(504)
    expect(local.node.faults.list().map(({ left, taken }) => [left, taken])).toEqual([
      [null, 1],
      [null, 1],
    ])
  })

  test('Stellar RPC loses answers too', async () => {
    const server = new rpc.Server(`${local.url}/rpc`, { allowHttp: true })
    arm({ kind: 'timeout_before', on: 'rpc', times: 1 })
    arm({ kind: 'disconnect_after', on: 'rpc', times: 1 })
    const transaction = await local.wallet.build(alice, [payment()])
    await expect(server.sendTransaction(transaction)).rejects.toMatchObject({ response: { status: 504 } })
    await expect(server.sendTransaction(transaction)).rejects.toThrow()
    expect(await server.sendTransaction(transaction)).toMatchObject({ status: 'DUPLICATE', hash: hashOf(transaction) })
  })

  test('TRY_AGAIN_LATER is a 503: one transaction per account waits', async () => {
    const account = await local.horizon.loadAccount(alice.publicKey())
    const [first, second] = [1, 2].map(() => {
      const transaction = new TransactionBuilder(account, { fee: '100', networkPassphrase: local.node.passphrase })
        .addOperation(payment())
        .setTimeout(60)
        .build()
      transaction.sign(alice)
      return transaction
    }) as [Transaction, Transaction]
    await local.horizon.submitAsyncTransaction(first)
    expect(await problemOf(local.horizon.submitAsyncTransaction(second))).toMatchObject({
      status: 503,
      body: { tx_status: 'TRY_AGAIN_LATER', hash: hashOf(second) },
    })
  })
})

describe('faults of reading', () => {
  test('ingestion_lag: the network is ahead of its Horizon, and what was shown stays shown', async () => {
    const before = (await local.horizon.root()).history_latest_ledger
    const fault = arm({ kind: 'ingestion_lag', ledgers: 3 })
    const transaction = await local.wallet.build(alice, [payment()])
    await local.horizon.submitAsyncTransaction(transaction)
    close(2)
    expect(await local.horizon.root()).toMatchObject({ history_latest_ledger: before, core_latest_ledger: before + 2 })
    expect(await statusOf(hashOf(transaction))).toBe(404)
    expect(await balanceOf(bob)).toBe('100.0000000')
    close(2)
    expect(await local.horizon.root()).toMatchObject({ history_latest_ledger: before + 1, core_latest_ledger: before + 4 })
    expect(await statusOf(hashOf(transaction))).toBe(200)
    local.node.faults.disarm(fault.id)
    expect((await local.horizon.root()).history_latest_ledger).toBe(before + 4)
  })

  test('under ingestion_lag a waiting submission waits on, and the sequence number is the old one', async () => {
    arm({ kind: 'ingestion_lag', ledgers: 5 })
    const transaction = await local.wallet.build(alice, [payment()])
    const waiting = local.horizon.submitTransaction(transaction)
    await expect(local.closeUntil(waiting)).rejects.toMatchObject({ response: { status: 504 } })
    const stale = await local.wallet.build(alice, [payment(), payment()])
    expect((await problemOf(local.horizon.submitAsyncTransaction(stale))).body).toMatchObject({ tx_status: 'ERROR' })
    // Sent again, the same transaction is answered as soon as it is ingested, although the core calls its sequence number bad.
    const again = local.horizon.submitTransaction(transaction)
    local.node.faults.clear()
    expect(await again).toMatchObject({ hash: hashOf(transaction), successful: true })
  })

  test('stale_history: so many requests see an old network, the others the present one', async () => {
    const { hash } = await local.closeUntil(local.wallet.send(alice, [payment()]))
    local.node.close()
    arm({ kind: 'stale_history', ledgers: 2, times: 2, on: 'transactions' })
    expect(await statusOf(hash)).toBe(404)
    expect((await local.horizon.root()).history_latest_ledger).toBe(local.node.network().last().sequence)
    expect(await statusOf(hash)).toBe(404)
    expect(await statusOf(hash)).toBe(200)
    arm({ kind: 'stale_history', ledgers: 2, times: 1, on: 'accounts' })
    expect([await balanceOf(bob), await balanceOf(bob)]).toEqual(['100.0000000', '101.0000000'])
  })

  test('history_trimmed: ascending starts where history does, descending from before it is a 410', async () => {
    const { hash } = await local.closeUntil(local.wallet.send(alice, [payment()]))
    close(10)
    const fault = arm({ kind: 'history_trimmed', keep: 4 })
    const latest = local.node.network().last().sequence
    expect((await local.horizon.root()).history_elder_ledger).toBe(latest - 3)
    expect(await statusOf(hash)).toBe(404)
    const { records } = await local.horizon.ledgers().cursor('0').limit(200).call()
    expect(records.map(({ sequence }) => sequence)).toEqual([latest - 3, latest - 2, latest - 1, latest])
    expect((await local.get('/ledgers?order=desc&cursor=12884901888')).status).toBe(410)
    expect((await local.get('/ledgers/3')).status).toBe(410)
    // The state is all there: only history is short.
    expect(await balanceOf(bob)).toBe('101.0000000')
    local.node.faults.disarm(fault.id)
    expect(await statusOf(hash)).toBe(200)
  })

  test('refuse, of a submission too, and short_page', async () => {
    arm({ kind: 'refuse', status: 429, times: 1, on: 'sync' })
    const transaction = await local.wallet.build(alice, [payment()])
    expect((await problemOf(local.horizon.submitTransaction(transaction))).status).toBe(429)
    expect(local.node.network().pending()).toEqual([])
    arm({ kind: 'refuse', status: 503, times: 1, on: 'ledgers' })
    expect(await local.get('/ledgers')).toMatchObject({ status: 503, body: { title: 'Service Unavailable' } })
    expect((await local.get('/ledgers')).status).toBe(200)
    arm({ kind: 'short_page', keep: 1, times: 1, on: 'ledgers' })
    expect((await local.get('/ledgers?limit=3')).body._embedded.records).toHaveLength(1)
    expect((await local.get('/ledgers?limit=3')).body._embedded.records).toHaveLength(3)
  })
})

test('network reset: the same passphrase, another genesis, and nothing of what was', async () => {
  const { hash } = await local.closeUntil(local.wallet.send(alice, [payment()]))
  const old = local.node.network().ledgers.map(ledger => ledger.hash)
  const answer = await fetch(`${local.url}/local/reset`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ genesisTime: 1_700_000_000 }),
  })
  expect(await answer.json()).toMatchObject({ sequence: 1 })
  expect(await statusOf(hash)).toBe(404)
  expect((await local.get(`/accounts/${alice.publicKey()}`)).status).toBe(404)
  close(2)
  expect(old).not.toContain((await local.horizon.ledgers().order('desc').limit(1).call()).records[0]!.hash)
  expect(await local.horizon.root()).toMatchObject({ history_latest_ledger: 3, network_passphrase: local.node.passphrase })
})

describe('surge', () => {
  const submit = async (source: Keypair, fee: string) => {
    const transaction = await local.wallet.build(source, [payment()], { fee })
    await local.horizon.submitAsyncTransaction(transaction)
    return transaction
  }

  test('low bids wait, better ones pay the price, and fee_stats tells it', async () => {
    arm({ kind: 'surge', baseFee: 5_000 })
    close(2)
    const [low, good] = [await submit(alice, '4000'), await submit(bob, '8000')]
    local.node.close()
    expect([await statusOf(hashOf(low)), await statusOf(hashOf(good))]).toEqual([404, 200])
    const charged = Number((await local.get(`/transactions/${hashOf(good)}`)).body.fee_charged)
    expect(charged).toBeGreaterThan(4_000)
    expect(charged).toBeLessThanOrEqual(5_000)
    const stats = await local.horizon.feeStats()
    expect(stats).toMatchObject({ last_ledger_base_fee: '100', ledger_capacity_usage: '1', fee_charged: { p50: '5000' } })

    // The rule of ten: a fee bump takes the place of what waits when it offers ten times as much per operation.
    const timid = TransactionBuilder.buildFeeBumpTransaction(bob, '39999', low, local.node.passphrase)
    timid.sign(bob)
    expect((await problemOf(local.horizon.submitAsyncTransaction(timid))).body).toMatchObject({ tx_status: 'ERROR' })
    const bold = TransactionBuilder.buildFeeBumpTransaction(bob, '40000', low, local.node.passphrase)
    bold.sign(bob)
    expect(await local.horizon.submitAsyncTransaction(bold)).toMatchObject({ tx_status: 'PENDING' })
    local.node.close()
    expect(await statusOf(hashOf(low))).toBe(200)
  })

  test('what waits for too long is forgotten and banned, and after the surge everything fits again', async () => {
    arm({ kind: 'surge', baseFee: 5_000, times: 7 })
    close(2)
    const low = await submit(alice, '200')
    close(5)
    expect(local.node.network().pending()).not.toContain(hashOf(low))
    expect((await problemOf(local.horizon.submitAsyncTransaction(low))).body).toMatchObject({ tx_status: 'TRY_AGAIN_LATER' })
    close(10)
    expect(await local.horizon.submitAsyncTransaction(low)).toMatchObject({ tx_status: 'PENDING' })
    local.node.close()
    expect(await statusOf(hashOf(low))).toBe(200)
    expect(local.node.network().last().maxTxSetSize).toBe(1_000)
  })
})

describe('the admin endpoint', () => {
  const call = async (method: string, path: string, body?: unknown) => {
    const answer = await fetch(`${local.url}/local${path}`, {
      method,
      ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    })
    const text = await answer.text()
    return { status: answer.status, body: text === '' ? undefined : JSON.parse(text) }
  }

  test('closes by hand, at a time of one’s choice', async () => {
    const at = local.node.network().last().closeTime + 86_400
    const { body } = await call('POST', '/close', { closeTime: at, ledgers: 2 })
    expect(body.data).toMatchObject([{ closeTime: at }, { closeTime: at }])
    expect((await local.horizon.ledgers().order('desc').limit(1).call()).records[0]).toMatchObject({
      sequence: body.data[1].sequence,
      hash: body.data[1].hash,
      closed_at: new Date(at * 1_000).toISOString().replace('.000', ''),
    })
    expect((await call('POST', '/close', { closeTime: at - 1 })).status).toBe(422)
  })

  test('arms, lists and lifts faults', async () => {
    const armed = await call('POST', '/faults', { kind: 'timeout_after', times: 2 })
    expect(armed).toMatchObject({ status: 201, body: { kind: 'timeout_after', left: 2, taken: 0 } })
    expect((await call('GET', '/faults')).body.data).toEqual([armed.body])
    expect((await call('DELETE', `/faults/${armed.body.id}`)).status).toBe(204)
    expect((await call('DELETE', `/faults/${armed.body.id}`)).status).toBe(404)
    expect((await call('POST', '/faults', { kind: 'earthquake' })).status).toBe(422)
  })

  test('sets the pace: ledgers come by themselves, and stop', async () => {
    const start = local.node.network().last().sequence
    await call('PUT', '/closing', { ms: 5 })
    const sent = await local.wallet.send(alice, [payment()])
    expect(sent.ledger).toBeGreaterThan(start)
    await call('PUT', '/closing', { ms: 0 })
    const stopped = (await call('GET', '/network')).body.latest.sequence
    expect((await call('GET', '/network')).body).toMatchObject({ latest: { sequence: stopped }, pending: [] })
  })
})
