import {
  Asset,
  encodeMuxedAccount,
  encodeMuxedAccountToAddress,
  Horizon,
  Keypair,
  Memo,
  NotFoundError,
  Operation,
  StrKey,
  TransactionBuilder,
} from '@stellar/stellar-sdk'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openTarget, type Target } from '../testing/target.ts'
import { problemOf, type Wallet, walletOf } from '../testing/wallet.ts'

// What the SDK sees of a Horizon: the same on the local network and, when the environment names one, on a real one.
let target: Target
let wallet: Wallet
let alice: Keypair

beforeAll(async () => {
  target = await openTarget()
  wallet = walletOf(target)
  alice = await wallet.fund()
})
afterAll(() => target.close())

const pay = (to: Keypair, amount = '1') => Operation.payment({ destination: to.publicKey(), asset: Asset.native(), amount })

describe('the network', () => {
  test('root tells the passphrase and how far ingestion is', async () => {
    const root = await target.horizon.root()
    expect(root.network_passphrase).toBe(target.passphrase)
    expect(root.core_latest_ledger).toBeGreaterThanOrEqual(root.history_latest_ledger)
    expect(root.history_latest_ledger).toBeGreaterThanOrEqual(root.history_elder_ledger)
    expect(root.current_protocol_version).toBeGreaterThanOrEqual(19)
  })

  test('fee_stats, and the base fee in it', async () => {
    const stats = await target.horizon.feeStats()
    expect(stats).toMatchObject({
      last_ledger_base_fee: '100',
      fee_charged: { p10: expect.stringMatching(/^\d+$/), p99: expect.stringMatching(/^\d+$/) },
      max_fee: { mode: expect.stringMatching(/^\d+$/), max: expect.stringMatching(/^\d+$/) },
    })
    expect(await target.horizon.fetchBaseFee()).toBe(100)
  })

  test('fetchTimebounds takes the time of the server', async () => {
    const bounds = await new Horizon.Server(target.url, { allowHttp: true }).fetchTimebounds(100)
    expect(Math.abs(Number(bounds.maxTime) - 100 - Date.now() / 1_000)).toBeLessThan(5)
  })

  test('ledgers are chained by their hashes, and their paging tokens are their ids in the upper half', async () => {
    const { records } = await target.horizon.ledgers().order('desc').limit(3).call()
    const [newest, middle, oldest] = records
    expect(newest!.prev_hash).toBe(middle!.hash)
    expect(middle!.prev_hash).toBe(oldest!.hash)
    expect(BigInt(newest!.paging_token)).toBe(BigInt(newest!.sequence) << 32n)
    expect(newest).toMatchObject({ id: newest!.hash, base_fee_in_stroops: 100, base_reserve_in_stroops: 5_000_000 })
    const one = await target.horizon.ledgers().ledger(middle!.sequence).call()
    expect(one).toMatchObject({ hash: middle!.hash, header_xdr: middle!.header_xdr })
  })

  test.each(['/nothing', '/ledgers/4000000000', `/transactions/${'0'.repeat(64)}`, '/accounts/x/y'])(
    '404 for %s, with the type URL of Horizon',
    async path => {
      const answer = await fetch(`${target.url}${path}`)
      expect(answer.status).toBe(404)
      expect(answer.headers.get('content-type')).toContain('application/problem+json')
      expect(await answer.json()).toMatchObject({ type: 'https://stellar.org/horizon-errors/not_found', status: 404 })
    },
  )
})

describe('accounts', () => {
  test('loadAccount: balance, sequence, signers, thresholds, flags', async () => {
    const account = await target.horizon.loadAccount(alice.publicKey())
    expect(account.balances).toMatchObject([{ asset_type: 'native', balance: '10000.0000000' }])
    expect(account.thresholds).toEqual({ low_threshold: 0, med_threshold: 0, high_threshold: 0 })
    expect(account.flags).toEqual({
      auth_required: false,
      auth_revocable: false,
      auth_immutable: false,
      auth_clawback_enabled: false,
    })
    expect(account.signers).toEqual([{ weight: 1, key: alice.publicKey(), type: 'ed25519_public_key' }])
    expect(BigInt(account.sequenceNumber()) & 0xffffffffn).toBe(0n)
  })

  test('an unknown account is a NotFoundError, a bad id a bad request', async () => {
    await expect(target.horizon.loadAccount(Keypair.random().publicKey())).rejects.toBeInstanceOf(NotFoundError)
    const answer = await fetch(`${target.url}/accounts/GABC`)
    expect(answer.status).toBe(400)
    expect(await answer.json()).toMatchObject({ extras: { invalid_field: 'account_id' } })
  })

  test('friendbot refuses who has lumens already', async () => {
    const answer = await fetch(`${target.url}/friendbot?addr=${alice.publicKey()}`)
    expect(answer.status).toBe(400)
  })

  test('lines, data and signers show, and accounts are found by them', async () => {
    const [issuer, holder] = (await wallet.make(alice, 2)) as [Keypair, Keypair]
    const asset = new Asset('USDC', issuer.publicKey())
    const friend = Keypair.random().publicKey()
    await wallet.send(holder, [
      Operation.changeTrust({ asset, limit: '1000.5' }),
      Operation.manageData({ name: 'greeting', value: 'hello' }),
      Operation.setOptions({ signer: { ed25519PublicKey: friend, weight: 2 }, medThreshold: 1, homeDomain: 'example.org' }),
    ])
    const account = await target.horizon.loadAccount(holder.publicKey())
    expect(account.balances[0]).toMatchObject({
      asset_type: 'credit_alphanum4',
      asset_code: 'USDC',
      asset_issuer: issuer.publicKey(),
      balance: '0.0000000',
      limit: '1000.5000000',
      is_authorized: true,
      is_authorized_to_maintain_liabilities: true,
    })
    expect(account.data_attr).toEqual({ greeting: Buffer.from('hello').toString('base64') })
    const data = await fetch(`${target.url}/accounts/${holder.publicKey()}/data/greeting`)
    expect(await data.json()).toEqual({ value: Buffer.from('hello').toString('base64') })
    expect(account).toMatchObject({ home_domain: 'example.org', subentry_count: 3 })
    expect(account.signers).toContainEqual({ weight: 2, key: friend, type: 'ed25519_public_key' })

    const idsOf = (page: { records: { id: string }[] }) => page.records.map(({ id }) => id)
    expect(idsOf(await target.horizon.accounts().forAsset(asset).call())).toEqual([holder.publicKey()])
    expect(idsOf(await target.horizon.accounts().forSigner(friend).call())).toEqual([holder.publicKey()])
  })
})

describe('submitting', () => {
  test('submitTransaction waits until Horizon knows of it', async () => {
    const [bob] = (await wallet.make(alice, 1)) as [Keypair]
    const sent = await wallet.build(alice, [pay(bob, '12.5')], { memo: Memo.text('thanks ✓') })
    const answer = await target.horizon.submitTransaction(sent)
    expect(answer).toMatchObject({ hash: Buffer.from(sent.hash()).toString('hex'), successful: true })
    const found = await target.horizon.transactions().transaction(answer.hash).call()
    expect(found).toMatchObject({
      id: answer.hash,
      source_account: alice.publicKey(),
      fee_account: alice.publicKey(),
      fee_charged: '100',
      max_fee: '1000',
      operation_count: 1,
      memo_type: 'text',
      memo: 'thanks ✓',
      memo_bytes: Buffer.from('thanks ✓').toString('base64'),
      envelope_xdr: sent.toXdr(),
      source_account_sequence: sent.sequence,
      preconditions: { timebounds: { min_time: '0', max_time: sent.timeBounds!.maxTime } },
    })
    expect((await target.horizon.loadAccount(bob.publicKey())).balances).toMatchObject([{ balance: '112.5000000' }])
    // Sent again it is what it was: no second payment, no error.
    expect(await target.horizon.submitTransaction(sent)).toMatchObject({ hash: answer.hash })
  })

  test('a refused transaction is a 400 with its result codes', async () => {
    const transaction = await wallet.build(alice, [pay(alice)], { signers: [Keypair.random()] })
    const { status, body } = await problemOf(target.horizon.submitTransaction(transaction))
    expect(status).toBe(400)
    expect(body).toMatchObject({
      type: 'https://stellar.org/horizon-errors/transaction_failed',
      extras: {
        result_codes: { transaction: 'tx_bad_auth' },
        envelope_xdr: transaction.toXdr(),
        result_xdr: expect.any(String),
      },
    })
  })

  test('a transaction that failed in a ledger has operation codes, and only include_failed shows it', async () => {
    const [bob] = (await wallet.make(alice, 1)) as [Keypair]
    const failing = await wallet.build(bob, [pay(alice, '1'), pay(alice, '100000')])
    const hash = Buffer.from(failing.hash()).toString('hex')
    const { body } = await problemOf(target.horizon.submitTransaction(failing))
    expect(body.extras?.result_codes).toEqual({ transaction: 'tx_failed', operations: ['op_success', 'op_underfunded'] })

    const of = async (includeFailed: boolean) => {
      const page = await target.horizon.transactions().forAccount(bob.publicKey()).includeFailed(includeFailed).limit(10).call()
      return page.records.map(record => record.hash)
    }
    expect(await of(false)).not.toContain(hash)
    expect(await of(true)).toContain(hash)
    const operations = await target.horizon.operations().forTransaction(hash).call()
    expect(operations.records.map(record => record.transaction_successful)).toEqual([false, false])
  })

  test('what is no envelope is malformed', async () => {
    const answer = await fetch(`${target.url}/transactions`, { method: 'POST', body: new URLSearchParams({ tx: 'AAAA' }) })
    expect(answer.status).toBe(400)
    expect(await answer.json()).toMatchObject({
      type: 'https://stellar.org/horizon-errors/transaction_malformed',
      extras: { envelope_xdr: 'AAAA' },
    })
  })

  test('submitAsyncTransaction: PENDING, and ERROR with the result', async () => {
    const [bob] = (await wallet.make(alice, 1)) as [Keypair]
    const good = await wallet.build(bob, [pay(alice)])
    const hash = Buffer.from(good.hash()).toString('hex')
    expect(await target.horizon.submitAsyncTransaction(good)).toEqual({ tx_status: 'PENDING', hash })

    const bad = await wallet.build(alice, [pay(bob)], { signers: [bob] })
    const refused = await problemOf(target.horizon.submitAsyncTransaction(bad))
    expect(refused).toMatchObject({ status: 400, body: { tx_status: 'ERROR', error_result_xdr: expect.any(String) } })
  })

  test('a fee bump is found by either hash', async () => {
    const [bob] = (await wallet.make(alice, 1)) as [Keypair]
    const inner = await wallet.build(bob, [pay(alice)], { fee: '100' })
    const bump = TransactionBuilder.buildFeeBumpTransaction(alice, '500', inner, target.passphrase)
    bump.sign(alice)
    await target.horizon.submitTransaction(bump)
    const [outerHash, innerHash] = [bump, inner].map(each => Buffer.from(each.hash()).toString('hex'))
    const [byOuter, byInner] = await Promise.all(
      [outerHash!, innerHash!].map(hash => target.horizon.transactions().transaction(hash).call()),
    )
    expect(byOuter).toMatchObject({
      hash: outerHash,
      fee_account: alice.publicKey(),
      source_account: bob.publicKey(),
      max_fee: '1000',
      fee_charged: '200',
      fee_bump_transaction: { hash: outerHash },
      inner_transaction: { hash: innerHash, max_fee: '100' },
    })
    expect(byInner).toMatchObject({ hash: innerHash, id: innerHash, paging_token: byOuter!.paging_token })
    expect(byInner!.signatures).toEqual(byOuter!.inner_transaction!.signatures)
    expect(byOuter!.signatures).toEqual(byOuter!.fee_bump_transaction!.signatures)
  })

  test('a muxed address keeps its number in the records', async () => {
    const [bob] = (await wallet.make(alice, 1)) as [Keypair]
    const muxed = encodeMuxedAccountToAddress(encodeMuxedAccount(bob.publicKey(), '420'))
    const { hash } = await wallet.send(alice, [Operation.payment({ destination: muxed, asset: Asset.native(), amount: '3' })])
    const { records } = await target.horizon.operations().forTransaction(hash).call()
    expect(records[0]).toMatchObject({ type: 'payment', type_i: 1, to: bob.publicKey(), to_muxed: muxed, to_muxed_id: '420' })
    expect(StrKey.isValidMed25519PublicKey(muxed)).toBe(true)
  })
})
