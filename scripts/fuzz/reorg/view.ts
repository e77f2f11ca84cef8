import type { RpcAnswer, RpcCall } from '../../../test/support/rpc-proxy.ts'
import { type History, hex, type Seen } from './history.ts'

/** What a node answers whose newest block is this one of the history: one that lags, or that is (still, or again) on another branch. */
export const viewFrom = (history: History, tipHash: string, slotsInAnEpoch: number, call: RpcCall): RpcAnswer | undefined => {
  const { method, params } = call
  const path = () => [...history.pathFrom(tipHash)]
  const atHeight = (number: number): Seen | undefined => {
    for (const seen of history.pathFrom(tipHash)) if (seen.number === number) return seen
    return undefined
  }
  const byHash = (hash: unknown): Seen | undefined => {
    const seen = history.byHash.get(String(hash))
    return seen && atHeight(seen.number)?.hash === seen.hash ? seen : undefined
  }
  const byTag = (tag: unknown): Seen | undefined => {
    const tip = history.byHash.get(tipHash)!
    if (tag === 'latest' || tag === 'pending') return tip
    if (tag === 'safe') return atHeight(Math.max(0, tip.number - slotsInAnEpoch))
    if (tag === 'finalized') return atHeight(Math.max(0, tip.number - 2 * slotsInAnEpoch))
    return atHeight(tag === 'earliest' ? 0 : Number(tag))
  }
  const absent: RpcAnswer = { error: { code: -32000, message: 'unknown block' } }

  switch (method) {
    case 'eth_chainId':
    case 'net_version':
      return undefined
    case 'eth_blockNumber':
      return { result: hex(history.byHash.get(tipHash)!.number) }
    case 'eth_getBlockByNumber':
      return { result: byTag(params[0])?.block ?? null }
    case 'eth_getBlockByHash':
      return { result: byHash(params[0])?.block ?? null }
    case 'eth_getLogs': {
      const filter = params[0] as { blockHash?: string; fromBlock?: string; toBlock?: string }
      if (filter.blockHash !== undefined) {
        const seen = byHash(filter.blockHash)
        return seen ? { result: seen.logs } : absent
      }
      const [from, to] = [byTag(filter.fromBlock), byTag(filter.toBlock)]
      if (!from || !to) return absent
      const within = path().filter(({ number }) => number >= from.number && number <= to.number)
      return { result: within.reverse().flatMap(({ logs }) => logs) }
    }
    case 'eth_getBlockReceipts': {
      const seen = String(params[0]).length === 66 ? byHash(params[0]) : byTag(params[0])
      return seen ? { result: seen.receipts } : absent
    }
    case 'eth_getTransactionReceipt': {
      const all = path().flatMap(({ receipts }) => receipts as { transactionHash: string }[])
      return { result: all.find(({ transactionHash }) => transactionHash === params[0]) ?? null }
    }
    default:
      return { error: { code: -32000, message: 'missing trie node' } }
  }
}
