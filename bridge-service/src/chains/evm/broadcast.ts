import type { Hex } from 'viem'
import { isSilence, reasonOf } from './failure.ts'
import type { Rpc } from './rpc.ts'

/**
 * A node's answer to a broadcast. All of it is advice: a node may accept and forget, or say "nonce too low" of a transaction that it
 * has just mined. `held`: it has the transaction, now or already.
 */
export type BroadcastAnswer = { readonly kind: 'held' | 'nonceTooLow' | 'rejected' | 'silent'; readonly detail: string }

export const broadcast = async (rpc: Rpc, raw: Hex): Promise<BroadcastAnswer> => {
  try {
    await rpc.send(raw)
    return { kind: 'held', detail: 'accepted' }
  } catch (error) {
    const detail = reasonOf(error)
    return { kind: isSilence(error) ? 'silent' : kindOf(detail), detail }
  }
}

/** Each client words it in its own way: geth, Erigon, Nethermind, Besu, Reth, Hardhat, Anvil. */
export const kindOf = (message: string): 'held' | 'nonceTooLow' | 'rejected' => {
  if (/already ?known|already_exists|known transaction|already imported/i.test(message)) return 'held'
  return /nonce (is )?too low|old ?nonce|nonce_too_low/i.test(message) ? 'nonceTooLow' : 'rejected'
}
