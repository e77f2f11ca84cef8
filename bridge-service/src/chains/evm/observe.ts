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

  const look = async (tx: EvmTx): Promise<Observation | undefined> => {
    const { key, status, inclusion } = tx
    if (inclusion) {
      // Below a height that we have seen already the node merely lags: a branch that replaces ours is at least as long.
      if (inclusion.blockNumber > head) return undefined
      if (canonical.get(inclusion.blockNumber) === inclusion.blockHash)
        return isDeep(inclusion.blockNumber) ? { key, status, inclusion, final: true } : undefined
    } else if (tx.nonce >= count && status !== 'usurped') return undefined

    const receipt = await receiptOf(rpc, tx)
    if (receipt) return fromReceipt(key, receipt, isDeep)
    const waiting: Observation = { key, status: tx.versions.length > 0 ? 'signed' : 'allocated', final: false }
    if (tx.nonce >= count) return waiting
    // Consumed, and not by us? A reorg between two questions looks the same, so both are asked once more.
    const again = await rpc.transactionCount(sender)
    const late = await receiptOf(rpc, tx)
    if (late) return fromReceipt(key, late, isDeep)
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

const fromReceipt = (key: string, receipt: Receipt, isDeep: (height: bigint) => boolean): Observation => ({
  key,
  status: receipt.succeeded ? 'included' : 'reverted',
  inclusion: { hash: receipt.hash, blockNumber: receipt.blockNumber, blockHash: receipt.blockHash },
  final: isDeep(receipt.blockNumber),
})

const differs = (tx: EvmTx, seen: Observation) =>
  tx.status !== seen.status ||
  tx.inclusion?.hash !== seen.inclusion?.hash ||
  tx.inclusion?.blockHash !== seen.inclusion?.blockHash
