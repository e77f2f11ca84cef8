import { account } from '../../ledger/chart.ts'
import { type Entry, move, type Posting } from '../../ledger/entry.ts'
import { fromJson } from '../../money/money.ts'
import { cashOf } from '../cash.ts'
import type { TransferEvent } from '../event.ts'
import { exchangePostings, undoExchangePostings } from '../exchange-entry.ts'
import { isMinted } from '../terms.ts'
import type { TransferOf } from '../transfer.ts'

/**
 * What an event of an on-ramp books. `before` is the transfer that the event happened to.
 * Source money moves when the bank says so; tokens move when the chain is final, and stand as a hold until then.
 */
export const onrampEntries = (before: TransferOf<'onramp'>, event: TransferEvent): Entry[] => {
  const { terms, progress } = before
  const paid = fromJson(terms.sourceAmount)
  const delivered = fromJson(terms.destinationAmount)
  const bankCash = cashOf(terms.source)
  const customer = account.customerClearing(paid.currency)
  const receivable = account.receivable(paid.currency)
  // What is minted into the escrow is owed from then on to whoever holds it; what is burned on its way back no longer is.
  const funds = isMinted(terms)
    ? account.issued(terms.chain, delivered.currency)
    : account.treasury(terms.chain, delivered.currency)
  const escrow = account.escrow(terms.chain, delivered.currency)
  const entry = (...postings: Posting[][]): Entry => ({ kind: event.type, postings: postings.flat().filter(isNotZero) })
  const hold = move(funds, escrow, delivered, 'pending')
  const unhold = move(escrow, funds, delivered, 'pending')

  switch (event.type) {
    case 'liquidityReserved':
    case 'mintPlanned':
      return [entry(hold)]
    case 'debitRefused':
    case 'lockRefused':
      return [entry(unhold)]
    case 'debitSettled':
      return [entry(move(customer, bankCash, paid))]
    case 'debitReturned':
      // What came and went before we heard of it was never booked.
      if (before.state === 'failed') return []
      return [entry(move(bankCash, holdsCustomersMoney(before) ? customer : receivable, paid))]
    case 'debitReturnReversed':
      return progress.debit?.returned ? [entry(move(owedFromReturn(before) ? receivable : customer, bankCash, paid))] : []
    case 'compensationStarted':
      // Without a lock there is nothing to refund, so the hold goes now; with one it goes when the refund is final.
      return before.state === 'locking' ? [entry(unhold)] : []
    case 'lockOrphaned':
      // Final by this transfer's policy and gone all the same: a hold again, until it is back.
      return progress.lockBooked ? [entry(move(escrow, funds, delivered), hold)] : []
    case 'lockFinalized':
      return [entry(unhold, move(funds, escrow, delivered))]
    case 'escrowReleased':
      // The debit came back while a refund seemed certain, and then the chain decided for the release: the customer owes us after all.
      return progress.debit?.returned === 'beforePivot' ? [entry(move(customer, receivable, paid))] : []
    case 'releaseFinalized':
      return [entry(exchangePostings(terms, { customer, delivery: escrow }))]
    case 'refundFinalized':
      return [entry(progress.lockBooked ? move(escrow, funds, delivered) : unhold)]
    case 'escrowClawedBack': {
      // What we had minted ourselves is owed to nobody any more; what was the treasury's is now a claim on its issuer.
      const lost = isMinted(terms) ? funds : account.exposure(terms.chain, delivered.currency)
      return [progress.lockBooked ? entry(move(escrow, lost, delivered)) : entry(unhold, move(funds, lost, delivered))]
    }
    case 'deliveryReclaimed':
      // The delivery undone, but for the fee: we owe the customer his money again, and a person decides how he gets it.
      return [entry(undoExchangePostings(terms, { customer, delivery: funds }))]
    case 'creditSettled':
      // What was his he has had back from his bank: this one he owes us.
      return [entry(move(bankCash, before.state === 'compensated' ? receivable : customer, paid))]
    case 'creditReturned':
      if (progress.credit?.settled) return [entry(move(customer, bankCash, paid))]
      // It comes to a person, where the late return is a claim on the customer again, and what we held for him is his.
      return isCompensatedReturn(before) ? [entry(move(customer, receivable, paid))] : []
    case 'creditReturnReversed':
      return progress.credit?.returned ? [entry(move(bankCash, customer, paid))] : []
    case 'transferCompensated':
      return progress.debit?.returned === 'afterPivot' ? [entry(move(receivable, customer, paid))] : []
    default:
      return []
  }
}

/** A return before the pivot takes back what we hold for the customer; later it is a loss that the customer owes us. */
const holdsCustomersMoney = ({ state }: TransferOf<'onramp'>) =>
  state === 'locking' || state === 'locked' || state === 'clearing' || state === 'refunding' || state === 'refunded'

/** The late return stands as a claim on the customer; a compensation has taken it from what we held for him. */
const owedFromReturn = ({ state, progress }: TransferOf<'onramp'>) =>
  progress.debit?.returned === 'afterPivot' && state !== 'compensated'

/** The late return is no claim any more, since it was taken from what we held for him. */
const isCompensatedReturn = ({ state, progress }: TransferOf<'onramp'>) =>
  state === 'compensated' && progress.debit?.returned === 'afterPivot'

const isNotZero = (posting: Posting) => posting.amount.minor !== 0n
