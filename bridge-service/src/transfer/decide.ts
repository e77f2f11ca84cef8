import { BridgeError, unreachable } from '../errors.ts'
import { account } from '../ledger/chart.ts'
import type { Entry } from '../ledger/entry.ts'
import type { Currency } from '../money/currency.ts'
import { type Money, money } from '../money/money.ts'
import { advanceAfter } from './advance.ts'
import { none } from './asking.ts'
import { crosschainEffects } from './crosschain/effects.ts'
import { readCrosschain } from './crosschain/read.ts'
import type { Decision, Effects, Ignored, IntentChange, Reading, Refusal } from './decision.ts'
import type { TransferEvent } from './event.ts'
import { evolve } from './evolve.ts'
import type { Input, OperatorInput } from './input.ts'
import { offrampEffects } from './offramp/effects.ts'
import { readOfframp } from './offramp/read.ts'
import { onrampEffects } from './onramp/effects.ts'
import { readOnramp } from './onramp/read.ts'
import { isOperators, readOperator } from './operating.ts'
import { callBack, endOfCallBack, readMismatch, readNoCallBack, readPatience } from './patience.ts'
import { patienceAfter, phaseSinceMs } from './patience-timer.ts'
import { poolChanges } from './pool-changes.ts'
import { rebalanceEffects } from './rebalance/effects.ts'
import { readRebalance } from './rebalance/read.ts'
import { refundEffects } from './refund.ts'
import { remittanceEffects } from './remittance/effects.ts'
import { readRemittance } from './remittance/read.ts'
import { readResolved, resolutionEffects } from './resolution.ts'
import { currentDefinition } from './state.ts'
import type { Progress, Transfer, Unborn } from './transfer.ts'
import { withdrawals } from './withdrawal.ts'

/**
 * What one input does to one transfer. Pure: the same arguments give the same answer. `nowMs` is database time.
 * Throws `definition_unknown` for a transfer of a newer machine.
 */
export const decide = (transfer: Transfer, input: Input | OperatorInput, nowMs: number): Decision | Ignored | Refusal => {
  if (transfer.definition > currentDefinition)
    throw new BridgeError('definition_unknown', { transfer: transfer.id, definition: transfer.definition })
  const reading = isOperators(input)
    ? readOperator(transfer, input, asked => read(transfer, asked, nowMs))
    : readResolved(transfer, standing => read(standing, input, nowMs))
  if ('ignored' in reading || 'refusal' in reading) return reading
  return conclude(transfer, reading.events, reading.intentChanges ?? [], nowMs)
}

/** What was reserved for a transfer was redeemed when a person ended it. */
const withoutPromise = ({ resolution }: Progress, { liquidity, ...effects }: Effects): Effects =>
  liquidity === undefined || resolution !== undefined ? effects : { ...effects, liquidity }

const read = (transfer: Transfer, input: Input, nowMs: number): Reading => {
  if (input.type === 'deadlineReached' && input.kind === 'patience') return readPatience(transfer, nowMs)
  if (input.type === 'statementMismatched') return readMismatch(transfer, nowMs)
  if (input.type === 'intentRefused' && input.step === 'cancelDebit') return readNoCallBack(transfer, input, nowMs)
  switch (transfer.route) {
    case 'onramp':
      return readOnramp(transfer, input, nowMs)
    case 'offramp':
      return readOfframp(transfer, input, nowMs)
    case 'remittance':
      return readRemittance(transfer, input, nowMs)
    case 'crosschain':
      return readCrosschain(transfer, input, nowMs)
    case 'rebalance':
      return readRebalance(transfer, input)
    default:
      return unreachable(transfer)
  }
}

const effectsOf = (before: Transfer, event: TransferEvent, after: Transfer, nowMs: number): Effects => {
  if (event.type === 'refundPaid' || event.type === 'refundReturned') return refundEffects(before, event)
  if (event.type === 'transferResolved') return resolutionEffects(before, event)
  if (event.type === 'attentionRequired') return none
  if (event.type === 'debitCalledBack') return { ...none, intents: [callBack] }
  switch (before.route) {
    case 'onramp':
      return onrampEffects(before, event, after, nowMs)
    case 'offramp':
      return offrampEffects(before, event, after, nowMs)
    case 'remittance':
      return remittanceEffects(before, event, after, nowMs)
    case 'crosschain':
      return crosschainEffects(before, event, after, nowMs)
    case 'rebalance':
      return rebalanceEffects(before, event)
    default:
      return unreachable(before)
  }
}

/** The first step of a new transfer. */
export const request = (unborn: Unborn, nowMs: number): Decision => conclude(unborn, [{ type: 'transferRequested' }], [], nowMs)

const conclude = (
  start: Transfer | Unborn,
  events: readonly TransferEvent[],
  intentChanges: readonly IntentChange[],
  nowMs: number,
): Decision => {
  const steps: { event: TransferEvent; before: Transfer | Unborn; after: Transfer }[] = []
  for (const event of events) {
    const before = steps.at(-1)?.after ?? start
    steps.push({ event, before, after: evolve(before, event) })
  }
  const last = steps.at(-1)!.after
  const after: Transfer = { ...last, phaseSinceMs: phaseSinceMs(start, last, nowMs) }
  // Nothing is booked or reserved before the first event, so `before` is a transfer wherever the effects read it.
  const effects = steps.map(({ event, before }): Effects & { version: number } => ({
    version: before.version + 1,
    ...withoutPromise(before.progress, effectsOf(before as Transfer, event, after, nowMs)),
  }))
  const patience = patienceAfter(start, after, nowMs)
  const liquidity = effects.map(effect => effect.liquidity).find(change => change !== undefined)
  const entries = effects.flatMap(effect => effect.entries)
  const receivables = receivablesOf(entries)
  const pools = poolChanges(start, after, entries)
  const advance = advanceAfter(start, after)
  return {
    after,
    events: steps.map(({ event, before, after }) => ({ version: after.version, from: before.state, to: after.state, event })),
    intentChanges: [
      ...intentChanges,
      ...endOfCallBack(start, after),
      ...steps.flatMap(({ before, event }) => withdrawals(before, event)),
    ],
    intents: effects.flatMap(effect => effect.intents),
    entries: effects.flatMap(({ entries, version }) => entries.map(entry => ({ version, entry }))),
    timers: lastOfEachKind([...effects.flatMap(effect => effect.timers), ...(patience ? [patience] : [])]),
    waits: lastOfEachKind(effects.flatMap(effect => effect.waits)),
    ...(liquidity === undefined ? {} : { liquidity }),
    ...(pools.length === 0 ? {} : { pools }),
    ...(receivables.length === 0 ? {} : { receivables }),
    ...(advance === undefined ? {} : { advance }),
  }
}

/** What customers owe is booked like anything else; a case of it is what its transfer has put there. */
const receivablesOf = (entries: readonly Entry[]): Money[] => {
  const sums = new Map<Currency, bigint>()
  for (const { account: id, amount } of entries.flatMap(({ postings }) => postings))
    if (id === account.receivable(amount.currency)) sums.set(amount.currency, (sums.get(amount.currency) ?? 0n) + amount.minor)
  return [...sums].flatMap(([currency, minor]) => (minor === 0n ? [] : [money(currency, minor)]))
}

// Two events of one step may set and clear the same timer: the later one has the say.
const lastOfEachKind = <T extends { kind: string }>(changes: readonly T[]): T[] =>
  changes.length < 2 ? [...changes] : [...new Map(changes.map(change => [change.kind, change])).values()]
