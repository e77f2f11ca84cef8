import { randomBytes } from 'node:crypto'
import {
  Asset,
  Claimant,
  type Keypair,
  Memo,
  Operation,
  type Transaction,
  TransactionBuilder,
  type xdr,
} from '@stellar/stellar-sdk'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { HoldTerms } from '../../bridge-service/src/chains/chain.ts'
import type { StellarInstructions } from '../../bridge-service/src/chains/deposits.ts'
import type { StellarChain } from '../../bridge-service/src/chains/stellar/adapter.ts'
import { type DepositBridge, startDepositBridge } from '../support/deposit-bridge.ts'
import { type StellarScene, startStellarWorld } from '../support/stellar-world.ts'

// What a customer brings on a Stellar network, from his wallet to its end: what was agreed, and everything else.
let world: Awaited<ReturnType<typeof startStellarWorld>>
let scene: StellarScene
let chain: StellarChain
let bridge: DepositBridge
let customer: Keypair
let denied: Keypair

const newCustomer = async () => {
  const pair = await scene.customer()
  // Of the issuer's: what leaves the treasury would be in no books.
  await scene.transact(scene.setup.issuer, [
    Operation.payment({ destination: pair.publicKey(), asset: scene.usdc, amount: '500' }),
  ])
  return pair
}

beforeAll(async () => {
  world = await startStellarWorld()
  scene = await world.open()
  chain = scene.adapter()
  denied = await newCustomer()
  const { horizonUrl, databaseUrl, setup, pool } = scene
  bridge = await startDepositBridge({
    ...{ databaseUrl, pool, chain, denied: [denied.publicKey()] },
    turn: () => scene.close(),
    indexed: {
      ...{ kind: 'stellar', id: 'stellar:local', horizonUrl, passphrase: setup.passphrase },
      accounts: { treasury: setup.treasury.publicKey(), cold: setup.cold.publicKey() },
      assets: { USDC: { code: 'USDC', issuer: setup.issuer.publicKey() } },
      ...{ startLedger: BigInt((await scene.newest()).sequence), pollMs: 20, expectedCloseMs: 60_000, silentCloses: 100 },
      ...{ batchSize: 100, requestTimeoutMs: 5_000 },
    },
  })
})
afterAll(async () => {
  await bridge?.stop()
  await scene?.end()
  await world?.stop()
})
beforeEach(async () => {
  customer = await newCustomer()
})

const treasury = () => scene.setup.treasury.publicKey()
const agreed = (overrides: Partial<HoldTerms> = {}): HoldTerms => {
  // The machine goes by the database's time, and the ledgers of this network are behind it.
  const now = Math.floor(Date.now() / 1_000)
  const parties = { payer: customer.publicKey(), payee: treasury(), onExpiry: 'refund' } as const
  return scene.terms({ ...parties, refundAfter: now + 3_600, hardDeadline: now + 86_400, ...overrides })
}
const opened = async (terms = agreed()) => ({ terms, id: await bridge.open(terms, 'balance') })
const sign = async (tx: Transaction, operation: number, by = customer) => {
  tx.sign(by)
  await scene.horizon.submitAsyncTransaction(tx)
  await scene.close()
  return `0x${Buffer.from(tx.hash()).toString('hex')}:${operation}`
}
/** The balance that the bridge prepares. */
const deposited = async (terms: HoldTerms) => {
  const { balance } = (await chain.deposits!.prepare(terms, terms.refundAfter - 1)) as StellarInstructions
  return sign(TransactionBuilder.fromXdr(balance.envelope, scene.setup.passphrase) as Transaction, 1)
}
const own = async (operation: xdr.Operation, memo: Memo, by = customer) => {
  const account = await scene.horizon.loadAccount(by.publicKey())
  const tx = new TransactionBuilder(account, { fee: '1000', networkPassphrase: scene.setup.passphrase, memo })
    .addOperation(operation)
    .setTimebounds(0, (await scene.newest()).closeTime + 300)
    .build()
  return sign(tx, 0, by)
}
const refMemo = ({ ref }: Pick<HoldTerms, 'ref'>) => Memo.hash(ref.slice(2))
const pays = (terms: Pick<HoldTerms, 'ref'>, { amount = '100.25', asset = scene.usdc, by = customer } = {}) =>
  own(Operation.payment({ destination: treasury(), asset, amount }), refMemo(terms), by)
const holds = (who = customer) => scene.holds(who.publicKey())
/** Everything that is in the treasury is ours, or stands as somebody's. */
const inBooks = async () => {
  expect(await bridge.posted('treasury:stellar:local:USDC')).toBe(await chain.balanceOf('USDC', treasury()))
}
const isClear = async () => expect(await bridge.posted('customer_clearing:USDC')).toBe('0')

describe('what was agreed', () => {
  test.each<[string, (terms: HoldTerms) => Promise<string>, number]>([
    ['in a balance is claimed once it is final', deposited, 1],
    ['by a payment is ours as it comes, without a transaction of ours', pays, 0],
  ])('%s, and the customer is paid', async (_how, bring, ours) => {
    const { terms, id } = await opened()
    await bring(terms)
    await bridge.reaches(id, 'completed')
    expect((await bridge.load(id)).progress).toMatchObject({ committed: true, payout: { settled: true } })
    expect(await holds()).toBe('399.7500000')
    expect(await scene.onLedger(terms.ref)).toHaveLength(ours)
    await inBooks()
    await isClear()
    expect(await bridge.posted('escrow:stellar:local:USDC')).toBe('0')
  })

  test.each<[string, (terms: HoldTerms) => Promise<string>]>([
    ['claimed out of a balance', deposited],
    ['paid', pays],
  ])('and %s goes back by a payment when the bank refuses the payout', async (_how, bring) => {
    bridge.bank.faults.submit.push({ refused: 'account_closed' })
    const { terms, id } = await opened()
    await bring(terms)
    await bridge.reaches(id, 'compensated')
    expect(await holds()).toBe('500.0000000')
    await inBooks()
    await isClear()
  })
})

describe('what was not agreed', () => {
  test.each<[string, (terms: HoldTerms) => Promise<string>, string]>([
    ['less', terms => pays(terms, { amount: '100.2499999' }), 'wrong_amount'],
    ['more', terms => pays(terms, { amount: '100.2500001' }), 'wrong_amount'],
    ['dust', terms => pays(terms, { amount: '0.0000001' }), 'wrong_amount'],
    ['lumens', terms => pays(terms, { amount: '1', asset: Asset.native() }), 'wrong_asset'],
    [
      'a balance that only we can claim',
      terms =>
        own(
          Operation.createClaimableBalance({ asset: scene.usdc, amount: '100.25', claimants: [new Claimant(treasury())] }),
          refMemo(terms),
        ),
      'wrong_terms',
    ],
    ['a balance of another deadline', terms => deposited({ ...terms, refundAfter: terms.refundAfter + 1 }), 'wrong_terms'],
    ['something under a ref of nobody', () => pays({ ref: `0x${randomBytes(32).toString('hex')}` }), 'reference_unknown'],
    [
      'something without a ref',
      () => own(Operation.payment({ destination: treasury(), asset: scene.usdc, amount: '3' }), Memo.text('order 7')),
      'reference_unknown',
    ],
  ])('%s goes back whole, and the transfer still waits for the right deposit', async (_what, bring, reason) => {
    const { terms, id } = await opened()
    const fact = await bring(terms)
    expect(await bridge.stray(fact, 'returned')).toMatchObject({ reason, payer: customer.publicKey() })
    expect(await holds()).toBe('500.0000000')
    await inBooks()
    await isClear()
    expect((await bridge.load(id)).state).toBe('awaitingDeposit')
    await pays(terms)
    await bridge.reaches(id, 'completed')
    expect(await holds()).toBe('399.7500000')
  })

  test('the right amount from somebody else goes back to him', async () => {
    const { terms, id } = await opened()
    const other = await newCustomer()
    const fact = await pays(terms, { by: other })
    expect(await bridge.stray(fact, 'returned')).toMatchObject({ reason: 'wrong_terms', transferId: id, tenant: 'acme' })
    expect(await holds(other)).toBe('500.0000000')
  })

  test.each<[string, (terms: HoldTerms) => Promise<string>, (terms: HoldTerms) => Promise<string>]>([
    ['a payment after a payment', pays, pays],
    ['a balance after a payment', pays, deposited],
    ['a payment after a balance', deposited, pays],
    ['a balance after a balance', deposited, deposited],
  ])('a second time, %s, goes back, and the first is not touched', async (_what, first, second) => {
    const { terms, id } = await opened()
    await first(terms)
    const fact = await second(terms)
    expect(await bridge.stray(fact, 'returned')).toMatchObject({ reason: 'repeated', transferId: id })
    await bridge.reaches(id, 'completed')
    expect(await holds()).toBe('399.7500000')
    expect(await bridge.strays().then(all => all.filter(stray => stray.fact === fact))).toHaveLength(1)
    await inBooks()
    await isClear()
  })

  test.each<[string, (terms: HoldTerms) => Promise<string>]>([
    ['a payment', pays],
    ['a balance', deposited],
  ])('%s after the end goes back', async (_what, bring) => {
    const { terms, id } = await opened()
    await bridge.owner.query(`update deadlines set due_at = now() where transfer_id = $1 and kind = 'deposit'`, [id])
    await bridge.reaches(id, 'failed')
    await bring(terms)
    await bridge.goOn('all is back', async () => (await holds()) === '500.0000000')
    await bridge.goOn('its books are closed', async () => (await bridge.posted('customer_clearing:USDC')) === '0')
    await inBooks()
  })

  test('money of somebody on a deny-list stays where it is, for a person', async () => {
    const fact = await pays({ ref: `0x${randomBytes(32).toString('hex')}` }, { by: denied, amount: '2' })
    expect(await bridge.stray(fact, 'person')).toMatchObject({ code: 'screening_refused' })
    expect(await holds(denied)).toBe('498.0000000')
    await inBooks()
    expect(await bridge.posted('customer_clearing:USDC')).toBe('-2000000')
    await bridge.owner.query(`update stray_deposits set state = 'returned' where fact = $1`, [fact])
  })

  test('what its sender cannot take back is for a person, and goes back once he can', async () => {
    const fact = await pays({ ref: `0x${randomBytes(32).toString('hex')}` }, { amount: '500' })
    await scene.transact(customer, [Operation.changeTrust({ asset: scene.usdc, limit: '0' })])
    const { id } = await bridge.stray(fact, 'person')
    await scene.transact(customer, [Operation.changeTrust({ asset: scene.usdc })])
    await bridge.owner.query(`update stray_deposits set state = 'waiting', look_at = now() where id = $1`, [id])
    await bridge.stray(fact, 'returned')
    expect(await holds()).toBe('500.0000000')
  })

  test('a balance whose time with us is over is left to its customer, until he has taken it', async () => {
    const { closeTime } = await scene.newest()
    const never = agreed({ refundAfter: closeTime + 60 })
    const fact = await deposited(never)
    await scene.close(1, 120)
    const { balanceId } = await bridge.stray(fact, 'self_serve')
    await scene.transact(customer, [Operation.claimClaimableBalance({ balanceId: balanceId! })])
    await bridge.stray(fact, 'gone')
    expect(await holds()).toBe('500.0000000')
  })
})
