import { decodeEventLog, toEventSelector } from 'viem'
import { escrowAbi } from '../../../contracts/abi/escrow.ts'
import { IndexerError } from '../errors.ts'
import type { EscrowEvent, Hash } from '../observation.ts'
import type { ChainLog } from './source.ts'

const observed = {
  Locked: 'escrowLocked',
  Committed: 'escrowCommitted',
  Released: 'escrowReleased',
  Refunded: 'escrowRefunded',
  Credited: 'escrowCredited',
} as const

type AbiEvent = Extract<(typeof escrowAbi)[number], { type: 'event' }>
type Observed = Extract<AbiEvent, { name: keyof typeof observed }>

const events = escrowAbi.filter(item => item.type === 'event')
const known = new Set<string>(events.map(event => toEventSelector(event)))
const observedAbi = events.filter((event): event is Observed => Object.hasOwn(observed, event.name))
const wanted = new Set<string>(observedAbi.map(event => toEventSelector(event)))

/**
 * All logs of the escrow, in their order → what the saga cares about. The ordinal counts every log of the escrow within its transaction,
 * wanted or not, so that it does not change when the indexer learns a new event. `onUnknown` hears of logs that the ABI lacks.
 * Throws `log_undecodable`: a deposit must not be skipped because the ABI is wrong.
 */
export const decode = (logs: readonly ChainLog[], onUnknown: (topic: string, log: ChainLog) => void): EscrowEvent[] => {
  const counted = new Map<string, number>()
  return logs.flatMap(log => {
    const place = `${log.blockHash}:${log.txHash}`
    const ordinal = counted.get(place) ?? 0
    counted.set(place, ordinal + 1)
    const topic = log.topics[0] ?? 'anonymous'
    if (!known.has(topic)) onUnknown(topic, log)
    return wanted.has(topic) ? [decodeOne(log, ordinal)] : []
  })
}

const decodeOne = (log: ChainLog, ordinal: number): EscrowEvent => {
  const { eventName, args } = parse(log)
  return {
    type: observed[eventName],
    escrowId: args.id,
    ref: args.ref,
    token: args.token,
    ...('payer' in args ? { payer: args.payer } : {}),
    ...('payee' in args ? { payee: args.payee } : {}),
    ...('amount' in args ? { amount: args.amount } : {}),
    payload: Object.fromEntries(Object.entries(args).map(([name, value]) => [name, plain(name, value)])),
    txHash: log.txHash,
    ordinal,
    blockNumber: log.blockNumber,
    blockHash: log.blockHash,
    logIndex: log.logIndex,
  }
}

const parse = ({ topics, data, txHash, logIndex }: ChainLog) => {
  try {
    return decodeEventLog({ abi: observedAbi, topics: topics as [Hash, ...Hash[]], data, strict: true })
  } catch (cause) {
    throw new IndexerError('log_undecodable', { txHash, logIndex }, { cause })
  }
}

/** What viem gives as a number is an integer too, but for the one enum. */
const plain = (name: string, value: unknown): unknown =>
  typeof value === 'bigint' || (typeof value === 'number' && name !== 'onExpiry') ? value.toString() : value
