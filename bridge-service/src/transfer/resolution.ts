import { type Entry, move } from '../ledger/entry.ts'
import { fromJson } from '../money/money.ts'
import { none } from './asking.ts'
import type { Effects, IntentChange, Reading } from './decision.ts'
import type { TransferEvent } from './event.ts'
import type { OperatorInput } from './input.ts'
import { changed, happened, nothing } from './reading.ts'
import { type Transitions, targetOf } from './state.ts'
import type { Transfer } from './transfer.ts'

/**
 * What every route has besides its own transitions: a person ends what is in `review`, and whatever is heard of it later is booked as it
 * would have been, and is a person's again. What has arrived or is a person's can be refunded, and a refund that comes back is a
 * person's case.
 */
export function withResolution(table: Transitions): Transitions {
  const { review } = table
  if (review === undefined) return table
  return {
    ...table,
    review: { ...review, refundPaid: 'review', refundReturned: 'review', transferResolved: 'resolved' },
    completed: { ...table.completed, refundPaid: 'completed', refundReturned: 'review' },
    // Nothing of it was owed any more when the bank paid it all the same.
    compensated: { ...table.compensated, refundPaid: 'review', refundReturned: 'review' },
    resolved: {
      ...Object.fromEntries([...Object.keys(review), 'refundPaid', 'refundReturned'].map(event => [event, 'review'])),
      // They move nothing, so they are nothing to see to.
      ...Object.fromEntries(
        Object.keys(review)
          .filter(event => event.endsWith('ReturnedAgain'))
          .map(event => [event, 'resolved']),
      ),
    },
  }
}

/** A person's word that it is over. What is still under way on a chain ends there first. */
export const readResolution = (transfer: Transfer, input: Extract<OperatorInput, { type: 'resolveCommand' }>): Reading => {
  const { state, version, progress } = transfer
  if (state !== 'review') return { refusal: 'transfer_not_resolvable', detail: state }
  if (input.version !== version) return { refusal: 'transfer_moved', detail: String(version) }
  if (holdIsOpen(transfer)) return { refusal: 'transfer_not_resolvable', detail: 'its escrow is open' }
  const { outcome, evidence, document, closing } = input
  return happened([{ type: 'transferResolved', outcome, evidence, document, closing }], ...abandoned(progress))
}

/**
 * What is heard of a transfer that a person has ended, now or before: it is read as in `review`, where he had it, and only he ends it again.
 * What the machine would conclude from it rests on books that he has closed otherwise.
 */
export const readResolved = (transfer: Transfer, read: (standing: Transfer) => Reading): Reading => {
  const { route, state, progress } = transfer
  if (progress.resolution === undefined || (state !== 'resolved' && state !== 'review')) return read(transfer)
  const reading = read({ ...transfer, state: 'review' })
  if (!('events' in reading)) return reading
  const events = reading.events.filter(({ type }) => targetOf(route, 'review', type) === 'review')
  return events.length > 0 ? { ...reading, events } : nothing('a person decides')
}

export const resolutionEffects = (
  { route, progress }: Transfer,
  { type, outcome, closing }: Extract<TransferEvent, { type: 'transferResolved' }>,
): Effects => {
  const entry: Entry = {
    kind: type,
    postings: closing.flatMap(({ account, into, ...rest }) => move(account, into, fromJson(rest))),
  }
  return {
    ...none,
    entries: closing.length > 0 ? [entry] : [],
    // What an off-ramp or a rebalance promises is redeemed by the bank's word; what a hold promises ends with the hold.
    ...((route === 'offramp' || route === 'rebalance') && payoutIsOpen(progress)
      ? { liquidity: outcome === 'completed' ? 'consume' : 'free' }
      : {}),
  }
}

/** An on-ramp comes into a person's hands only when its escrow has ended, and did so before that was kept. */
const holdIsOpen = ({ route, progress }: Transfer): boolean => {
  const { lock, lockBooked, release, refund, holdEnded } = progress
  return route !== 'onramp' && !holdEnded && (lock ?? lockBooked ?? release ?? refund) !== undefined
}

/** What a bank never answered: the person knows how it ended, and nobody asks for it any more. */
const abandoned = (progress: Transfer['progress']): IntentChange[] => [
  ...(payoutIsOpen(progress) ? [changed('payoutFiat', 'FAILED')] : []),
  ...(progress.credit?.settled || progress.credit?.returned ? [] : [changed('creditFiat', 'FAILED')]),
]

const payoutIsOpen = ({ payout }: Transfer['progress']): boolean => !payout?.settled && !payout?.refused && !payout?.returned
