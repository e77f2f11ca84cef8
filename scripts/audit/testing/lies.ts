import {
  type Abi,
  type AbiEvent,
  type Address,
  decodeEventLog,
  decodeFunctionData,
  decodeFunctionResult,
  encodeAbiParameters,
  encodeEventTopics,
  encodeFunctionResult,
  erc20Abi,
  type Hex,
  toEventSelector,
} from 'viem'
import { escrowAbi } from '../../../contracts/abi/escrow.ts'
import type { Lie } from '../../../test/support/rpc-proxy.ts'

export type WireLog = {
  address: Address
  topics: [Hex, ...Hex[]]
  data: Hex
  blockNumber: Hex
  blockHash: Hex
  transactionHash: Hex
  logIndex: Hex
}

// biome-ignore lint/suspicious/noExplicitAny: lies have any shape
type Args = any

const eventOf = (name: string) => escrowAbi.find(item => item.type === 'event' && item.name === name) as AbiEvent
const argsOf = (log: WireLog): Args => decodeEventLog({ abi: escrowAbi, topics: log.topics, data: log.data }).args

/** The log with other arguments. */
const rewritten = (name: string, log: WireLog, change: (args: Args) => Args): WireLog => {
  const args = { ...argsOf(log), ...change(argsOf(log)) }
  const event = eventOf(name)
  const plain = event.inputs.filter(({ indexed }) => !indexed)
  return {
    ...log,
    topics: encodeEventTopics({ abi: [event], args } as never) as WireLog['topics'],
    data: encodeAbiParameters(
      plain,
      plain.map(({ name }) => args[name!]),
    ),
  }
}

/** Lies about the list of logs. */
export const aboutLogs =
  (change: (logs: WireLog[]) => WireLog[]): Lie =>
  ({ method }, result) =>
    method === 'eth_getLogs' ? change(result as WireLog[]) : result

export const isEvent =
  (name: string, where: (args: Args) => boolean = () => true) =>
  (log: WireLog): boolean =>
    log.topics[0] === toEventSelector(eventOf(name)) && where(argsOf(log))

/** Lies about the first log of that event for which `where` holds. */
export const aboutEvent = (name: string, where: (args: Args) => boolean, change: (args: Args) => Args): Lie =>
  aboutLogs(logs => {
    const index = logs.findIndex(isEvent(name, where))
    return logs.map((log, at) => (at === index ? rewritten(name, log, change) : log))
  })

/** Lies about what a view of the escrow answers. */
export const aboutView =
  (functionName: string, change: (result: Args, args: Args) => Args): Lie =>
  ({ method, params }, result) => {
    if (method !== 'eth_call') return result
    const { data } = params[0] as { data: Hex }
    for (const abi of [escrowAbi as Abi, erc20Abi as Abi]) {
      try {
        const call = decodeFunctionData({ abi, data })
        if (call.functionName !== functionName) return result
        const truth = decodeFunctionResult({ abi, functionName, data: result as Hex })
        return encodeFunctionResult({ abi, functionName, result: change(truth, call.args) })
      } catch {}
    }
    return result
  }

/** Lies about headers of blocks. */
export const aboutBlocks =
  (change: (block: Record<string, Hex>) => Partial<Record<string, Hex>>): Lie =>
  ({ method }, result) =>
    method === 'eth_getBlockByNumber' ? { ...(result as object), ...change(result as Record<string, Hex>) } : result
