import type { TransferEvent } from '../../../bridge-service/src/transfer/event.ts'
import type { Input } from '../../../bridge-service/src/transfer/input.ts'
import { commitPlace, depositRefundAfterMs, lockPlace } from '../offramp.ts'
import { place } from '../onramp.ts'

/** What the tests of a route with a deposit tell its machine. */
type Kind = Extract<Input, { type: 'depositFact' }>['kind']

export const screened = (availableMinor: bigint): Input => ({ type: 'screened', list: 'test', availableMinor })
export const refusal = (step: Extract<Input, { type: 'intentRefused' }>['step'], attempt = 0): Input => ({
  type: 'intentRefused',
  step,
  attempt,
  code: 'chain_refused',
  detail: 'no',
})
export const included = (kind: Kind, at = lockPlace): Input => ({ type: 'depositFact', kind, status: 'included', place: at })
export const orphaned = (kind: Kind, at = lockPlace): Input => ({ type: 'depositFact', kind, status: 'orphaned', place: at })
export const final = (kind: Extract<Input, { type: 'finalityReached' }>['kind'], { fact } = lockPlace): Input => ({
  type: 'finalityReached',
  kind,
  fact,
})
export const deadline = (kind: Extract<Input, { type: 'deadlineReached' }>['kind']): Input => ({
  type: 'deadlineReached',
  kind,
})
export const cancel: Input = { type: 'cancelCommand', reason: 'changed my mind' }
/** The same transaction in another block. */
export const elsewhere = ({ fact }: typeof lockPlace) => place(fact.slice(2, -2), 'b', 8)

export const canceled: TransferEvent = { type: 'cancelRequested', reason: 'changed my mind' }
export const turnedBack: TransferEvent = { type: 'compensationStarted', reason: 'changed my mind' }
export const depositOrphaned: TransferEvent = { type: 'depositOrphaned', fact: lockPlace.fact }
export const commitOrphaned: TransferEvent = { type: 'commitOrphaned', fact: commitPlace.fact }

/** When a deposit that the chain has forgotten can come no more, and its news neither. */
export const lastChanceMs = depositRefundAfterMs + 600_000

export const paidIn = ['customer_clearing:USDC -100.250000', 'escrow:evm:1:USDC +100.250000']
export const paidBack = ['escrow:evm:1:USDC -100.250000', 'customer_clearing:USDC +100.250000']
export const collectedIn = ['escrow:evm:1:USDC -100.250000', 'treasury:evm:1:USDC +100.250000']
export const owedByCustomer = ['customer_clearing:USDC -100.250000', 'receivable:USDC +100.250000']
/** What an end without a refund or a release puts away. */
export const nothingMore = {
  timers: { deposit: null, retryCommit: null, retryDepositRelease: null, retryDepositRefund: null },
  waits: { deposit: null, commit: null, depositRefund: null },
} as const
