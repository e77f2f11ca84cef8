import fc from 'fast-check'
import { type Address, getAddress, type Hex, hashTypedData, zeroAddress } from 'viem'
import { beforeAll, expect, test } from 'vitest'
import { type EvmTerms, escrowId, evmTerms } from '../../bridge-service/src/chains/evm/escrow-id.ts'
import { eip712Domain } from '../support/eip712-domain.ts'
import { escrowChain } from '../support/escrow-chain.ts'

const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31))
const hex = (bytes: number) =>
  fc.uint8Array({ minLength: bytes, maxLength: bytes }).map(b => `0x${Buffer.from(b).toString('hex')}` as Hex)
// As the interface's documentation spells them, and not from the twin under test.
const termsTypes = {
  Terms: [
    { name: 'ref', type: 'bytes32' },
    { name: 'token', type: 'address' },
    { name: 'payer', type: 'address' },
    { name: 'payee', type: 'address' },
    { name: 'amount', type: 'uint256' },
    { name: 'refundAfter', type: 'uint64' },
    { name: 'hardDeadline', type: 'uint64' },
    { name: 'onExpiry', type: 'uint8' },
  ],
} as const
const address = hex(20).map(text => getAddress(text))
const anyTerms: fc.Arbitrary<EvmTerms> = fc.record({
  ref: hex(32),
  token: address,
  payer: address,
  payee: address,
  amount: fc.bigInt({ min: 0n, max: 2n ** 256n - 1n }),
  refundAfter: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  hardDeadline: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  onExpiry: fc.constantFrom(0 as const, 1 as const),
})

let onChain: (terms: EvmTerms) => Promise<Hex>
let client: Awaited<ReturnType<typeof escrowChain>>['client']
let escrow: Address
const chainId = 31_337

beforeAll(async () => {
  console.log(`escrow-id.test.ts: SEED=${seed}`)
  const chain = await escrowChain()
  client = chain.client
  escrow = chain.escrow.address
  onChain = terms => client.readContract({ ...chain.escrow, functionName: 'escrowIdOf', args: [terms] })
})

test('the id is the one that the contract computes, whatever the terms', async () => {
  const same = fc.asyncProperty(anyTerms, async terms => {
    expect(escrowId({ chainId, escrow, terms })).toBe(await onChain(terms))
  })
  await fc.assert(same, { seed, numRuns: 200 })
})

test('the domain that the contract publishes (EIP-5267) gives the same ids', async () => {
  const domain = await eip712Domain(client, escrow)
  expect(domain).toEqual({ name: 'Causeway Escrow', version: '1', chainId, verifyingContract: escrow })
  for (const terms of fc.sample(anyTerms, { seed, numRuns: 20 }))
    expect(hashTypedData({ domain, types: termsTypes, primaryType: 'Terms', message: terms })).toBe(await onChain(terms))
})

test('another chain or another contract gives another id', async () => {
  const [terms] = fc.sample(anyTerms, { seed, numRuns: 1 })
  const id = await onChain(terms!)
  expect(escrowId({ chainId: chainId + 1, escrow, terms: terms! })).not.toBe(id)
  expect(escrowId({ chainId, escrow: zeroAddress, terms: terms! })).not.toBe(id)
})

test("the port's terms map to the struct, exact beyond 2^53", () => {
  const token = '0x1111111111111111111111111111111111111111'
  const hold = {
    ref: `0x${'ab'.repeat(32)}`,
    currency: 'USDC',
    amountMinor: '900719925474099312345',
    payer: '0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266',
    payee: '0x70997970C51812dc3A010C7d01b50e0d17dc79C8',
    refundAfter: 1_800_000_000,
    hardDeadline: 1_800_003_600,
    onExpiry: 'release',
  } as const
  expect(evmTerms(hold, token)).toEqual({
    ref: hold.ref,
    token,
    payer: '0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266',
    payee: hold.payee,
    amount: 900719925474099312345n,
    refundAfter: 1_800_000_000n,
    hardDeadline: 1_800_003_600n,
    onExpiry: 1,
  })
  expect(evmTerms({ ...hold, onExpiry: 'refund' }, token).onExpiry).toBe(0)
})
