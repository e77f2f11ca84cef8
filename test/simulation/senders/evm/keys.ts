import { type Hex, pad, parseTransaction, serializeTransaction } from 'viem'
import type { EvmKeys } from '../../../../bridge-service/src/chains/evm/keys.ts'
import { treasury } from '../../chain/escrow.ts'

/** Commits, releases and refunds. */
export const operator = `0x${'44'.repeat(20)}` as const

/** Real bytes, and a signature that is only a name: nobody forges one in these worlds, and a real one costs more than all else of a call. */
export const namedKeys: EvmKeys = {
  treasury: treasury as Hex,
  operator,
  sign: async (sender, request) => serializeTransaction(request, { r: pad(sender), s: pad('0x01'), yParity: 0 }),
}

/** What a node reads in signed bytes. */
export type SignedCall = {
  readonly sender: Hex
  readonly nonce: number
  readonly to: Hex
  readonly data: Hex
  readonly maxFeeWei: bigint
  readonly tipWei: bigint
}

export const readSigned = (raw: Hex): SignedCall => {
  const tx = parseTransaction(raw as `0x02${string}`)
  return {
    sender: `0x${tx.r!.slice(-40)}`,
    nonce: tx.nonce ?? 0,
    to: tx.to!,
    data: tx.data!,
    maxFeeWei: tx.maxFeePerGas ?? 0n,
    tipWei: tx.maxPriorityFeePerGas ?? 0n,
  }
}
