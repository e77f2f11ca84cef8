import { type Address, type Hex, parseSignature } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { type EvmTerms, escrowId } from '../../../bridge-service/src/chains/evm/escrow-id.ts'
import type { Stage } from './stage.ts'

const types = {
  ReceiveWithAuthorization: [
    { name: 'from', type: 'address' },
    { name: 'to', type: 'address' },
    { name: 'value', type: 'uint256' },
    { name: 'validAfter', type: 'uint256' },
    { name: 'validBefore', type: 'uint256' },
    { name: 'nonce', type: 'bytes32' },
  ],
  Permit: [
    { name: 'owner', type: 'address' },
    { name: 'spender', type: 'address' },
    { name: 'value', type: 'uint256' },
    { name: 'nonce', type: 'uint256' },
    { name: 'deadline', type: 'uint256' },
  ],
  ReleaseAttestation: [
    { name: 'escrowId', type: 'bytes32' },
    { name: 'validUntil', type: 'uint64' },
  ],
} as const

/** Late enough for every signature here. */
export const forever = 2n ** 48n - 1n

/** What the parties sign: ERC-3009 and ERC-2612 for the token, attestations for the escrow. */
export const signaturesOn = (stage: Stage) => {
  const domains = {
    token: { name: 'Test Dollar', version: '1', chainId: stage.chainId, verifyingContract: stage.token },
    escrow: { name: 'Causeway Escrow', version: '1', chainId: stage.chainId, verifyingContract: stage.escrow },
  }
  const split = (signature: Hex) => {
    const { v, r, s } = parseSignature(signature)
    return [Number(v), r, s] as const
  }

  return {
    /** By the customer; the last three arguments of `receiveWithAuthorization`. */
    authorization: async (to: Address, value: bigint, nonce: Hex) =>
      split(
        await privateKeyToAccount(stage.customer.key).signTypedData({
          domain: domains.token,
          types,
          primaryType: 'ReceiveWithAuthorization',
          message: { from: stage.customer.address, to, value, validAfter: 0n, validBefore: forever, nonce },
        }),
      ),
    /** By the treasury, for the escrow; the last three arguments of `lockWithPermit`. */
    permit: async (value: bigint, nonce: bigint) =>
      split(
        await privateKeyToAccount(stage.treasury.key).signTypedData({
          domain: domains.token,
          types,
          primaryType: 'Permit',
          message: { owner: stage.treasury.address, spender: stage.escrow, value, nonce, deadline: forever },
        }),
      ),
    /** By all attesters, in the order that the contract wants. */
    attestations: (terms: EvmTerms) =>
      Promise.all(
        stage.attesters.map(async ({ address, key }) => {
          const validUntil = stage.refundAfter
          const signature = await privateKeyToAccount(key).signTypedData({
            domain: domains.escrow,
            types,
            primaryType: 'ReleaseAttestation',
            message: { escrowId: escrowId({ chainId: stage.chainId, escrow: stage.escrow, terms }), validUntil },
          })
          return { attester: address, validUntil, signature }
        }),
      ),
  }
}
