import type { Address, Hex } from 'viem'
import type { EvmTerms } from './escrow-id.ts'

export const authorizationTypes = {
  ReceiveWithAuthorization: [
    { name: 'from', type: 'address' },
    { name: 'to', type: 'address' },
    { name: 'value', type: 'uint256' },
    { name: 'validAfter', type: 'uint256' },
    { name: 'validBefore', type: 'uint256' },
    { name: 'nonce', type: 'bytes32' },
  ],
} as const

export const permitTypes = {
  Permit: [
    { name: 'owner', type: 'address' },
    { name: 'spender', type: 'address' },
    { name: 'value', type: 'uint256' },
    { name: 'nonce', type: 'uint256' },
    { name: 'deadline', type: 'uint256' },
  ],
} as const

/**
 * What the payer signs so that anyone may lock these terms for him, and nothing else: the nonce is the escrow's id (see
 * `lockWithAuthorization` in contracts/interfaces/IEscrow.sol). Times in Unix seconds.
 */
export const authorizationOf = (
  terms: EvmTerms,
  { escrow, id, validAfter, validBefore }: { escrow: Address; id: Hex; validAfter: bigint; validBefore: bigint },
) => ({ from: terms.payer, to: escrow, value: terms.amount, validAfter, validBefore, nonce: id })
