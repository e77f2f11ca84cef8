import { randomBytes } from 'node:crypto'
import { Asset, Claimant, Keypair, Memo, Operation, type Transaction, TransactionBuilder } from '@stellar/stellar-sdk'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { isRealNetwork, newKey, type StellarScene, startStellarWorld } from '../../../../test/support/stellar-world.ts'
import { until } from '../../../../test/support/until.ts'
import type { StellarChain } from './adapter.ts'
import { claimantOf, depositClaimants } from './claimants.ts'
import type { DepositTerms, StellarTask } from './task.ts'

let world: Awaited<ReturnType<typeof startStellarWorld>>
let scene: StellarScene
let chain: StellarChain
beforeAll(async () => {
  world = await startStellarWorld()
})
afterAll(() => world?.stop())
beforeEach(async () => {
  scene = await world.open()
  chain = scene.adapter()
})
afterEach(() => scene.end())

const treasury = () => scene.setup.treasury.publicKey()

/** Somebody who has tokens to pay in. */
const holder = async (units = '500') => {
  const customer = await scene.customer()
  await scene.transact(scene.setup.treasury, [
    Operation.payment({ destination: customer.publicKey(), asset: scene.usdc, amount: units }),
  ])
  return customer
}
const agreed = async (customer: Keypair, overrides: Partial<DepositTerms> = {}): Promise<DepositTerms> => ({
  ref: `0x${randomBytes(32).toString('hex')}`,
  currency: 'USDC',
  amountMinor: '100250000',
  customer: customer.publicKey(),
  refundAfter: (await scene.newest()).closeTime + 600,
  ...overrides,
})
/** Signs and sends what the bridge has prepared, as his wallet does. */
const pay = async (customer: Keypair, envelope: string) => {
  const tx = TransactionBuilder.fromXdr(envelope, scene.setup.passphrase) as Transaction
  tx.sign(customer)
  await scene.horizon.submitAsyncTransaction(tx)
  await scene.close()
}
const carryOut = async (task: StellarTask) => {
  const key = newKey()
  const submitted = await chain.order({ key, task })
  if (submitted.kind === 'refused') return submitted
  await scene.close()
  return until('a fate', async () => {
    await chain.tend()
    const found = await chain.find(key)
    return found.kind === 'unknown' ? undefined : found
  })
}
/** A balance that he makes himself, as he likes. */
const own = async (customer: Keypair, amount: string, claimants: Claimant[], asset: Asset = scene.usdc) => {
  const record = await scene.transact(customer, [Operation.createClaimableBalance({ asset, amount, claimants })])
  const tx = TransactionBuilder.fromXdr(record.envelope_xdr, scene.setup.passphrase) as Transaction
  return tx.getClaimableBalanceId(0)
}

describe('a deposit that the bridge prepared', () => {
  test('costs the customer his fee, and the reserves are ours; claimed, the money is in the treasury', async () => {
    const customer = await holder()
    const terms = await agreed(customer)
    const { envelope, balanceId } = await chain.prepareDeposit(terms)
    expect(await chain.verifyDeposit(terms, balanceId)).toEqual({ kind: 'absent' })
    await pay(customer, envelope)
    expect(await chain.verifyDeposit(terms, balanceId)).toEqual({
      ...{ kind: 'exact', token: chain.tokenAddress('USDC'), stroops: 1_002_500_000n, clawbackEnabled: false },
    })
    const balance = await scene.horizon.claimableBalances().claimableBalance(balanceId).call()
    expect(balance).toMatchObject({ sponsor: scene.setup.sponsor.publicKey() })
    const before = await chain.balanceOf('USDC', treasury())
    expect(await carryOut({ action: 'claimDeposit', terms, balanceId })).toMatchObject({ kind: 'done' })
    expect(await chain.balanceOf('USDC', treasury())).toBe((BigInt(before) + 100_250_000n).toString())
  })

  test('is not signed by the customer: the envelope alone moves nothing', async () => {
    const customer = await holder()
    const { envelope } = await chain.prepareDeposit(await agreed(customer))
    const tx = TransactionBuilder.fromXdr(envelope, scene.setup.passphrase) as Transaction
    expect(tx.signatures).toHaveLength(1)
    await expect(scene.horizon.submitAsyncTransaction(tx)).rejects.toThrow()
  })

  test('is burned where we are the issuer', async () => {
    const customer = await holder()
    const terms = await agreed(customer)
    const { envelope, balanceId } = await chain.prepareDeposit(terms)
    await pay(customer, envelope)
    const before = await chain.balanceOf('USDC', treasury())
    expect(await carryOut({ action: 'claimDeposit', terms, balanceId, burn: true })).toMatchObject({ kind: 'done' })
    expect(await chain.balanceOf('USDC', treasury())).toBe(before)
  })

  test.skipIf(isRealNetwork)('is the customer’s again from its deadline on, without us', async () => {
    const customer = await holder()
    const terms = await agreed(customer)
    const { envelope, balanceId } = await chain.prepareDeposit(terms)
    await pay(customer, envelope)
    await scene.close(1, 700)
    expect(await carryOut({ action: 'claimDeposit', terms, balanceId })).toMatchObject({
      kind: 'refused',
      code: 'escrow_expired',
    })
    await scene.transact(customer, [Operation.claimClaimableBalance({ balanceId })])
    expect(await scene.holds(customer.publicKey())).toBe('500.0000000')
  })

  test('that is not there (yet) is tried again later', async () => {
    const customer = await holder()
    const terms = await agreed(customer)
    const { balanceId } = await chain.prepareDeposit(terms)
    await expect(chain.order({ key: newKey(), task: { action: 'claimDeposit', terms, balanceId } })).rejects.toMatchObject({
      code: 'chain_unavailable',
    })
  })

  test('of an account that is not on the ledger cannot be prepared', async () => {
    await expect(chain.prepareDeposit(await agreed(Keypair.random()))).rejects.toMatchObject({ code: 'address_invalid' })
  })
})

describe('a balance that is not what was agreed', () => {
  test.each([
    ['less than that', 'amount', '100.2499999'],
    ['more than that', 'amount', '100.2500001'],
  ])('%s is not claimed, and comes back to him by itself', async (_what, what, amount) => {
    const customer = await holder()
    const terms = await agreed(customer)
    const claimants = depositClaimants(treasury(), customer.publicKey(), BigInt(terms.refundAfter)).map(claimantOf)
    const balanceId = await own(customer, amount, claimants)
    expect(await chain.verifyDeposit(terms, balanceId)).toEqual({ kind: 'differs', what, wayBack: 'byItself' })
    expect(await carryOut({ action: 'claimDeposit', terms, balanceId })).toMatchObject({
      kind: 'refused',
      code: 'deposit_differs',
    })
  })

  test('another asset is not claimed', async () => {
    const customer = await holder()
    const terms = await agreed(customer)
    const claimants = depositClaimants(treasury(), customer.publicKey(), BigInt(terms.refundAfter)).map(claimantOf)
    const balanceId = await own(customer, '1', claimants, Asset.native())
    expect(await chain.verifyDeposit(terms, balanceId)).toEqual({ kind: 'differs', what: 'asset', wayBack: 'byItself' })
  })

  test('with another deadline is not claimed', async () => {
    const customer = await holder()
    const terms = await agreed(customer)
    const claimants = depositClaimants(treasury(), customer.publicKey(), BigInt(terms.refundAfter + 1)).map(claimantOf)
    const balanceId = await own(customer, '100.25', claimants)
    expect(await chain.verifyDeposit(terms, balanceId)).toEqual({ kind: 'differs', what: 'claimants', wayBack: 'byItself' })
  })

  test('that only we can claim goes back whole, in the transaction that claims it', async () => {
    const customer = await holder()
    const terms = await agreed(customer)
    const balanceId = await own(customer, '33.0000001', [new Claimant(treasury())])
    expect(await chain.verifyDeposit(terms, balanceId)).toEqual({ kind: 'differs', what: 'claimants', wayBack: 'byReturn' })
    const before = await scene.holds(treasury())
    const task = { action: 'returnDeposit', ref: terms.ref, balanceId, to: customer.publicKey() } as const
    expect(await carryOut(task)).toMatchObject({ kind: 'done' })
    expect([await scene.holds(customer.publicKey()), await scene.holds(treasury())]).toEqual(['500.0000000', before])
    expect(await carryOut(task)).toMatchObject({ kind: 'refused', code: 'deposit_absent' })
  })
})

describe('the payment that wallets send', () => {
  const send = async (customer: Keypair, amount: string, memo: Memo, asset: Asset = scene.usdc) => {
    const account = await scene.horizon.loadAccount(customer.publicKey())
    const tx = new TransactionBuilder(account, { fee: '1000', networkPassphrase: scene.setup.passphrase, memo })
      .addOperation(Operation.payment({ destination: treasury(), asset, amount }))
      .setTimebounds(0, (await scene.newest()).closeTime + 300)
      .build()
    tx.sign(customer)
    await scene.horizon.submitAsyncTransaction(tx)
    await scene.close()
    return { hash: Buffer.from(tx.hash()).toString('hex'), operation: 0 }
  }

  test.each([
    ['the ref', undefined, (ref: string) => Memo.hash(ref.slice(2))],
    ['the text that he was told', 'CW-4711', () => Memo.text('CW-4711')],
    ['the number that he was told', '4711', () => Memo.id('4711')],
  ])('with %s as memo is exact', async (_what, memo, of) => {
    const customer = await holder()
    const terms = await agreed(customer)
    const at = await send(customer, '100.25', of(terms.ref))
    expect(await chain.verifyPayment({ ...terms, ...(memo === undefined ? {} : { memo }) }, at)).toEqual({
      ...{ kind: 'exact', from: customer.publicKey(), stroops: 1_002_500_000n },
    })
  })

  test.each([
    ['memo', '100.25', () => Memo.text('something else')],
    ['amount', '100.2500001', (ref: string) => Memo.hash(ref.slice(2))],
  ])('with another %s goes back whole, once', async (what, amount, of) => {
    const customer = await holder()
    const terms = await agreed(customer)
    const verdict = await chain.verifyPayment(terms, await send(customer, amount, of(terms.ref)))
    expect(verdict).toMatchObject({ kind: 'differs', what, from: customer.publicKey() })
    if (verdict.kind !== 'differs') throw new Error('not reached')
    const task = { action: 'pay', ref: terms.ref, currency: 'USDC', stroops: String(verdict.stroops), to: verdict.from } as const
    expect(await carryOut(task)).toMatchObject({ kind: 'done' })
    expect(await scene.holds(customer.publicKey())).toBe('500.0000000')
  })

  test('of another asset, to somebody else, or in no ledger is not taken for one', async () => {
    const customer = await holder()
    const terms = await agreed(customer)
    expect(
      await chain.verifyPayment(terms, await send(customer, '1', Memo.hash(terms.ref.slice(2)), Asset.native())),
    ).toMatchObject({
      ...{ kind: 'differs', what: 'asset', token: 'native' },
    })
    const { hash } = await scene.transact(customer, [
      Operation.payment({ destination: scene.setup.cold.publicKey(), asset: scene.usdc, amount: '1' }),
    ])
    expect(await chain.verifyPayment(terms, { hash, operation: 0 })).toEqual({ kind: 'absent' })
    expect(await chain.verifyPayment(terms, { hash, operation: 9 })).toEqual({ kind: 'absent' })
    expect(await chain.verifyPayment(terms, { hash: '00'.repeat(32), operation: 0 })).toEqual({ kind: 'absent' })
  })
})
