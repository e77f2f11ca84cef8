import type { Call, Rpc } from './rpc.ts'

type Hex = `0x${string}`

/** As the node gives them. */
export type WireBlock = { readonly number: Hex; readonly hash: Hex; readonly parentHash: Hex; readonly timestamp: Hex } & Record<
  string,
  unknown
>
export type WireLog = {
  readonly address: Hex
  readonly topics: readonly Hex[]
  readonly data: Hex
  readonly blockNumber: Hex
  readonly blockHash: Hex
  readonly transactionHash: Hex
  readonly logIndex: Hex
} & Record<string, unknown>

/** A block that was canonical once, with the escrow's logs in it. */
export type Seen = {
  readonly number: number
  readonly hash: Hex
  readonly parentHash: Hex
  readonly block: WireBlock
  readonly logs: readonly WireLog[]
  readonly receipts: readonly unknown[]
}

/** Everything that was ever canonical, on whichever branch, whether anybody looked or not. */
export type History = {
  readonly byHash: ReadonlyMap<string, Seen>
  /** Reads these heights from the node, which has just mined them; gives the newest. */
  readonly record: (from: number, to: number) => Promise<Seen>
  /** From this block down to the first recorded one, newest first. */
  readonly pathFrom: (hash: string) => Generator<Seen>
}

export const historyOf = (node: Rpc, escrow: () => string): History => {
  const byHash = new Map<string, Seen>()
  return {
    byHash,
    record: async (from, to) => {
      const numbers = Array.from({ length: to - from + 1 }, (_, i) => hex(from + i))
      const blocks: WireBlock[] = await node.many(numbers.map((number): Call => ['eth_getBlockByNumber', number, false]))
      const full = blocks.filter(block => (block.transactions as unknown[]).length > 0)
      const receipts = await node.many(full.map(({ number }): Call => ['eth_getBlockReceipts', number]))
      for (const block of blocks) {
        const at = full.indexOf(block)
        const own: { logs: WireLog[] }[] = at < 0 ? [] : receipts[at]
        const logs = own.flatMap(receipt => receipt.logs).filter(log => log.address.toLowerCase() === escrow().toLowerCase())
        byHash.set(block.hash, {
          ...{ number: Number(block.number), hash: block.hash, parentHash: block.parentHash },
          ...{ block, logs, receipts: own },
        })
      }
      return byHash.get(blocks.at(-1)!.hash)!
    },
    pathFrom: function* (hash) {
      for (let at = byHash.get(hash); at !== undefined; at = byHash.get(at.parentHash)) yield at
    },
  }
}

export const hex = (value: number): Hex => `0x${value.toString(16)}`
