import { crosschainTransitions } from './crosschain/transitions.ts'
import type { EventType } from './event.ts'
import { offrampTransitions } from './offramp/transitions.ts'
import { onrampTransitions } from './onramp/transitions.ts'
import { rebalanceTransitions } from './rebalance/transitions.ts'
import { remittanceTransitions } from './remittance/transitions.ts'
import { withResolution } from './resolution.ts'
import type { Route } from './terms.ts'

/** Where a transfer stands. Terminal: completed, compensated, failed, canceled, resolved. `review` is in a person's hands. */
export const states = [
  'requested',
  'screened',
  'debiting',
  /** Of a route from a chain: the customer is to lock, or to send, what he sells. */
  'awaitingDeposit',
  /** Seen on the chain, and not final yet. */
  'deposited',
  'locking',
  'locked',
  'clearing',
  /** The point of no return on the chain is wished for: from it on an escrow's soft deadline no longer counts. */
  'committing',
  /** Seen on the chain, and not final yet. */
  'committed',
  'payingOut',
  /** Our own money has left one bank and is not at the other yet, or the two say what cannot both be. */
  'inTransit',
  'releasing',
  'released',
  /** A deposit is being released to the treasury. */
  'collecting',
  'collected',
  'completed',
  'refunding',
  'refunded',
  /** A deposit is going back to the customer. */
  'refundingDeposit',
  'refundedDeposit',
  'crediting',
  'compensated',
  'canceled',
  'failed',
  'review',
  /** A person has ended it. */
  'resolved',
] as const

export type State = (typeof states)[number]

export const terminalStates: readonly State[] = ['completed', 'compensated', 'canceled', 'failed', 'resolved']

/**
 * The version of this machine that a new transfer is pinned to. Raise it when a recorded history would be read differently, or could not be
 * read by the machine before.
 *   2: `mintPlanned`, and `terms.funding`. Without them a history is read as 1 read it.
 *   3: `escrowClawedBack` and `deliveryReclaimed`.
 *   4: the routes off-ramp, remittance and crosschain; `lockOrphaned` while an on-ramp's escrow is refunded.
 *   5: `terms.patience`, `attentionRequired`, `debitCalledBack`, `debitReturnReversed`: a machine of 4 would drop the timer and stop at the
 *      events. Without them a history is read as 4 read it.
 *   6: `lockOrphaned` while the treasury's escrow of a remittance or of a crosschain transfer is refunded. `transferResolved`,
 *      `refundPaid`, and a person's `compensationStarted` out of an on-ramp's `releasing`. Without them a history is read as 5 read it.
 *   7: a credit that is paid after its transfer had been compensated, `creditOwed` out of `review`, `transferFailed`, `refundReturned`,
 *      `debitReturnedAgain`. A machine of 6 would send what is withdrawn. The route of a rebalance between two banks, and `terms.purpose`.
 *      Without them a history is read as 6 read it.
 *   8: `payoutReturnReversed` of an off-ramp and a remittance, `creditReturnReversed`, and later returns of both (`payoutReturnedAgain`,
 *      `creditReturnedAgain`), `refundPaid` of a compensated transfer. A machine of 7 would stop at the events, and leave a customer served
 *      twice. Without them a history is read as 7 read it.
 */
export const currentDefinition = 8

/** `none` is where a transfer is before its first event. */
export type Source = State | 'none'

/** From a state by an event to a state; what is absent is illegal. */
export type Transitions = { readonly [S in Source]?: { readonly [E in EventType]?: State } }

/** What every route has: wherever a transfer waits for somebody, it can wait too long (see patience.ts). It stays where it is. */
function withAttention(table: Transitions): Transitions {
  const waiting = (Object.keys(table) as Source[]).filter(
    state => state !== 'none' && state !== 'review' && !terminalStates.includes(state),
  )
  const attention = waiting.map(state => [
    state,
    { ...table[state], attentionRequired: state, ...(state === 'debiting' ? { debitCalledBack: state } : {}) },
  ])
  return { ...table, ...Object.fromEntries(attention) }
}

/**
 * The legal transitions of each route, as data: see the route's folder. The machine refuses any other, the SQL guard of a step is derived
 * from them, and so are the diagrams in ARCHITECTURE.md.
 */
export const transitions: Readonly<Record<Route, Transitions>> = {
  onramp: withResolution(withAttention(onrampTransitions)),
  offramp: withResolution(withAttention(offrampTransitions)),
  remittance: withResolution(withAttention(remittanceTransitions)),
  crosschain: withResolution(withAttention(crosschainTransitions)),
  rebalance: withResolution(withAttention(rebalanceTransitions)),
}

export const targetOf = (route: Route, source: Source, event: EventType): State | undefined => transitions[route][source]?.[event]

/** The states from which an event may come: also the `state = any(…)` guard in the SQL of a step. */
export const sourcesOf = (route: Route, event: EventType): Source[] =>
  (Object.keys(transitions[route]) as Source[]).filter(source => targetOf(route, source, event) !== undefined)
