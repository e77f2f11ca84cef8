import type { Hash, Hex } from 'viem'
import type { Receipt, Rpc } from './rpc.ts'
import type { EvmTx, Observation } from './tx-store.ts'

/** The chain at the beginning of a turn: its height, and the next nonce that it waits for. */
export type ChainState = { readonly head: bigint; readonly count: number }

/** What has changed on chain for these transactions of one sender. */
export const observe = async (
  rpc: Rpc,
  sender: Hex,
  txs: readonly EvmTx[],
  { head, count }: ChainState,
  finalityDepth: number,
): Promise<Observation[]> => {
  // One look per block, not per transaction: where the block still stands, so does everything in it.
  const heights = [...new Set(txs.flatMap(tx => tx.inclusion?.blockNumber ?? []))].filter(height => height <= head)
  const canonical = new Map<bigint, Hash | undefined>(
    await Promise.all(heights.map(async height => [height, await rpc.blockHash(height)] as const)),
  )
  const isDeep = (height: bigint) => height + BigInt(finalityDepth) <= head

  // A node may still show the receipt of a block that has left the chain: nothing is final by its number alone.
  const seenIn = async (key: string, receipt: Receipt): Promise<Observation> => ({
    key,
    status: receipt.succeeded ? 'included' : 'reverted',
    inclusion: { hash: receipt.hash, blockNumber: receipt.blockNumber, blockHash: receipt.blockHash },
    final: isDeep(receipt.blockNumber) && (await stands(rpc, receipt)),
  })

  const look = async (tx: EvmTx): Promise<Observation | undefined> => {
    const { key, status, inclusion } = tx
    if (inclusion) {
      // Below a height that we have seen already the node merely lags: a branch that replaces ours is at least as long.
      if (inclusion.blockNumber > head) return undefined
      if (canonical.get(inclusion.blockNumber) === inclusion.blockHash)
        return isDeep(inclusion.blockNumber) ? { key, status, inclusion, final: true } : undefined
    } else if (tx.nonce >= count && status !== 'usurped') return undefined

    const receipt = await receiptOf(rpc, tx)
    if (receipt) return seenIn(key, receipt)
    const waiting: Observation = { key, status: tx.versions.length > 0 ? 'signed' : 'allocated', final: false }
    if (tx.nonce >= count) return waiting
    // Consumed, and not by us? A reorg between two questions looks the same, so both are asked once more.
    const again = await rpc.transactionCount(sender)
    const late = await receiptOf(rpc, tx)
    if (late) return seenIn(key, late)
    if (again <= tx.nonce) return waiting
    return { key, status: 'usurped', final: false }
  }

  const changes: Observation[] = []
  for (let first = 0; first < txs.length; first += parallel) {
    const chunk = txs.slice(first, first + parallel)
    for (const [index, seen] of (await Promise.all(chunk.map(look))).entries())
      if (seen && (seen.final || differs(chunk[index]!, seen))) changes.push(seen)
  }
  return changes
}

const parallel = 20

const receiptOf = async (rpc: Rpc, tx: EvmTx) => rpc.receipt(tx.versions.map(version => version.hash))

/** Whether the block of a receipt is still where it was. */
export const stands = async (rpc: Rpc, { blockNumber, blockHash }: Receipt): Promise<boolean> =>
  (await rpc.blockHash(blockNumber)) === blockHash

const differs = (tx: EvmTx, seen: Observation) =>
  tx.status !== seen.status ||
  tx.inclusion?.hash !== seen.inclusion?.hash ||
  tx.inclusion?.blockHash !== seen.inclusion?.blockHash
