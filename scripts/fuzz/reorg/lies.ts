import { keccak256, toHex } from 'viem'
import type { RpcCall } from '../../../test/support/rpc-proxy.ts'
import type { ForkingChain } from './chain.ts'
import type { Lies } from './endpoint.ts'
import { hex, type WireBlock, type WireLog } from './history.ts'
import type { Random } from './random.ts'
import { viewFrom } from './view.ts'

type Hex = `0x${string}`
type Receipt = { readonly logs: WireLog[] } & Record<string, unknown>

export const lieNames = [
  'drops',
  'hides',
  'forges',
  'alters',
  'renames',
  'stuck',
  'lags',
  'finalizes',
  'boasts',
  'miscounts',
  'deaf',
] as const
export type LieName = (typeof lieNames)[number]

type Stage = {
  readonly chain: ForkingChain
  readonly random: Random
  readonly slotsInAnEpoch: number
  /** Tips of branches that were left. */
  readonly formerTips: readonly string[]
  readonly onLie: () => void
}

/**
 * A dishonest endpoint, which tells the same lie to whoever asks, and asks again:
 * it drops some logs, or all and the blooms with them; forges or alters logs; renames blocks from some height on; is stuck on a branch that
 * was left; lags; calls its head final; boasts of blocks that nobody has; miscounts what the contract holds; or denies every block.
 */
export const liesOf = (name: LieName, stage: Stage): Lies => {
  const { chain, random, slotsInAnEpoch, onLie } = stage
  const salt = random.hex(8)
  const told = <T>(lie: T): T => {
    onLie()
    return lie
  }
  const struck = (log: WireLog) =>
    Number(keccak256(`${salt}${log.blockHash.slice(2)}${log.logIndex.slice(2).padStart(2, '0')}`).slice(0, 4)) % 2 === 0

  switch (name) {
    case 'drops':
      return aboutLogs(logs => logs.filter(log => !struck(log)), told)
    case 'hides':
      return { distort: (call, result) => told(withoutBloom(distortLogs(() => [], call, result))) }
    case 'forges':
      return aboutLogs(logs => logs.flatMap(log => (struck(log) ? [log, forged(log, salt)] : [log])), told)
    case 'alters':
      return aboutLogs(logs => logs.map(log => (struck(log) ? { ...log, data: altered(log.data) } : log)), told)
    case 'renames': {
      // The genesis keeps its name: who changes that is of another chain, and for a minute nobody asks him again.
      const from = Math.max(1, chain.tip().number - random.between(0, 5))
      const name = (hash: unknown, number: number) => (number >= from ? keccak256(`${salt}${String(hash).slice(2)}`) : hash)
      return { distort: (call, result) => (isBlock(call, result) ? told(renamed(result as WireBlock, name)) : result) }
    }
    case 'stuck': {
      if (stage.formerTips.length === 0) return liesOf('lags', stage)
      const branch = random.pick(stage.formerTips)
      return { inPlace: call => told(viewFrom(chain.history, branch, slotsInAnEpoch, call)) }
    }
    case 'lags': {
      const blocks = random.between(1, 40)
      return {
        inPlace: call => {
          const path = [...chain.history.pathFrom(chain.tip().hash)]
          return told(viewFrom(chain.history, path[Math.min(blocks, path.length - 1)]!.hash, slotsInAnEpoch, call))
        },
      }
    }
    case 'finalizes':
      return {
        inPlace: ({ method, params }) =>
          method === 'eth_getBlockByNumber' && ['safe', 'finalized'].includes(String(params[0]))
            ? told({ result: [...chain.history.pathFrom(chain.tip().hash)][1]?.block ?? null })
            : undefined,
      }
    case 'boasts':
      return {
        distort: (call, result) =>
          call.params[0] === 'latest' && isBlock(call, result) ? told(boasted(result as WireBlock, salt)) : result,
      }
    case 'miscounts':
      return {
        distort: ({ method }, result) =>
          method === 'eth_call' ? told(`0x${(BigInt(result as Hex) + 1n).toString(16).padStart(64, '0')}`) : result,
      }
    case 'deaf':
      return { inPlace: ({ method }) => (/^eth_getBlockBy/.test(method) ? told({ result: null }) : undefined) }
  }
}

const isBlock = ({ method }: RpcCall, result: unknown) => /^eth_getBlockBy/.test(method) && result !== null

const aboutLogs = (change: (logs: readonly WireLog[]) => WireLog[], told: <T>(lie: T) => T): Lies => ({
  distort: (call, result) => told(distortLogs(change, call, result)),
})

/** The same in receipts, as a liar who does not contradict himself. */
const distortLogs = (change: (logs: readonly WireLog[]) => WireLog[], { method }: RpcCall, result: unknown): unknown => {
  const ofReceipt = (receipt: Receipt): Receipt => ({ ...receipt, logs: change(receipt.logs) })
  if (method === 'eth_getLogs') return change(result as WireLog[])
  if (method === 'eth_getBlockReceipts' && result !== null) return (result as Receipt[]).map(ofReceipt)
  if (method === 'eth_getTransactionReceipt' && result !== null) return ofReceipt(result as Receipt)
  return result
}

const emptyBloom = `0x${'00'.repeat(256)}`
const withoutBloom = (result: unknown) =>
  result instanceof Object && 'logsBloom' in result ? { ...result, logsBloom: emptyBloom } : result

/** The same event under a transaction and a ref that never were. */
const forged = (log: WireLog, salt: Hex): WireLog => ({
  ...log,
  topics: log.topics.map((topic, i) => (i === 1 || i === 2 ? keccak256(`${salt}${topic.slice(2)}`) : topic)),
  transactionHash: keccak256(`${salt}${log.transactionHash.slice(2)}`),
  logIndex: hex(Number(log.logIndex) + 50),
})

/** One bit of its first word: another party, or another number. */
const altered = (data: Hex): Hex => {
  const at = 65
  return data.length <= at ? data : (`${data.slice(0, at)}${data[at] === '1' ? '2' : '1'}${data.slice(at + 1)}` as Hex)
}

const renamed = (block: WireBlock, name: (hash: unknown, number: number) => unknown): WireBlock => ({
  ...block,
  hash: name(block.hash, Number(block.number)) as Hex,
  parentHash: name(block.parentHash, Number(block.number) - 1) as Hex,
})

const boasted = (block: WireBlock, salt: Hex): WireBlock => ({
  ...block,
  number: hex(Number(block.number) + 7),
  hash: keccak256(toHex(`${salt}${block.hash}`)),
  parentHash: keccak256(toHex(`${salt}${block.parentHash}`)),
})
