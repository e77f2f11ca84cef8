import { Claimant, Keypair, Memo, Operation, type Transaction, TransactionBuilder, type xdr } from '@stellar/stellar-sdk'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { isRealNetwork, newKey, type StellarScene, startStellarWorld } from '../../../../test/support/stellar-world.ts'
import { until } from '../../../../test/support/until.ts'
import type { Outcome } from '../../outcome.ts'
import type { ChainOrder, ChainTx, HoldTerms } from '../chain.ts'
import type { StellarInstructions, StrayMoney } from '../deposits.ts'
import type { StellarChain } from './adapter.ts'
import { claimantOf, depositClaimants } from './claimants.ts'

// What the port asks of a deposit, and what is done with money that nobody has asked for.
let world: Awaited<ReturnType<typeof startStellarWorld>>
let scene: StellarScene
let chain: StellarChain
let customer: Keypair
beforeAll(async () => {
  world = await startStellarWorld()
})
afterAll(() => world?.stop())
beforeEach(async () => {
  scene = await world.open()
  chain = scene.adapter()
  customer = await scene.customer()
  await scene.transact(scene.setup.treasury, [
    Operation.payment({ destination: customer.publicKey(), asset: scene.usdc, amount: '500' }),
  ])
})
afterEach(() => scene.end())

const treasury = () => scene.setup.treasury.publicKey()
const agreed = async (overrides: Partial<HoldTerms> = {}): Promise<HoldTerms> => {
  const { closeTime } = await scene.newest()
  const parties = { payer: customer.publicKey(), payee: treasury(), onExpiry: 'refund' } as const
  return scene.terms({ ...parties, refundAfter: closeTime + 600, hardDeadline: closeTime + 1_200, ...overrides })
}
const dueAt = (terms: HoldTerms) => terms.refundAfter - 300
const instructions = async (terms: HoldTerms) => (await chain.deposits!.prepare(terms, dueAt(terms))) as StellarInstructions
const sent = async (tx: Transaction, operation: number) => {
  await scene.horizon.submitAsyncTransaction(tx)
  await scene.close()
  return `0x${Buffer.from(tx.hash()).toString('hex')}:${operation}`
}
/** Makes the balance that the bridge has prepared; gives the fact that the indexer will tell of it. */
const deposited = async (terms: HoldTerms) => {
  const { balance } = await instructions(terms)
  const tx = TransactionBuilder.fromXdr(balance.envelope, scene.setup.passphrase) as Transaction
  tx.sign(customer)
  return { fact: await sent(tx, 1), balanceId: balance.balanceId }
}
const own = async (operation: xdr.Operation, memo: Memo) => {
  const account = await scene.horizon.loadAccount(customer.publicKey())
  const tx = new TransactionBuilder(account, { fee: '1000', networkPassphrase: scene.setup.passphrase, memo })
    .addOperation(operation)
    .setTimebounds(0, (await scene.newest()).closeTime + 300)
    .build()
  tx.sign(customer)
  return { fact: await sent(tx, 0), tx }
}
const paid = async (terms: HoldTerms, amount = '100.25') => {
  const { payment } = await instructions(terms)
  const operation = Operation.payment({ destination: payment.destination, asset: scene.usdc, amount })
  return own(operation, Memo.hash(payment.memoHash))
}
const carried = async (key: string, submitted: Outcome<ChainTx>) => {
  if (submitted.kind === 'refused') return submitted
  await scene.close()
  return until('a fate', async () => {
    await chain.tend()
    const found = await chain.find(key)
    return found.kind === 'unknown' ? undefined : found
  })
}
const order = (action: ChainOrder['action'], terms: HoldTerms, fact: string, key = newKey()): ChainOrder => ({
  ...{ key, action, terms },
  ...{ deposit: true, depositFact: fact },
})
const carryOut = async (action: ChainOrder['action'], terms: HoldTerms, fact: string, key = newKey()) =>
  carried(key, await chain.submit(order(action, terms, fact, key)))
const holds = async () => [await scene.holds(customer.publicKey()), await scene.holds(treasury())]

describe('a deposit in a balance', () => {
  test('is committed by a claim, which collects it: nothing is left to release', async () => {
    const terms = await agreed()
    const { fact } = await deposited(terms)
    const before = await chain.balanceOf('USDC', treasury())
    expect(await carryOut('commit', terms, fact)).toMatchObject({ kind: 'done' })
    expect(await chain.balanceOf('USDC', treasury())).toBe((BigInt(before) + 100_250_000n).toString())
    expect(await carryOut('release', terms, fact)).toMatchObject({ kind: 'refused' })
  })

  test('goes back as a balance while it is one, and as a payment once it was claimed', async () => {
    const before = await holds()
    for (const claimed of [false, true]) {
      const terms = await agreed()
      const { fact } = await deposited(terms)
      if (claimed) await carryOut('commit', terms, fact)
      expect(await carryOut('refund', terms, fact)).toMatchObject({ kind: 'done' })
      expect(await holds()).toEqual(before)
    }
  })

  test('goes back once, whoever asks, and in whatever way', async () => {
    const terms = await agreed()
    const { fact } = await deposited(terms)
    await carryOut('commit', terms, fact)
    const key = newKey()
    const asked = await Promise.all(
      [chain, scene.adapter()].map(worker => worker.submit(order('refund', terms, fact, key)).catch(error => error)),
    )
    expect(asked.some(answer => answer.kind === 'done')).toBe(true)
    await scene.settle([chain])
    expect(await carryOut('refund', terms, fact)).toMatchObject({ kind: 'refused', code: 'deposit_returned' })
    expect(await scene.rows(`select from stellar_txs where action = 'pay'`)).toHaveLength(1)
  })

  test('does not go back while it is not known what became of its claim', async () => {
    const terms = await agreed()
    const { fact } = await deposited(terms)
    await chain.submit(order('commit', terms, fact))
    await expect(chain.submit(order('refund', terms, fact))).rejects.toMatchObject({ code: 'chain_unavailable' })
    await scene.settle([chain])
    expect(await carryOut('refund', terms, fact)).toMatchObject({ kind: 'done' })
  })

  test('of which there are two alike goes by the fact that is named', async () => {
    const terms = await agreed()
    const [first, second] = [await deposited(terms), await deposited(terms)]
    expect(await carryOut('commit', terms, second.fact)).toMatchObject({ kind: 'done' })
    expect(await chain.verifyDeposit({ ...terms, customer: terms.payer }, first.balanceId)).toMatchObject({ kind: 'exact' })
    expect(await chain.verifyDeposit({ ...terms, customer: terms.payer }, second.balanceId)).toEqual({ kind: 'absent' })
  })

  test('that the ledger does not show yet is asked for again', async () => {
    const fact = `0x${'00'.repeat(32)}:0`
    await expect(chain.submit(order('commit', await agreed(), fact))).rejects.toMatchObject({ code: 'chain_unavailable' })
  })

  test.skipIf(isRealNetwork)('is the customer’s own from its deadline on: neither committed nor returned', async () => {
    const terms = await agreed()
    const { fact, balanceId } = await deposited(terms)
    await scene.close(1, 700)
    expect(await carryOut('commit', terms, fact)).toMatchObject({ kind: 'refused', code: 'escrow_expired' })
    expect(await carryOut('refund', terms, fact)).toMatchObject({ kind: 'refused', code: 'escrow_expired' })
    await scene.transact(customer, [Operation.claimClaimableBalance({ balanceId })])
    expect(await carryOut('refund', terms, fact)).toMatchObject({ kind: 'refused', code: 'deposit_absent' })
  })
})

describe('a deposit by a payment', () => {
  test('is ours as it comes, and goes back by a payment under its ref', async () => {
    const terms = await agreed()
    const before = await holds()
    const { fact } = await paid(terms)
    expect(await carryOut('commit', terms, fact)).toMatchObject({ kind: 'refused', code: 'deposit_is_ours' })
    expect(await carryOut('refund', terms, fact)).toMatchObject({ kind: 'done' })
    expect(await holds()).toEqual(before)
    expect(await scene.onLedger(terms.ref)).toHaveLength(1)
  })

  test('has an id of its own, and neither is a hold’s', async () => {
    const terms = await agreed()
    const ids = chain.deposits!.ids(terms)
    expect(new Set(ids).size).toBe(2)
    expect(ids[0]).toBe(chain.escrowId(terms))
    expect(chain.deposits!.ids({ ...terms, payer: Keypair.random().publicKey() })).not.toContain(ids[1])
    expect(() => chain.deposits!.ids({ ...terms, payer: treasury() })).toThrow()
  })
})

describe('money that no transfer takes', () => {
  const stray = (fact: string, overrides: Partial<StrayMoney> = {}): StrayMoney => ({
    ...{ fact, token: chain.tokenAddress('USDC'), units: '1002500000', payer: customer.publicKey() },
    ...{ escrowId: null, balanceId: null, refundAfter: null, address: null, ...overrides },
  })
  const giveBack = async (money: StrayMoney, key = newKey()) => carried(key, await chain.deposits!.giveBack!(key, money))
  const balance = async (claimants: Claimant[], amount = '33.0000001') => {
    const create = Operation.createClaimableBalance({ asset: scene.usdc, amount, claimants })
    const { fact, tx } = await own(create, Memo.hash((await agreed()).ref.slice(2)))
    return stray(fact, { units: '330000001', balanceId: tx.getClaimableBalanceId(0) })
  }

  test('a payment goes back whole, under the transaction that brought it, once', async () => {
    const before = await holds()
    const { fact } = await paid(await agreed(), '7.0000001')
    const money = stray(fact, { units: '70000001' })
    expect(await chain.deposits!.wayBack(money)).toEqual({ kind: 'byUs' })
    const key = newKey()
    const outcome = await giveBack(money, key)
    expect(outcome).toMatchObject({ kind: 'done' })
    expect(await giveBack(money, key)).toEqual(outcome)
    expect(await giveBack(money)).toMatchObject({ kind: 'refused', code: 'deposit_returned' })
    expect(await holds()).toEqual(before)
    const back = (await scene.allOnLedger()).filter(tx => tx.memo_type === 'return')
    expect(back.map(({ memo }) => Buffer.from(memo!, 'base64').toString('hex'))).toEqual([fact.slice(2, 66)])
  })

  test('a payment of one who cannot take it back any more is for a person', async () => {
    const { fact } = await paid(await agreed(), '500')
    await scene.transact(customer, [Operation.changeTrust({ asset: scene.usdc, limit: '0' })])
    expect(await giveBack(stray(fact, { units: '5000000000' }))).toMatchObject({ kind: 'refused', code: 'trustline_missing' })
  })

  test.each<[string, () => Claimant[] | Promise<Claimant[]>]>([
    ['that only we can claim', () => [new Claimant(treasury())]],
    [
      'that is ours for a while',
      async () =>
        depositClaimants(treasury(), customer.publicKey(), BigInt((await scene.newest()).closeTime + 50)).map(claimantOf),
    ],
    ['that anybody of us two can claim', () => [new Claimant(treasury()), new Claimant(customer.publicKey())]],
  ])('a balance %s goes back at once', async (_what, claimants) => {
    const before = await holds()
    const money = await balance(await claimants())
    expect(await chain.deposits!.wayBack(money)).toEqual({ kind: 'byUs' })
    expect(await giveBack(money)).toMatchObject({ kind: 'done' })
    expect(await holds()).toEqual(before)
    expect(await chain.deposits!.wayBack(money)).toEqual({ kind: 'over' })
  })

  test.skipIf(isRealNetwork)('a balance whose time with us is over is its customer’s to take', async () => {
    const from = (await scene.newest()).closeTime + 100
    const money = await balance(depositClaimants(treasury(), customer.publicKey(), BigInt(from)).map(claimantOf))
    await scene.close(1, 200)
    expect(await chain.deposits!.wayBack(money)).toEqual({ kind: 'byItself', from })
    expect(await giveBack(money)).toMatchObject({ kind: 'refused', code: 'escrow_expired' })
  })

  test('a balance that nobody but us could claim, and we not either, is for a person', async () => {
    const never = Claimant.predicateNot(Claimant.predicateUnconditional())
    const money = await balance([new Claimant(treasury(), never)])
    expect(await chain.deposits!.wayBack(money)).toMatchObject({ kind: 'none' })
    expect(await giveBack(money)).toMatchObject({ kind: 'refused', code: 'deposit_not_ours' })
  })
})
