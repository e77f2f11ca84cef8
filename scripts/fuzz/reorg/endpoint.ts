import { setTimeout } from 'node:timers/promises'
import { keccak256, toHex } from 'viem'
import { type Lie, type RpcAnswer, type RpcCall, type RpcFault, startRpcProxy } from '../../../test/support/rpc-proxy.ts'
import type { ForkingChain } from './chain.ts'
import type { WireLog } from './history.ts'
import type { Random } from './random.ts'
import { viewFrom } from './view.ts'

/** How often, of a hundred requests, an endpoint fails in which way; what it says is true. */
export type Weather = {
  readonly lost: number
  readonly cut: number
  readonly limited: number
  readonly late: number
  /** A block that it has is answered with null. */
  readonly absent: number
  /** An answer, of a batch too, from a replica that is some blocks behind. */
  readonly behind: number
  /** Of a hundred blocks with logs, those whose logs do not come when they are asked for first. */
  readonly withheld: number
  /** Of a hundred logs, those that do not come when they are asked for first, though others of their block do. */
  readonly forgotten: number
}

export const fair: Weather = { lost: 0, cut: 0, limited: 0, late: 0, absent: 0, behind: 0, withheld: 0, forgotten: 0 }

/** Almost nothing gets through: only for one whose voice the others can do without. */
export const storm: Weather = { ...fair, lost: 90, late: 5 }

export const someWeather = (random: Random): Weather => {
  const kind = random.between(1, 4)
  if (kind === 1) return fair
  if (kind === 2) return { ...fair, lost: 1, cut: 1, limited: 1, late: 5, absent: 1, withheld: 30 }
  if (kind === 3) return { ...fair, withheld: 100, late: 3 }
  return { ...fair, lost: 1, behind: 5, withheld: 20 }
}

/** What an endpoint says that is not true. */
export type Lies = { readonly inPlace?: (call: RpcCall) => RpcAnswer | undefined; readonly distort?: Lie }

export type FinalityTags = 'tags' | 'null' | 'error'

export type Endpoint = Awaited<ReturnType<typeof startEndpoint>>

/** One RPC URL before the chain, with a weather of its own. `fired` counts its faults by name; `onRequest` may hold any request. */
export const startEndpoint = async (
  chain: ForkingChain,
  random: Random,
  { slotsInAnEpoch, tags }: { slotsInAnEpoch: number; tags: FinalityTags },
  hooks: { onRequest: () => Promise<void>; onFault: (name: string) => void },
) => {
  const proxy = await startRpcProxy(chain.url)
  const withheld = new Set<string>()

  const endpoint = {
    url: proxy.url,
    weather: fair,
    lies: {} as Lies,
    /** The tip of the branch that this endpoint is on; undefined: the node's own. */
    branch: undefined as string | undefined,
    stop: proxy.stop,
  }
  const strikes = (name: keyof Weather): boolean => {
    if (!random.chance(endpoint.weather[name] / 100)) return false
    hooks.onFault(name)
    return true
  }

  proxy.fault = async (): Promise<RpcFault> => {
    await hooks.onRequest()
    if (strikes('late')) await setTimeout(random.between(1, 25))
    if (strikes('lost')) return random.pick(['requestLost', 'answerLost'])
    if (strikes('cut')) return 'cut'
    return strikes('limited') ? 'limited' : undefined
  }

  proxy.inPlace = call => {
    const lie = endpoint.lies.inPlace?.(call)
    if (lie !== undefined) return lie
    const tag = call.method === 'eth_getBlockByNumber' && ['safe', 'finalized'].includes(String(call.params[0]))
    if (tag && tags === 'null') return { result: null }
    if (tag && tags === 'error') return { error: { code: -39001, message: 'unknown block' } }
    if (endpoint.branch !== undefined) return viewFrom(chain.history, endpoint.branch, slotsInAnEpoch, call)
    if (isBlock(call) && strikes('absent')) return { result: null }
    if (!strikes('behind')) return undefined
    const back = [...chain.history.pathFrom(chain.tip().hash)][random.between(1, 4)]
    return back && viewFrom(chain.history, back.hash, slotsInAnEpoch, call)
  }

  proxy.lie = (call, result) => {
    const said = call.method === 'eth_getLogs' ? withoutSome(result as WireLog[]) : result
    return endpoint.lies.distort ? endpoint.lies.distort(call, said) : said
  }

  // Each block and each log only once: who asks again gets it.
  const withoutSome = (logs: readonly WireLog[]) => {
    const chosen = new Set<string>()
    for (const blockHash of new Set(logs.map(log => log.blockHash)))
      if (!withheld.has(blockHash) && strikes('withheld')) chosen.add(blockHash)
    for (const blockHash of chosen) withheld.add(blockHash)
    return logs.filter(log => !chosen.has(log.blockHash) && !isForgotten(log))
  }
  // But for `Skipped`, which carries no number: that one is gone, nobody can tell from one node's logs.
  const isForgotten = ({ blockHash, logIndex, topics }: WireLog) => {
    const key = `${blockHash}/${logIndex}`
    if (topics[0] === skipped || withheld.has(key) || !strikes('forgotten')) return false
    withheld.add(key)
    return true
  }
  return endpoint
}

const skipped = keccak256(toHex('Skipped(bytes32,bytes32,address,bytes)'))

const isBlock = ({ method, params }: RpcCall) =>
  method === 'eth_getBlockByHash' || (method === 'eth_getBlockByNumber' && String(params[0]).startsWith('0x'))
