import { type Hex, parseSignature } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { escrowAbi } from '../../../../contracts/abi/escrow.ts'
import { testDollarAbi } from '../../../../contracts/abi/test-dollar.ts'
import { evmAccount } from '../../../../scripts/local/evm-accounts.ts'
import { type EvmScene, startEvmWorld } from '../../../../test/support/evm-world.ts'
import type { Chain, ChainOrder, HoldTerms } from '../chain.ts'
import type { EvmInstructions, SignedLock, TypedData } from '../deposits.ts'

let world: Awaited<ReturnType<typeof startEvmWorld>>
let scene: EvmScene
let chain: Chain
beforeAll(async () => {
  world = await startEvmWorld()
})
afterAll(() => world?.stop())
beforeEach(async () => {
  scene = await world.open()
  chain = scene.adapter()
  await mint(customer.address)
})
afterEach(() => scene.close())

const customer = privateKeyToAccount(evmAccount(8).key)
const amountMinor = '100250000'

const mint = async (to: Hex) => {
  await scene.client.writeContract({
    ...{ account: privateKeyToAccount(scene.deployment.admin.key), chain: null, address: scene.deployment.token },
    ...{ abi: testDollarAbi, functionName: 'mint', args: [to, BigInt(amountMinor)] },
  })
  await scene.mine()
}
/** What is agreed with a customer: his escrow, for the treasury. */
const agreed = (overrides: Partial<HoldTerms> = {}): HoldTerms =>
  scene.terms({ payer: customer.address, payee: scene.deployment.treasury.address, amountMinor, ...overrides })
const dueAt = (terms: HoldTerms) => terms.refundAfter - 600
const instructions = async (terms: HoldTerms) => (await chain.deposits!.prepare(terms, dueAt(terms))) as EvmInstructions
const balance = (account: string) => chain.balanceOf('USDC', account)
const now = async () => Number((await scene.client.getBlock()).timestamp)

/** A call of the customer's own wallet, in a block. */
const send = async ({ to, data }: { to: string; data: string }) => {
  const hash = await scene.client.sendTransaction({ account: customer, chain: null, to: to as Hex, data: data as Hex })
  await scene.mine()
  return (await scene.client.getTransactionReceipt({ hash })).status
}
const sign = (typed: TypedData, message = typed.message) =>
  customer.signTypedData({ ...typed, message } as Parameters<typeof customer.signTypedData>[0])
const signed = async (terms: HoldTerms, change: Partial<SignedLock> = {}): Promise<SignedLock> => {
  const { authorization } = await instructions(terms)
  const { validAfter, validBefore } = { validAfter: 0, validBefore: dueAt(terms), ...change }
  const message = { ...authorization!.message, validAfter: String(validAfter), validBefore: String(validBefore) }
  return { validAfter, validBefore, signature: await sign(authorization!, message), ...change }
}
const ordered = async (action: ChainOrder['action'], terms: HoldTerms) => {
  const order: ChainOrder = { ...scene.order(action, terms), deposit: true }
  const outcome = await chain.submit(order)
  if (outcome.kind === 'refused') return outcome
  await scene.mine()
  return chain.find(order.key)
}
const locked = async (terms = agreed()) => {
  const { approve, lock } = await instructions(terms)
  expect([await send(approve), await send(lock)]).toEqual(['success', 'success'])
  return terms
}

describe('what a wallet is given', () => {
  test('locks by the wallet alone: approve, then lock, under the id that was told', async () => {
    const terms = await locked()
    const [event] = await scene.events('Locked', terms.ref)
    expect(event?.args).toMatchObject({ id: (await instructions(terms)).escrowId, payer: customer.address })
    expect(chain.deposits!.ids(terms)).toEqual([event?.args.id])
    expect(await balance(customer.address)).toBe('0')
  })

  test('locks by a permit that the customer sends himself', async () => {
    const terms = agreed()
    const { permit, escrow } = await instructions(terms)
    const { r, s, yParity } = parseSignature(await sign(permit!))
    const fields = { ...(await instructions(terms)).terms }
    await scene.client.writeContract({
      ...{ account: customer, chain: null, address: escrow as Hex, abi: escrowAbi, functionName: 'lockWithPermit' },
      args: [fields as never, BigInt(permit!.message.deadline!), yParity + 27, r, s],
    })
    await scene.mine()
    expect(await scene.events('Locked', terms.ref)).toHaveLength(1)
  })

  test('names no signature that the token does not know', async () => {
    const plain = scene.adapter({ tokens: { USDC: { address: scene.deployment.escrow } } })
    expect(await plain.deposits!.prepare(agreed(), 2_000_000_000)).toMatchObject({ authorization: null, permit: null })
  })

  test('is not made up while the chain is silent', async () => {
    scene.proxy.fault = () => 'requestLost'
    await expect(chain.deposits!.prepare(agreed(), 2_000_000_000)).rejects.toMatchObject({ code: 'chain_unavailable' })
  })
})

describe('a lock that the customer has signed', () => {
  test('is sent by the operator, costs the customer no gas, and is sent once', async () => {
    const terms = agreed()
    const given = await signed(terms)
    expect(await chain.deposits!.checkSigned!(terms, given, await now())).toBeUndefined()
    const gas = await scene.client.getBalance({ address: customer.address })
    const outcome = await chain.deposits!.lockSigned!('key-1', terms, given)
    expect(outcome).toMatchObject({ kind: 'done', value: { sender: scene.deployment.operator.address } })
    expect(await scene.adapter().deposits!.lockSigned!('key-1', terms, given)).toEqual(outcome)
    await scene.mine()
    expect(await chain.find('key-1')).toEqual(outcome)
    const [event] = await scene.events('Locked', terms.ref)
    expect(event?.args).toMatchObject({ id: chain.escrowId(terms), payer: customer.address, amount: BigInt(amountMinor) })
    expect(await scene.client.getBalance({ address: customer.address })).toBe(gas)
    expect(await scene.rows('select from evm_tx_versions')).toHaveLength(1)
  })

  test.each<[string, (terms: HoldTerms) => Promise<SignedLock>, string]>([
    ['by somebody else', async terms => ({ ...(await signed(terms)), signature: await strange(terms) }), 'authorization_invalid'],
    ['over another amount', terms => signed({ ...terms, amountMinor: '1' }), 'authorization_invalid'],
    ['for another escrow', terms => signed({ ...terms, ref: `0x${'12'.repeat(32)}` }), 'authorization_invalid'],
    ['with bytes that are none', async terms => signed(terms, { signature: `0x${'ff'.repeat(65)}` }), 'authorization_invalid'],
    ['for a time that has passed', async terms => signed(terms, { validBefore: await now() }), 'authorization_expired'],
    ['for a time to come', async terms => signed(terms, { validAfter: (await now()) + 60 }), 'authorization_expired'],
    ['for hardly any time', async terms => signed(terms, { validBefore: (await now()) + 30 }), 'authorization_expired'],
  ])('%s is refused before anything is sent', async (_what, given, code) => {
    const terms = agreed()
    expect(await chain.deposits!.checkSigned!(terms, await given(terms), await now())).toMatchObject({ kind: 'refused', code })
  })
  const strange = async (terms: HoldTerms) => {
    const { authorization } = await instructions(terms)
    const stranger = privateKeyToAccount(evmAccount(9).key)
    return stranger.signTypedData(authorization as unknown as Parameters<typeof stranger.signTypedData>[0])
  }

  test('of tokens that he does not have is refused by the chain, and nothing is stored', async () => {
    const terms = agreed({ amountMinor: '100250001' })
    const outcome = await chain.deposits!.lockSigned!('key-2', terms, await signed(terms))
    expect(outcome).toMatchObject({ kind: 'refused', code: 'ERC20InsufficientBalance' })
    expect(await scene.rows('select from evm_txs')).toHaveLength(0)
  })

  test('that he has taken back, or has sent himself, locks nothing a second time', async () => {
    const terms = agreed()
    const given = await signed(terms)
    await locked(terms)
    expect(await chain.deposits!.lockSigned!('key-3', terms, given)).toMatchObject({ kind: 'refused', code: 'EscrowExists' })
  })
})

describe('an order about a deposit', () => {
  test('commits, then collects it into the treasury', async () => {
    const terms = await locked()
    const before = BigInt(await balance(chain.treasury))
    expect(await ordered('commit', terms)).toMatchObject({ kind: 'done' })
    expect(await balance(chain.treasury)).toBe(before.toString())
    expect(await ordered('release', terms)).toMatchObject({ kind: 'done' })
    expect(await balance(chain.treasury)).toBe((before + BigInt(amountMinor)).toString())
  })

  test.each([['locked'], ['committed']])('gives a %s one back to the customer', async state => {
    const terms = await locked()
    if (state === 'committed') await ordered('commit', terms)
    expect(await ordered('refund', terms)).toMatchObject({ kind: 'done' })
    expect(await balance(customer.address)).toBe(amountMinor)
  })

  test('commits nothing from the deadline on, nor what is not there, and nothing is stored', async () => {
    expect(await ordered('commit', agreed())).toMatchObject({ kind: 'refused', code: 'EscrowNotOpen' })
    const terms = await locked()
    await scene.client.increaseTime({ seconds: 4_000 })
    await scene.mine()
    expect(await ordered('commit', terms)).toMatchObject({ kind: 'refused', code: 'CommitTooLate' })
    expect(await scene.rows('select from evm_txs')).toHaveLength(0)
  })

  test('waits while the token would not pay the customer, who would be left with a credit', async () => {
    const terms = await locked()
    await scene.asIssuer('setDenied', customer.address, true)
    expect(await ordered('refund', terms)).toMatchObject({ kind: 'refused', code: 'DeniedAccount' })
    expect(await ordered('commit', terms)).toMatchObject({ kind: 'done' })
  })
})

describe('what was locked under other terms', () => {
  test('is its payer’s again from its own deadline on, by anybody’s hand', async () => {
    const terms = await locked(agreed({ amountMinor: '1' }))
    const stray = {
      ...{ fact: '0x1:0', token: terms.currency, units: '1', payer: customer.address, balanceId: null },
      ...{ escrowId: chain.escrowId(terms), refundAfter: terms.refundAfter, address: null },
    }
    expect(await chain.deposits!.wayBack(stray)).toEqual({ kind: 'byItself', from: terms.refundAfter })
    await scene.client.increaseTime({ seconds: 4_000 })
    await scene.mine()
    const stranger = privateKeyToAccount(evmAccount(9).key)
    await scene.client.writeContract({
      ...{ account: stranger, chain: null, address: scene.deployment.escrow, abi: escrowAbi, functionName: 'expire' },
      args: [(await instructions(terms)).terms as never],
    })
    await scene.mine()
    expect(await balance(customer.address)).toBe(amountMinor)
    expect(await chain.deposits!.wayBack(stray)).toEqual({ kind: 'over' })
    expect(await scene.client.readContract({ ...escrowOf(), functionName: 'totalLocked', args: [scene.deployment.token] })).toBe(
      0n,
    )
  })
  const escrowOf = () => ({ address: scene.deployment.escrow, abi: escrowAbi }) as const
})
