import { createHash } from 'node:crypto'
import { Asset, Claimant, Keypair, Operation, rpc, type xdr } from '@stellar/stellar-sdk'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openTarget, type Target } from '../testing/target.ts'
import { type Wallet, walletOf } from '../testing/wallet.ts'

// On the local network, or on a real one when the environment names it.
let target: Target
let wallet: Wallet
let server: rpc.Server
let alice: Keypair

beforeAll(async () => {
  target = await openTarget()
  wallet = walletOf(target)
  server = new rpc.Server(target.rpcUrl, { allowHttp: true })
  alice = await wallet.fund()
})
afterAll(() => target.close())

const pay = () => Operation.payment({ destination: alice.publicKey(), asset: Asset.native(), amount: '1' })
const hashOf = (transaction: { hash: () => Uint8Array }) => Buffer.from(transaction.hash()).toString('hex')

describe('the network', () => {
  test('getHealth, getNetwork, getFeeStats', async () => {
    const health = await server.getHealth()
    expect(health.status).toBe('healthy')
    expect(await server.getNetwork()).toMatchObject({ passphrase: target.passphrase })
    expect(await server.getFeeStats()).toMatchObject({ inclusionFee: { max: expect.stringMatching(/^\d+$/) } })
  })

  test('getLatestLedger, and getLedgers chained by hashes that are those of the headers', async () => {
    const latest = await server.getLatestLedger()
    const first = latest.sequence - 2
    const { ledgers } = await server.getLedgers({ startLedger: first, pagination: { limit: 3 } })
    expect(ledgers.map(({ sequence }) => sequence)).toEqual([first, first + 1, first + 2])
    const [before, middle] = ledgers
    expect(middle!.headerXdr.header.previousLedgerHash.toXdr('hex')).toBe(before!.hash)
    expect(createHash('sha256').update(middle!.headerXdr.header.toXdr()).digest('hex')).toBe(middle!.hash)
    expect(headerOf(middle!.metadataXdr).hash.toXdr('hex')).toBe(middle!.hash)
  })

  test('an unknown method and a bad range are errors of JSON-RPC', async () => {
    await expect(server.getLedgers({ startLedger: 4_000_000_000 })).rejects.toMatchObject({ code: -32600 })
    const answer = await fetch(target.rpcUrl, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ jsonrpc: '2.0', id: 7, method: 'getMoon' }),
    })
    expect(await answer.json()).toMatchObject({ jsonrpc: '2.0', id: 7, error: { code: -32601 } })
  })
})

describe('transactions', () => {
  test('sendTransaction: PENDING, or ERROR with the result', async () => {
    const good = await wallet.build(alice, [pay()])
    expect(await server.sendTransaction(good)).toMatchObject({ status: 'PENDING', hash: hashOf(good) })
    expect((await server.pollTransaction(hashOf(good), { attempts: 100, sleepStrategy: () => 50 })).status).toBe('SUCCESS')
    const bad = await wallet.build(alice, [pay()], { signers: [Keypair.random()] })
    const refused = await server.sendTransaction(bad)
    expect(refused.status).toBe('ERROR')
    expect(refused.errorResult!.result.type).toMatch(/^tx(BadAuth|BadSeq)$/)
  })

  test('getTransaction tells envelope, result and what changed; an unknown one is NOT_FOUND', async () => {
    const sent = await wallet.build(alice, [pay()])
    await target.horizon.submitTransaction(sent)
    const found = await server.pollTransaction(hashOf(sent), { attempts: 100, sleepStrategy: () => 50 })
    if (found.status !== 'SUCCESS') throw new Error(found.status)
    expect(found.envelopeXdr.toXdr('base64')).toBe(sent.toXdr())
    expect(found.resultXdr.result.type).toBe('txSuccess')
    expect(metaOperations(found.resultMetaXdr)).toHaveLength(1)
    expect(found).toMatchObject({ feeBump: false, applicationOrder: expect.any(Number) })
    expect((await server.getTransaction('ab'.repeat(32))).status).toBe('NOT_FOUND')
  })

  test('getTransactions pages by cursor through what getLedgers and Horizon tell too', async () => {
    const [bob] = (await wallet.make(alice, 1)) as [Keypair]
    const startLedger = (await server.getLatestLedger()).sequence
    const sent: string[] = []
    for (let count = 0; count < 3; count++) {
      const transaction = await wallet.build(bob, [pay()])
      await target.horizon.submitTransaction(transaction)
      sent.push(hashOf(transaction))
    }
    const seen: string[] = []
    let page = await server.getTransactions({ startLedger, pagination: { limit: 1 } })
    while (page.transactions.length > 0) {
      seen.push(...page.transactions.map(({ txHash }) => txHash))
      page = await server.getTransactions({ pagination: { cursor: page.cursor, limit: 1 } })
    }
    expect(seen.filter(hash => sent.includes(hash))).toEqual(sent)
    expect(new Set(seen).size).toBe(seen.length)
  })
})

describe('entries', () => {
  test('getAccount, getTrustline, getClaimableBalance', async () => {
    const [issuer, holder] = (await wallet.make(alice, 2)) as [Keypair, Keypair]
    const asset = new Asset('EURC', issuer.publicKey())
    const transaction = await wallet.build(
      holder,
      [
        Operation.changeTrust({ asset, limit: '50' }),
        Operation.createClaimableBalance({
          asset,
          amount: '7',
          claimants: [new Claimant(holder.publicKey())],
          source: issuer.publicKey(),
        }),
      ],
      { signers: [holder, issuer] },
    )
    await target.horizon.submitTransaction(transaction)
    expect((await server.getAccount(holder.publicKey())).sequenceNumber()).toBe(transaction.sequence)
    const line = await server.getTrustline(holder.publicKey(), asset)
    expect([line.balance, line.limit]).toEqual([0n, 500_000_000n])
    const balance = await server.getClaimableBalance(transaction.getClaimableBalanceId(1))
    expect(balance.amount).toBe(70_000_000n)
    await expect(server.getAccount(Keypair.random().publicKey())).rejects.toThrow('not found')
  })
})

const headerOf = (meta: xdr.LedgerCloseMeta) => meta.value.ledgerHeader

const metaOperations = (meta: xdr.TransactionMeta) => (meta.type === 'operations' ? meta.value : meta.value.operations)
