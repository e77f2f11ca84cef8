import { toEventSelector } from 'viem'
import { escrowAbi } from '../../../contracts/abi/escrow.ts'
import type { EscrowEvent, Hash, ObservationKind } from '../observation.ts'
import type { TokenStep } from '../token-states.ts'
import { type EventLayout, eventLayout } from './event-layout.ts'
import type { ChainLog } from './log.ts'

/** Which events the saga cares about, and which way each moves what is locked. */
const observed: Readonly<Record<string, { kind: ObservationKind; locks: -1n | 0n | 1n }>> = {
  Locked: { kind: 'escrowLocked', locks: 1n },
  Committed: { kind: 'escrowCommitted', locks: 0n },
  Released: { kind: 'escrowReleased', locks: -1n },
  Refunded: { kind: 'escrowRefunded', locks: -1n },
  Credited: { kind: 'escrowCredited', locks: 0n },
}

type Known = { readonly layout: EventLayout; readonly kind?: ObservationKind; readonly locks: bigint } | 'uncounted'

const known = new Map<string, Known>(
  escrowAbi
    .filter(item => item.type === 'event')
    .map(event => {
      const counted = event.inputs.some(({ name }) => name === 'sequence')
      return [
        toEventSelector(event),
        counted ? { layout: eventLayout(event.inputs), locks: 0n, ...observed[event.name] } : 'uncounted',
      ]
    }),
)

export type Decoded = { readonly events: EscrowEvent[]; readonly steps: TokenStep[] }

/**
 * All logs of the escrow, in their order → what the saga cares about, and the step of its token that every counted event is. The ordinal
 * counts every log of the escrow within its transaction, wanted or not, so that it does not change when the indexer learns a new event.
 * `onUnknown` hears of logs that the ABI lacks. Throws `log_undecodable`: a deposit must not be skipped because the ABI is wrong.
 */
export const decode = (logs: readonly ChainLog[], onUnknown: (topic: string, log: ChainLog) => void): Decoded => {
  const events: EscrowEvent[] = []
  const steps: TokenStep[] = []
  let counted = new Map<string, number>()
  let block: Hash | undefined
  for (const log of logs) {
    if (log.blockHash !== block) counted = new Map()
    block = log.blockHash
    const ordinal = counted.get(log.txHash) ?? 0
    counted.set(log.txHash, ordinal + 1)
    const topic = log.topics[0] ?? 'anonymous'
    const event = known.get(topic)
    if (!event) onUnknown(topic, log)
    if (!event || event === 'uncounted') continue
    const args = event.layout(log)
    const amount = args.amount === undefined ? 0n : BigInt(args.amount)
    const { blockNumber, blockHash } = log
    const step = {
      token: String(args.token),
      sequence: BigInt(args.sequence!),
      locked: event.locks * amount,
      blockNumber,
      blockHash,
    }
    if (step.sequence > 0n) steps.push(step) // zero: a token that was never listed
    if (event.kind) events.push(toEvent(event.kind, args, log, ordinal))
  }
  return { events, steps }
}

const toEvent = (type: ObservationKind, args: Record<string, string | number>, log: ChainLog, ordinal: number): EscrowEvent => ({
  type,
  escrowId: args.id as Hash,
  ref: args.ref as Hash,
  token: args.token as string,
  ...(args.payer === undefined ? {} : { payer: args.payer as string }),
  ...(args.payee === undefined ? {} : { payee: args.payee as string }),
  ...(args.amount === undefined ? {} : { amount: BigInt(args.amount) }),
  payload: args,
  txHash: log.txHash,
  ordinal,
  blockNumber: log.blockNumber,
  blockHash: log.blockHash,
  logIndex: log.logIndex,
})
