import { type Address, encodeFunctionData, erc20Abi, type Hex } from 'viem'
import { escrowAbi } from '../../../../contracts/abi/escrow.ts'
import type { EvmInstructions, TypedData } from '../deposits.ts'
import type { EvmTerms } from './escrow-id.ts'
import type { Rpc } from './rpc.ts'
import { permitNonce, type TokenSigning } from './token-signing.ts'
import { authorizationOf, authorizationTypes, permitTypes } from './typed-deposit.ts'

export type DepositToPrepare = {
  readonly rpc: Rpc
  readonly escrow: Address
  readonly id: Hex
  readonly terms: EvmTerms
  readonly signing: TokenSigning | undefined
  /** Unix seconds: what is signed is good until then. */
  readonly dueAt: number
}

/** The three ways into the escrow: approve and lock, permit and lock, or a signature that we send. Throws `chain_unavailable`. */
export const prepareDeposit = async ({ rpc, escrow, id, terms, signing, dueAt }: DepositToPrepare): Promise<EvmInstructions> => {
  const deadline = BigInt(dueAt)
  const window = { escrow, id, validAfter: 0n, validBefore: deadline }
  const permit = async () => ({
    owner: terms.payer,
    spender: escrow,
    value: terms.amount,
    nonce: await permitNonce(rpc, terms.token, terms.payer),
    deadline,
  })
  return {
    kind: 'evm',
    escrowId: id,
    escrow,
    token: terms.token,
    terms: plain(terms),
    approve: {
      to: terms.token,
      data: encodeFunctionData({ abi: erc20Abi, functionName: 'approve', args: [escrow, terms.amount] }),
    },
    lock: { to: escrow, data: encodeFunctionData({ abi: escrowAbi, functionName: 'lock', args: [terms] }) },
    authorization: signing?.authorizations ? typed(signing, authorizationTypes, authorizationOf(terms, window)) : null,
    permit: signing?.permits ? typed(signing, permitTypes, await permit()) : null,
  }
}

const typed = ({ domain }: TokenSigning, types: TypedData['types'], message: Record<string, string | bigint>): TypedData => ({
  domain: plain(domain) as TypedData['domain'],
  types,
  primaryType: Object.keys(types)[0]!,
  message: plain(message) as TypedData['message'],
})

const plain = (values: object): Record<string, string | number> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, typeof value === 'bigint' ? value.toString() : value]))
