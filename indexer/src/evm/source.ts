import { BaseError, BlockNotFoundError, createPublicClient, http, type Log, RpcRequestError } from 'viem'
import type { Block, BlockRef } from '../canonical.ts'
import { IndexerError } from '../errors.ts'
import type { Tags } from '../finality.ts'
import type { Hash } from '../observation.ts'

/** A block without its transactions. */
export type Header = Block & { readonly logsBloom: Hash | undefined }

/** A log of a sealed block. */
export type ChainLog = {
  readonly blockHash: Hash
  readonly blockNumber: bigint
  readonly txHash: Hash
  readonly logIndex: number
  readonly topics: Log['topics']
  readonly data: Hash
}

/** What the indexer asks a node. Every method throws when the node is silent, and the caller tries again later. */
export type Source = {
  readonly chainId: () => Promise<number>
  /** The node's newest block, and after it the tags. */
  readonly head: () => Promise<{ latest: Header; tags: Tags }>
  readonly byNumber: (number: bigint) => Promise<Header | undefined>
  readonly byHash: (hash: Hash) => Promise<Header | undefined>
  /** All logs of the escrow in one block, in their order. */
  readonly logsOf: (block: BlockRef) => Promise<ChainLog[]>
  /** All logs of the escrow in a range; only for blocks that no reorg can reach. */
  readonly logsBetween: (from: bigint, to: bigint) => Promise<ChainLog[]>
}

/** A node over JSON-RPC. Retrying is the follower's business: it alone knows what is worth asking again. */
export const evmSource = (config: { rpcUrl: string; escrow: string; rpcTimeoutMs: number; signal?: AbortSignal }): Source => {
  // Our own time limit, because viem's ends with the headers: a node that stalls in the body would hold us for ever.
  const fetchFn = (input: Parameters<typeof fetch>[0], init?: RequestInit) => {
    const limits = [AbortSignal.timeout(config.rpcTimeoutMs), ...(config.signal ? [config.signal] : [])]
    return fetch(input, { ...init, signal: AbortSignal.any(limits) })
  }
  const client = createPublicClient({
    transport: http(config.rpcUrl, { retryCount: 0, timeout: 0, fetchFn }),
  })
  const address = config.escrow as Hash

  const read = async (params: { blockTag: 'latest' | 'safe' | 'finalized' } | { blockNumber: bigint } | { blockHash: Hash }) =>
    toHeader(await client.getBlock({ ...params, includeTransactions: false }))

  const tag = (blockTag: 'safe' | 'finalized') => orNothing(read({ blockTag }))

  return {
    chainId: () => client.getChainId(),
    head: async () => {
      const latest = await read({ blockTag: 'latest' })
      const [safe, finalized] = await Promise.all([tag('safe'), tag('finalized')])
      return { latest, tags: { latest, safe, finalized } }
    },
    byNumber: number => orNothing(read({ blockNumber: number })),
    byHash: hash => orNothing(read({ blockHash: hash })),
    logsOf: async block => {
      const logs = (await client.getLogs({ address, blockHash: block.hash })).map(toLog)
      if (logs.some(log => log.blockHash !== block.hash)) throw new IndexerError('node_inconsistent', { asked: block.hash })
      return logs.sort(inOrder)
    },
    logsBetween: async (from, to) => (await client.getLogs({ address, fromBlock: from, toBlock: to })).map(toLog).sort(inOrder),
  }
}

// "There is no such block" is an answer, given as null or, for a tag that the chain lacks, as one of these errors (-39001 is the Engine
// API's unknown block). Everything else, a rate limit too, is the node being unwell.
const absentCodes = new Set([-32000, -32001, -32602, -39001])

const orNothing = async (reading: Promise<Header>): Promise<Header | undefined> => {
  try {
    return await reading
  } catch (error) {
    if (error instanceof BlockNotFoundError) return undefined
    const answer = error instanceof BaseError ? error.walk(cause => cause instanceof RpcRequestError) : undefined
    if (answer instanceof RpcRequestError && absentCodes.has(answer.code)) return undefined
    throw error
  }
}

type RpcBlock = {
  number: bigint | null
  hash: Hash | null
  parentHash: Hash
  timestamp: bigint
  logsBloom: Hash | null
}

const toHeader = ({ number, hash, parentHash, timestamp, logsBloom }: RpcBlock): Header => {
  if (number === null || hash === null)
    throw new IndexerError('node_inconsistent', { asked: 'a sealed block', got: 'a pending one' })
  return { number, hash, parentHash, time: timestamp, logsBloom: logsBloom ?? undefined }
}

const toLog = (log: Log): ChainLog => {
  const { blockHash, blockNumber, transactionHash, logIndex, removed } = log
  if (removed || blockHash === null || blockNumber === null || transactionHash === null || logIndex === null)
    throw new IndexerError('node_inconsistent', { asked: 'logs of sealed blocks', got: 'a pending or removed one' })
  return { blockHash, blockNumber, txHash: transactionHash, logIndex, topics: log.topics, data: log.data }
}

const inOrder = (a: ChainLog, b: ChainLog) =>
  a.blockNumber === b.blockNumber ? a.logIndex - b.logIndex : a.blockNumber < b.blockNumber ? -1 : 1
