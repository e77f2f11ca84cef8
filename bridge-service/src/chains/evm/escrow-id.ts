import { type Address, getAddress, type Hex, hashTypedData } from 'viem'
import type { HoldTerms } from '../chain.ts'

/** The contract's struct `Terms`, as viem encodes it. */
export type EvmTerms = {
  readonly ref: Hex
  readonly token: Address
  readonly payer: Address
  readonly payee: Address
  /** Minor units of the token. */
  readonly amount: bigint
  /** Unix seconds. */
  readonly refundAfter: bigint
  /** Unix seconds. */
  readonly hardDeadline: bigint
  /** `OnExpiry` of the contract: 0 refunds, 1 releases. */
  readonly onExpiry: 0 | 1
}

const types = {
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

/**
 * The id that the escrow of these terms has on chain, the same as the contract's `escrowIdOf`: the EIP-712 hash of the terms under the
 * domain (Causeway Escrow, 1, chain id, contract). Known before anything is sent.
 */
export const escrowId = ({ chainId, escrow, terms }: { chainId: number; escrow: Address; terms: EvmTerms }): Hex =>
  hashTypedData({
    domain: { name: 'Causeway Escrow', version: '1', chainId, verifyingContract: escrow },
    types,
    primaryType: 'Terms',
    message: terms,
  })

/** The port's terms as the contract takes them; `token` is the contract address of `hold.currency` on this chain. */
export const evmTerms = (hold: HoldTerms, token: Address): EvmTerms => ({
  ref: hold.ref,
  token: getAddress(token),
  payer: getAddress(hold.payer),
  payee: getAddress(hold.payee),
  amount: BigInt(hold.amountMinor),
  refundAfter: BigInt(hold.refundAfter),
  hardDeadline: BigInt(hold.hardDeadline),
  onExpiry: hold.onExpiry === 'release' ? 1 : 0,
})
