import type { Hex } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Chain, HoldTerms } from '../../bridge-service/src/chains/chain.ts'
import type { EvmInstructions } from '../../bridge-service/src/chains/deposits.ts'
import { attemptOf, insertOrder, lockSignedOrder } from '../../bridge-service/src/deposits/orders.ts'
import { escrowAbi } from '../../contracts/abi/escrow.ts'
import { testDollarAbi } from '../../contracts/abi/test-dollar.ts'
import { evmAccount } from '../../scripts/local/evm-accounts.ts'
import type { DepositBridge } from '../support/deposit-bridge.ts'
import { startEvmDepositBridge } from '../support/evm-deposit-bridge.ts'
import type { EvmScene } from '../support/evm-world.ts'

// What a customer locks on an EVM chain, from his wallet to its end: what was agreed, and everything else.
let scene: EvmScene
let chain: Chain
let bridge: DepositBridge
let stop: () => Promise<void>
beforeAll(async () => {
  ;({ scene, chain, bridge, stop } = await startEvmDepositBridge(1))
})
afterAll(() => stop?.())

const customer = privateKeyToAccount(evmAccount(8).key)
const stranger = privateKeyToAccount(evmAccount(9).key)
const amountMinor = 100_250_000n

const mint = async (to: Hex, amount = amountMinor) => {
  await scene.client.writeContract({
    ...{ account: privateKeyToAccount(scene.deployment.admin.key), chain: null, address: scene.deployment.token },
    ...{ abi: testDollarAbi, functionName: 'mint', args: [to, amount] },
  })
  await scene.mine()
}
const agreed = async (overrides: Partial<HoldTerms> = {}): Promise<HoldTerms> => {
  const { timestamp } = await scene.client.getBlock()
  const now = Math.max(Number(timestamp), Math.floor(Date.now() / 1_000))
  const parties = { payer: customer.address, payee: scene.deployment.treasury.address, onExpiry: 'refund' } as const
  return scene.terms({ ...parties, refundAfter: now + 3_600, hardDeadline: now + 86_400, ...overrides })
}
const instructions = async (terms: HoldTerms) => (await chain.deposits!.prepare(terms, terms.refundAfter - 60)) as EvmInstructions
/** Approves and locks, as a wallet does; gives the fact that the indexer will tell of it. */
const lock = async (terms: HoldTerms, by = customer): Promise<string> => {
  await mint(by.address, BigInt(terms.amountMinor))
  const { approve, lock: call } = await instructions(terms)
  let hash: Hex = '0x'
  for (const { to, data } of [approve, call]) {
    hash = await scene.client.sendTransaction({ account: by, chain: null, to: to as Hex, data: data as Hex })
    await scene.mine()
  }
  return `${hash}:0`
}
const lockSigned = async (terms: HoldTerms, id: Parameters<DepositBridge['load']>[0]): Promise<string> => {
  await mint(customer.address)
  const { authorization } = await instructions(terms)
  const signature = await customer.signTypedData(authorization as unknown as Parameters<typeof customer.signTypedData>[0])
  const signed = { validAfter: 0, validBefore: Number(authorization!.message.validBefore), signature }
  const attempt = await attemptOf(scene.pool, 'lockSigned', id)
  await insertOrder(scene.pool, lockSignedOrder(id, chain.id, { terms, signed }, attempt))
  return ''
}
const expire = async (terms: HoldTerms) => {
  await scene.client.writeContract({
    ...{ account: stranger, chain: null, address: scene.deployment.escrow, abi: escrowAbi, functionName: 'expire' },
    args: [(await instructions(terms)).terms as never],
  })
  await scene.mine()
}
const balance = (account: string) => chain.balanceOf('USDC', account)
const isClear = async () => {
  expect(await bridge.posted('treasury:evm:31337:USDC')).toBe(await balance(chain.treasury))
  expect(await bridge.posted('customer_clearing:USDC')).toBe('0')
  expect(await bridge.posted('escrow:evm:31337:USDC')).toBe('0')
}

describe('what was agreed', () => {
  test.each<[string, (terms: HoldTerms, id: Parameters<DepositBridge['load']>[0]) => Promise<string>]>([
    ['locked by the customer', terms => lock(terms)],
    ['locked by his signature, without gas of his', lockSigned],
  ])('and %s is committed, paid out and collected', async (_how, bring) => {
    const terms = await agreed()
    const before = BigInt(await balance(chain.treasury))
    const id = await bridge.open(terms, 'escrow')
    await bring(terms, id)
    await bridge.reaches(id, 'completed')
    expect(BigInt(await balance(chain.treasury)) - before).toBe(amountMinor)
    await isClear()
  })

  test('goes back when the bank refuses the payout', async () => {
    bridge.bank.faults.submit.push({ refused: 'account_closed' })
    const terms = await agreed()
    const before = BigInt(await balance(customer.address))
    const id = await bridge.open(terms, 'escrow')
    await lock(terms)
    await bridge.reaches(id, 'compensated')
    expect(BigInt(await balance(customer.address)) - before).toBe(amountMinor)
    await isClear()
  })
})

describe('what was not agreed', () => {
  test.each<[string, Partial<HoldTerms>, string, typeof customer]>([
    ['less', { amountMinor: '100249999' }, 'wrong_amount', customer],
    ['dust of a stranger', { amountMinor: '1', payer: stranger.address }, 'wrong_amount', stranger],
    ['of somebody else', { payer: stranger.address }, 'wrong_terms', stranger],
    ['for somebody else', { payee: stranger.address }, 'wrong_terms', customer],
    ['with another exit', { onExpiry: 'release' }, 'wrong_terms', customer],
  ])('%s moves nothing, is its payer’s again from its own deadline on, and the transfer still waits', async (...row) => {
    const [, change, reason, by] = row
    const terms = await agreed()
    const id = await bridge.open(terms, 'escrow')
    const refundAfter = terms.refundAfter - 1_800
    const fact = await lock({ ...terms, ...change, refundAfter }, by)
    expect(await bridge.stray(fact, 'self_serve')).toMatchObject({ reason, refundAfter, payer: by.address, transferId: id })
    expect((await bridge.load(id)).state).toBe('awaitingDeposit')
    await lock(terms)
    await bridge.reaches(id, 'completed')
    await isClear()
  })

  test('a lock for us under a ref of nobody is a case, and one between strangers is none of our business', async () => {
    const fact = await lock(await agreed())
    expect(await bridge.stray(fact, 'self_serve')).toMatchObject({ reason: 'reference_unknown', transferId: null })
    const others = await lock(await agreed({ payee: stranger.address }))
    await bridge.goOn('the inbox is read', async () => {
      const { rows } = await bridge.owner.query(`select from inbox where fact = $1 and consumed = revision and not unmatched`, [
        others,
      ])
      return rows.length === 1
    })
    expect((await bridge.strays()).map(({ fact }) => fact)).not.toContain(others)
  })

  test('a lock that comes too late goes back by our own hand', async () => {
    const terms = await agreed()
    const id = await bridge.open(terms, 'escrow')
    await bridge.owner.query(`update deadlines set due_at = now() where transfer_id = $1 and kind = 'deposit'`, [id])
    await bridge.reaches(id, 'failed')
    const before = BigInt(await balance(customer.address))
    await lock(terms)
    await bridge.reaches(id, 'compensated')
    expect(BigInt(await balance(customer.address)) - before).toBe(amountMinor)
    await isClear()
  })

  test('a stray lock that somebody has taken back for its payer is over', async () => {
    const { timestamp } = await scene.client.getBlock()
    const short = await agreed({ refundAfter: Number(timestamp) + 120 })
    const fact = await lock(short)
    await bridge.stray(fact, 'self_serve')
    await scene.client.increaseTime({ seconds: 200 })
    await expire(short)
    await bridge.stray(fact, 'gone')
  })
})
