import type { TimerChange } from './decision.ts'
import { type State, terminalStates } from './state.ts'
import type { Patience } from './terms.ts'
import type { Transfer, Unborn } from './transfer.ts'

/**
 * When the timer `patience` comes: no later than the time for the present phase, or for the whole transfer, is over, and perhaps before
 * that; then it is set again (see patience.ts). So a transfer that takes no longer than the shortest of its times sets it once and ends it
 * once, where a timer that was always exact was moved by nearly every step: five writes of an indexed row for an on-ramp.
 */
export type Phase = Exclude<keyof Patience, 'transferMs'>

const phases: { readonly [S in State]?: Phase } = {
  debiting: 'debitMs',
  locking: 'inclusionMs',
  committing: 'inclusionMs',
  releasing: 'inclusionMs',
  collecting: 'inclusionMs',
  refunding: 'inclusionMs',
  refundingDeposit: 'inclusionMs',
  deposited: 'finalityMs',
  locked: 'finalityMs',
  committed: 'finalityMs',
  released: 'finalityMs',
  collected: 'finalityMs',
  refunded: 'finalityMs',
  refundedDeposit: 'finalityMs',
  payingOut: 'payoutMs',
  inTransit: 'payoutMs',
  crediting: 'payoutMs',
}

/** The time that runs where a transfer stands; none runs there but the time for the whole. */
export const phaseOf = ({ state }: Transfer | Unborn): Phase | undefined => (state === 'none' ? undefined : phases[state])

/** Somebody is waited for, and no person has been told yet. */
export const isPatient = ({ state, progress }: Transfer | Unborn): boolean =>
  state !== 'none' && state !== 'review' && !terminalStates.includes(state) && progress.attention === undefined

/** When the whole of it has taken too long. */
export const wholeAtMs = ({ terms }: Transfer, { transferMs }: Patience): number => Date.parse(terms.createdAt) + transferMs

const isNewPhase = (before: Transfer | Unborn, after: Transfer): boolean =>
  before.state !== after.state || before.progress.debit?.calledBack !== after.progress.debit?.calledBack

/** Since when the time for its phase runs, as a step leaves it. */
export const phaseSinceMs = (before: Transfer | Unborn, after: Transfer, nowMs: number): Transfer['phaseSinceMs'] =>
  isNewPhase(before, after) ? Math.floor(nowMs) : after.phaseSinceMs

/** When it has taken too long where it stands. */
const overdueAtMs = (transfer: Transfer, patience: Patience, sinceMs: number): number => {
  const phase = phaseOf(transfer)
  const wholeMs = wholeAtMs(transfer, patience)
  return phase === undefined ? wholeMs : Math.min(sinceMs + patience[phase], wholeMs)
}

// Half of the time to the first look is left for clocks that disagree: in the other half no step moves the timer, because it stands there.
const firstLook = ({ terms }: Transfer, patience: Patience, nowMs: number): number | undefined => {
  const createdAtMs = Date.parse(terms.createdAt)
  // Zero is the time for a phase that its route does not have.
  const shortestMs = Math.min(...Object.values(patience).filter(timeMs => timeMs > 0))
  return nowMs < createdAtMs + shortestMs / 2 ? createdAtMs + shortestMs : undefined
}

/** The timer as a step leaves it; undefined where it stays as it is. What was made before there was patience has none. */
export const patienceAfter = (before: Transfer | Unborn, after: Transfer, nowMs: number): TimerChange | undefined => {
  const { patience } = after.terms
  if (patience === undefined) return undefined
  const wasSet = isPatient(before)
  if (!isPatient(after)) return wasSet ? { kind: 'patience', dueAtMs: null } : undefined
  if (wasSet && !isNewPhase(before, after)) return undefined
  const firstMs = firstLook(after, patience, nowMs)
  if (wasSet && isLooseTimer(before) && (firstMs !== undefined || comesInTime(before, after, patience))) return undefined
  return { kind: 'patience', dueAtMs: firstMs ?? overdueAtMs(after, patience, nowMs) }
}

/** Transfers of older code have a timer that is exact for the phase in which they stood. */
const isLooseTimer = (before: Transfer | Unborn): boolean => before.state !== 'none' && typeof before.phaseSinceMs === 'number'

/** A timer that comes in time for a phase comes in time for any that may take as long. A phase that begins anew needs another. */
const comesInTime = (before: Transfer | Unborn, after: Transfer, patience: Patience): boolean => {
  const lengthMs = (transfer: Transfer | Unborn) => patience[phaseOf(transfer) ?? 'transferMs']
  return before.state !== after.state && lengthMs(before) <= lengthMs(after)
}

/** The timer has come: undefined if it has taken too long, else when to look again. */
export const looksAgainAtMs = (transfer: Transfer, patience: Patience, nowMs: number): number | undefined => {
  const { phaseSinceMs: sinceMs } = transfer
  if (typeof sinceMs !== 'number') return undefined
  const dueAtMs = overdueAtMs(transfer, patience, sinceMs)
  return dueAtMs <= nowMs ? undefined : (firstLook(transfer, patience, nowMs) ?? dueAtMs)
}
