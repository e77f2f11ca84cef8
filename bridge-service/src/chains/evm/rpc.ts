import {
  type Address,
  BlockNotFoundError,
  createPublicClient,
  type Hash,
  type Hex,
  type PublicClient,
  TransactionReceiptNotFoundError,
  type Transport,
} from 'viem'
import { unavailable } from './failure.ts'
import type { Market } from './fees.ts'

export type Receipt = {
  readonly hash: Hash
  readonly blockNumber: bigint
  readonly blockHash: Hash
  readonly succeeded: boolean
}

/** What the sender asks of a node. Every read throws `chain_unavailable` when the node gives no answer. */
export type Rpc = {
  readonly client: PublicClient
  readonly chainId: () => Promise<number>
  readonly market: () => Promise<Market & { readonly head: bigint }>
  readonly head: () => Promise<bigint>
  readonly blockHash: (height: bigint) => Promise<Hash | undefined>
  /** Transactions of the sender that the newest block knows; so it is the next nonce to be mined. */
  readonly transactionCount: (sender: Address) => Promise<number>
  /** The receipt of whichever of these versions is included. */
  readonly receipt: (hashes: readonly Hash[]) => Promise<Receipt | undefined>
  readonly gasBalance: (sender: Address) => Promise<bigint>
  readonly send: (raw: Hex) => Promise<unknown>
}

/** The transport must not retry: every caller comes again by itself, and a broadcast is repeated from the stored bytes. */
export const evmRpc = (transport: Transport): Rpc => {
  const client = createPublicClient({ transport })
  const receiptOf = async (hash: Hash): Promise<Receipt | undefined> => {
    try {
      const { blockNumber, blockHash, status } = await client.getTransactionReceipt({ hash })
      return { hash, blockNumber, blockHash, succeeded: status === 'success' }
    } catch (error) {
      if (error instanceof TransactionReceiptNotFoundError) return undefined
      throw error
    }
  }
  const blockHash = async (height: bigint) => {
    try {
      return (await client.getBlock({ blockNumber: height })).hash
    } catch (error) {
      if (error instanceof BlockNotFoundError) return undefined
      throw error
    }
  }
  const market = async () => {
    const [block, priorityFeePerGas] = await Promise.all([client.getBlock(), client.estimateMaxPriorityFeePerGas()])
    return { head: block.number, baseFeePerGas: block.baseFeePerGas ?? 0n, priorityFeePerGas }
  }
  return {
    client,
    chainId: () => answered(client.getChainId()),
    market: () => answered(market()),
    head: () => answered(client.getBlock().then(block => block.number)),
    blockHash: height => answered(blockHash(height)),
    transactionCount: address => answered(client.getTransactionCount({ address, blockTag: 'latest' })),
    receipt: hashes =>
      answered(Promise.all(hashes.map(receiptOf)).then(receipts => receipts.find(receipt => receipt !== undefined))),
    gasBalance: address => answered(client.getBalance({ address })),
    send: raw => client.sendRawTransaction({ serializedTransaction: raw }),
  }
}

const answered = async <T>(reading: Promise<T>): Promise<T> => {
  try {
    return await reading
  } catch (error) {
    throw unavailable(error)
  }
}
