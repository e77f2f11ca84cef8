import { encodeFunctionData } from 'viem'
import { escrowAbi } from '../../../contracts/abi/escrow.ts'
import type { BlockRef } from '../canonical.ts'
import { IndexerError } from '../errors.ts'
import type { Hash } from '../observation.ts'
import { type Header, quantity, toHeader, word } from './header.ts'
import type { JsonRpc, RpcAnswer, RpcCall } from './json-rpc.ts'
import { type ChainLog, inOrder, toLog } from './log.ts'

/** What the indexer asks one node. Every method throws when the node is silent; what to ask again is the caller's business. */
export type EvmNode = {
  readonly rpc: JsonRpc
  readonly identity: () => Promise<{ readonly chainId: number; readonly genesisHash: Hash }>
  readonly latest: () => Promise<Header>
  readonly tags: () => Promise<{ readonly safe: BlockRef | undefined; readonly finalized: BlockRef | undefined }>
  readonly byHash: (hash: Hash) => Promise<Header | undefined>
  /** In their order; ends before the first that the node does not have. */
  readonly headers: (from: bigint, to: bigint) => Promise<Header[]>
  /** All logs of the escrow in these blocks, by block hash, in their order. */
  readonly logsOf: (blocks: readonly BlockRef[]) => Promise<ChainLog[]>
  /** All logs of the escrow in a range; only for blocks that no reorg can reach. */
  readonly logsBetween: (from: bigint, to: bigint) => Promise<ChainLog[]>
  /** The logs of the escrow in a block out of its receipts, which a broken index of logs does not touch. */
  readonly receiptLogs: (block: BlockRef) => Promise<ChainLog[]>
  /** What the contract says is locked of a token after a block; undefined where the node has no state of it. */
  readonly totalLocked: (token: string, block: BlockRef) => Promise<bigint | undefined>
  /** Whether the contract was there after a block; undefined where the node has no state of it. */
  readonly hasCode: (block: BlockRef) => Promise<boolean | undefined>
}

export const evmNode = (rpc: JsonRpc, escrow: string): EvmNode => {
  const address = escrow.toLowerCase()

  const askOne = async (method: string, ...params: unknown[]): Promise<unknown> => {
    const [answer] = await rpc.ask([{ method, params }])
    return resultOf(answer!, method)
  }

  const block = async (call: RpcCall): Promise<Header | undefined> => toBlock((await rpc.ask([call]))[0]!)

  const logs = (answer: unknown): ChainLog[] => {
    if (!Array.isArray(answer)) throw new IndexerError('node_inconsistent', { asked: 'logs', got: typeof answer })
    return answer.map(log => toLog(log, address)).sort(inOrder)
  }

  // Nodes bound what they give at once by logs, by blocks or by bytes, each in its own words: a refused range is asked for in halves.
  const logsBetween = async (from: bigint, to: bigint): Promise<ChainLog[]> => {
    const [answer] = await rpc.ask([{ method: 'eth_getLogs', params: [{ address, fromBlock: hex(from), toBlock: hex(to) }] }])
    if ('result' in answer! || from === to) return logs(resultOf(answer!, 'eth_getLogs'))
    const middle = (from + to) / 2n
    return [...(await logsBetween(from, middle)), ...(await logsBetween(middle + 1n, to))]
  }

  const receiptsOf = async ({ hash }: BlockRef): Promise<unknown[]> => {
    const [together] = await rpc.ask([{ method: 'eth_getBlockReceipts', params: [hash] }])
    if ('result' in together! && Array.isArray(together.result)) return together.result
    const whole = (await askOne('eth_getBlockByHash', hash, false)) as { transactions?: unknown } | null
    if (!Array.isArray(whole?.transactions)) throw new IndexerError('node_inconsistent', { asked: hash, got: 'no block' })
    const calls = whole.transactions.map(tx => ({ method: 'eth_getTransactionReceipt', params: [tx] }))
    return (await rpc.ask(calls)).map(answer => resultOf(answer, 'eth_getTransactionReceipt'))
  }

  return {
    rpc,
    identity: async () => {
      const [chainId, genesis] = await Promise.all([
        askOne('eth_chainId'),
        block({ method: 'eth_getBlockByNumber', params: ['0x0', false] }),
      ])
      if (!genesis) throw new IndexerError('node_inconsistent', { asked: 'the genesis block', got: null })
      return { chainId: Number(quantity(chainId)), genesisHash: genesis.hash }
    },
    latest: async () => toHeader(await askOne('eth_getBlockByNumber', 'latest', false)),
    tags: async () => {
      const calls = ['safe', 'finalized'].map(tag => ({ method: 'eth_getBlockByNumber', params: [tag, false] }))
      const [safe, finalized] = (await rpc.ask(calls)).map(toBlock)
      return { safe, finalized }
    },
    byHash: hash => block({ method: 'eth_getBlockByHash', params: [hash, false] }),
    headers: async (from, to) => {
      const calls = Array.from({ length: Number(to - from) + 1 }, (_, i) => ({
        method: 'eth_getBlockByNumber',
        params: [hex(from + BigInt(i)), false],
      }))
      const found = (await rpc.ask(calls)).map(toBlock)
      const missing = found.indexOf(undefined)
      const there = (missing < 0 ? found : found.slice(0, missing)) as Header[]
      if (there.some((header, i) => header.number !== from + BigInt(i)))
        throw new IndexerError('node_inconsistent', { asked: `blocks from ${from}`, got: 'blocks of other numbers' })
      return there
    },
    logsOf: async blocks => {
      const calls = blocks.map(({ hash }) => ({ method: 'eth_getLogs', params: [{ address, blockHash: hash }] }))
      const answers = await rpc.ask(calls)
      return answers.flatMap((answer, i) => {
        const found = logs(resultOf(answer, 'eth_getLogs'))
        if (found.some(log => log.blockHash !== blocks[i]!.hash))
          throw new IndexerError('node_inconsistent', { asked: blocks[i]!.hash, got: 'logs of another block' })
        return found
      })
    },
    logsBetween,
    receiptLogs: async wanted => {
      const receipts = (await receiptsOf(wanted)) as ({ logs?: unknown; blockHash?: unknown } | null)[]
      return receipts
        .flatMap(receipt => {
          if (receipt === null || !Array.isArray(receipt.logs) || word(receipt.blockHash) !== wanted.hash)
            throw new IndexerError('node_inconsistent', { asked: `receipts of ${wanted.hash}`, got: 'others' })
          return receipt.logs as { address?: unknown }[]
        })
        .filter(log => String(log.address).toLowerCase() === address)
        .map(log => toLog(log, address))
        .sort(inOrder)
    },
    totalLocked: async (token, { hash }) => {
      const data = encodeFunctionData({ abi: escrowAbi, functionName: 'totalLocked', args: [token as Hash] })
      const [answer] = await rpc.ask([{ method: 'eth_call', params: [{ to: address, data }, { blockHash: hash }] }])
      return 'result' in answer! && typeof answer.result === 'string' && answer.result.length === 66
        ? BigInt(answer.result)
        : undefined
    },
    hasCode: async ({ hash }) => {
      const [answer] = await rpc.ask([{ method: 'eth_getCode', params: [address, { blockHash: hash }] }])
      return 'result' in answer! && typeof answer.result === 'string' ? answer.result.length > 2 : undefined
    },
  }
}

const hex = (number: bigint): string => `0x${number.toString(16)}`

// "There is no such block" is an answer, given as null or, for a tag that the chain lacks, as one of these errors (-39001 is the Engine
// API's unknown block). Everything else is the node being unwell.
const absentCodes = new Set([-32000, -32001, -32602, -39001])

const toBlock = (answer: RpcAnswer): Header | undefined => {
  if ('refusal' in answer && absentCodes.has(answer.refusal.code)) return undefined
  const result = resultOf(answer, 'a block')
  return result === null ? undefined : toHeader(result)
}

const resultOf = (answer: RpcAnswer, asked: string): unknown => {
  if ('refusal' in answer) throw new IndexerError('rpc_refused', { asked, ...answer.refusal })
  return answer.result
}
