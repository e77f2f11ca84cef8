import { decodeFunctionData, erc20Abi, getAddress, type Hex, keccak256, slice, toHex } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { depositAddressesAbi } from '../../../../contracts/abi/deposit-addresses.ts'
import { testDollarAbi } from '../../../../contracts/abi/test-dollar.ts'
import { evmAccount } from '../../../../scripts/local/evm-accounts.ts'
import { type EvmScene, startEvmWorld } from '../../../../test/support/evm-world.ts'
import { seed } from '../../../../test/support/seed.ts'
import type { Chain, HoldTerms } from '../chain.ts'
import type { Holding, StrayMoney } from '../deposits.ts'

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
})
afterEach(() => scene.close())

const customer = privateKeyToAccount(evmAccount(8).key)
const amountMinor = '100250000'
const amount = BigInt(amountMinor)
const addresses = () => chain.deposits!.addresses!

/** The terms under which the customer would lock by himself. */
const own = (overrides: Partial<HoldTerms> = {}): HoldTerms =>
  scene.terms({ payer: customer.address, payee: scene.deployment.treasury.address, amountMinor, ...overrides })
const held = (terms: HoldTerms): HoldTerms => ({ ...terms, payer: addresses().addressOf(terms) })
/** Tokens appear at the address, as when an exchange pays out. */
const bring = async (terms: HoldTerms, minor = amount) => {
  await scene.client.writeContract({
    ...{ account: privateKeyToAccount(scene.deployment.admin.key), chain: null, address: scene.deployment.token },
    ...{ abi: testDollarAbi, functionName: 'mint', args: [addresses().addressOf(terms) as Hex, minor] },
  })
  await scene.mine()
}
const balance = (account: string) => chain.balanceOf('USDC', account)
const lock = async (terms: HoldTerms, key = 'lock') => {
  const outcome = await addresses().lock(key, terms)
  if (outcome.kind === 'refused') return outcome
  await scene.mine()
  return chain.find(key)
}
const stray = (terms: HoldTerms, token = chain.tokenAddress('USDC')): StrayMoney => ({
  ...{ fact: 'x:y:0', escrowId: null, token, units: '1', payer: terms.payer, balanceId: null, refundAfter: null },
  address: terms,
})
const giveBack = async (terms: HoldTerms, key: string, token?: string) => {
  const outcome = await chain.deposits!.giveBack!(key, stray(terms, token))
  if (outcome.kind === 'refused') return outcome
  await scene.mine()
  return chain.find(key)
}
const unitsOf = ({ balances }: Holding) => balances.map(({ units }) => units)

describe('a deposit address', () => {
  test('is the one that the contract makes of the same terms', async () => {
    for (let index = 0; index < 20; index++) {
      const random = keccak256(toHex(seed + index))
      const terms = own({
        ...{ ref: random, payer: getAddress(slice(random, 12)), amountMinor: String(seed + index) },
        onExpiry: index % 2 === 0 ? 'refund' : 'release',
      })
      const told = await addresses().prepare(terms)
      expect(told.to).toBe(addresses().addressOf(terms))
    }
  })

  test('is where a simple wallet transfers to, in every form in which it may be told', async () => {
    const terms = own()
    const { to, call, uri, units, token, escrowId } = await addresses().prepare(terms)
    expect(decodeFunctionData({ abi: erc20Abi, data: call.data as Hex })).toEqual({
      ...{ functionName: 'transfer', args: [to, amount] },
    })
    expect([call.to, units]).toEqual([token, amountMinor])
    expect(uri).toBe(`ethereum:${token}@31337/transfer?address=${to}&uint256=${amountMinor}`)
    expect(escrowId).toBe(chain.escrowId(held(terms)))
  })

  test.each<[string, () => Hex, string]>([
    ['has no code', () => evmAccount(9).address, 'chain_unavailable'],
    ['is of another kind', () => scene.deployment.escrow, 'chain_unavailable'],
  ])('is told to nobody when the contract that was configured %s', async (_what, contract, code) => {
    const wrong = scene.adapter({ depositAddresses: contract() })
    await expect(wrong.deposits!.addresses!.prepare(own())).rejects.toMatchObject({ code })
  })

  test('is told to nobody when the contract is for another escrow', async () => {
    const wrong = scene.adapter({ escrow: evmAccount(9).address })
    await expect(wrong.deposits!.addresses!.prepare(own())).rejects.toMatchObject({ code: 'config_invalid' })
  })

  test('is nobody’s own address to get anything back at', () => {
    expect(() => chain.parseAddress(scene.deployment.depositAddresses)).toThrow()
    expect(scene.adapter({ depositAddresses: undefined } as object).deposits!.addresses).toBeUndefined()
  })
})

describe('what lies at deposit addresses', () => {
  test('is seen of many at once, before anything has code there', async () => {
    const deposits = Array.from({ length: 130 }, () => own())
    await bring(deposits[3]!, 7n)
    await bring(deposits[129]!)
    await scene.client.setBalance({ address: addresses().addressOf(deposits[5]!) as Hex, value: 9n })
    const holdings = await addresses().look(deposits)
    expect(holdings).toHaveLength(130)
    expect(holdings[3]).toEqual({
      escrow: 'none',
      balances: [
        { token: chain.tokenAddress('USDC'), units: 7n },
        { token: 'native', units: 0n },
      ],
    })
    expect([unitsOf(holdings[5]!), unitsOf(holdings[129]!), unitsOf(holdings[0]!)]).toEqual([
      [0n, 9n],
      [amount, 0n],
      [0n, 0n],
    ])
  })

  test('is not made up while the chain is silent', async () => {
    scene.proxy.fault = () => 'requestLost'
    await expect(addresses().look([own()])).rejects.toMatchObject({ code: 'chain_unavailable' })
  })

  test('is locked by the operator, under one key once', async () => {
    const terms = own()
    await bring(terms, amount + 5n)
    const outcome = await lock(terms)
    expect(outcome).toMatchObject({ kind: 'done', value: { sender: scene.deployment.operator.address } })
    expect(await scene.adapter().deposits!.addresses!.lock('lock', terms)).toEqual(outcome)
    const [event] = await scene.events('Locked', terms.ref)
    expect(event?.args).toMatchObject({ id: chain.escrowId(held(terms)), payer: held(terms).payer, amount })
    expect(chain.deposits!.ids(held(terms))).toEqual([event?.args.id])
    expect(await scene.rows('select from evm_tx_versions')).toHaveLength(1)
    const [holding] = await addresses().look([terms])
    expect([holding!.escrow, unitsOf(holding!)]).toEqual(['locked', [5n, 0n]])
  })

  test('is not locked while it is too little, and nothing is stored', async () => {
    const terms = own()
    await bring(terms, amount - 1n)
    expect(await lock(terms)).toMatchObject({ kind: 'refused', code: 'NotEnough' })
    expect(await scene.rows('select from evm_txs')).toHaveLength(0)
  })

  test('reverts with its lock, and is locked by another order, when its block leaves the chain', async () => {
    const terms = own()
    const before = await scene.client.snapshot()
    await bring(terms)
    await addresses().lock('first', terms)
    await scene.client.revert({ id: before })
    // The other branch knows nothing of what was brought, but the lock, sent again, gets into it.
    await scene.mine()
    await chain.tend()
    await scene.mine(3)
    expect(await chain.find('first')).toMatchObject({ kind: 'unknown' })
    await bring(terms)
    await scene.mine(3)
    expect(await chain.find('first')).toMatchObject({ kind: 'refused', code: 'reverted' })
    expect(await lock(terms, 'second')).toMatchObject({ kind: 'done' })
    expect(await scene.events('Locked', terms.ref)).toHaveLength(1)
  })
})

describe('the way back from a deposit address', () => {
  test.each<[string, bigint]>([
    ['too little', 1n],
    ['all that was asked for', amount],
  ])('is ours before the deadline, of %s', async (_what, minor) => {
    const terms = own()
    await bring(terms, minor)
    expect(await chain.deposits!.wayBack(stray(terms))).toEqual({ kind: 'byUs' })
    expect(await giveBack(terms, 'back')).toMatchObject({ kind: 'done' })
    expect(await balance(customer.address)).toBe(minor.toString())
    expect(await chain.deposits!.wayBack(stray(terms))).toEqual({ kind: 'over' })
    expect(await giveBack(terms, 'again')).toMatchObject({ kind: 'refused', code: 'NothingToRecover' })
  })

  test('leads on from a refund of the escrow', async () => {
    const terms = own()
    await bring(terms)
    await lock(terms)
    await chain.submit({ ...scene.order('refund', held(terms)), deposit: true })
    await scene.mine()
    const [holding] = await addresses().look([terms])
    expect([holding!.escrow, unitsOf(holding!)]).toEqual(['refunded', [amount, 0n]])
    await giveBack(terms, 'back')
    expect(await balance(customer.address)).toBe(amountMinor)
  })

  test('is open to the coin of the chain, too', async () => {
    const terms = own()
    const before = await scene.client.getBalance({ address: customer.address })
    await scene.client.setBalance({ address: addresses().addressOf(terms) as Hex, value: 10n ** 18n })
    expect(await giveBack(terms, 'back', 'native')).toMatchObject({ kind: 'done' })
    expect((await scene.client.getBalance({ address: customer.address })) - before).toBe(10n ** 18n)
  })

  test('is refused by a token that would not pay the customer, and nothing is sent', async () => {
    const terms = own()
    await bring(terms)
    await scene.asIssuer('setDenied', customer.address, true)
    expect(await giveBack(terms, 'back')).toMatchObject({ kind: 'refused', code: 'DeniedAccount' })
    expect(await balance(addresses().addressOf(terms))).toBe(amountMinor)
  })

  test('is anybody’s from the deadline on', async () => {
    const terms = own()
    await bring(terms)
    await scene.client.increaseTime({ seconds: 4_000 })
    await scene.mine()
    const told = await addresses().prepare(terms)
    const fields = { ...terms, token: told.token, amount, onExpiry: 0 }
    await scene.client.writeContract({
      ...{ account: privateKeyToAccount(evmAccount(9).key), chain: null, address: scene.deployment.depositAddresses },
      ...{ abi: depositAddressesAbi, functionName: 'recover', args: [fields as never, told.token as Hex] },
    })
    await scene.mine()
    expect(await balance(customer.address)).toBe(amountMinor)
  })
})
