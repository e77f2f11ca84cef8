import { account } from '../../ledger/chart.ts'
import { type Entry, move, type Posting } from '../../ledger/entry.ts'
import { fromJson, money } from '../../money/money.ts'
import { cashOf } from '../cash.ts'
import type { TransferEvent } from '../event.ts'
import { exchangePostings } from '../exchange-entry.ts'
import { isMinted } from '../terms.ts'
import type { TransferOf } from '../transfer.ts'

type Remittance = TransferOf<'remittance'>

/**
 * What an event of a remittance books. `before` is the transfer that the event happened to.
 * Fiat leaves the payout partner's account and no account of ours, so from the payout's settlement on we owe him what he paid, until the
 * release of the hold pays him. The stablecoins stand as a hold until the chain is final.
 */
export const remittanceEntries = (before: Remittance, event: TransferEvent): Entry[] => {
  const { terms, progress } = before
  const paid = fromJson(terms.sourceAmount)
  const paidOut = fromJson(terms.destinationAmount)
  const held = money(terms.hold.currency, BigInt(terms.hold.amountMinor))
  const bankCash = cashOf(terms.source)
  const customer = account.customerClearing(paid.currency)
  const receivable = account.receivable(paid.currency)
  const partner = account.payoutPartner(paidOut.currency)
  const toPartner = { fiat: account.exchange(paidOut.currency), token: account.exchange(held.currency) }
  // What is minted into the escrow is owed from then on to whoever holds it; what is burned on its way back no longer is.
  const funds = isMinted(terms) ? account.issued(terms.chain, held.currency) : account.treasury(terms.chain, held.currency)
  const escrow = account.escrow(terms.chain, held.currency)
  const entry = (...postings: Posting[][]): Entry => ({ kind: event.type, postings: postings.flat().filter(isNotZero) })
  const hold = move(funds, escrow, held, 'pending')
  const unhold = move(escrow, funds, held, 'pending')
  /** Whose is what is paid for him, or to him: his own money, or ours that he owes. */
  const owner = holdsCustomersMoney(before) ? customer : receivable
  /** Out of the escrow, or out of a hold whose lock was never final. */
  const outOfHold = (to: string) => (progress.lockBooked ? move(escrow, to, held) : [...unhold, ...move(funds, to, held)])

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
      return [entry(move(bankCash, event.afterPivot ? receivable : customer, paid))]
    case 'debitReturnReversed':
      return progress.debit?.returned ? [entry(move(owedFromReturn(before) ? receivable : customer, bankCash, paid))] : []
    case 'compensationStarted':
      // Without a lock there is nothing to refund, so the hold goes now; with one it goes when the refund is final.
      return before.state === 'locking' ? [entry(unhold)] : []
    case 'lockOrphaned':
      // Final by this transfer's policy and gone all the same: a hold again, until it is back.
      return progress.lockBooked ? [entry(move(escrow, funds, held), hold)] : []
    case 'lockFinalized':
      return [entry(unhold, move(funds, escrow, held))]
    case 'payoutSettled':
      return [entry(exchangePostings(terms, { customer: owner, delivery: partner }))]
    case 'payoutReturned':
      // The partner has it again, and we owe it to the customer.
      return progress.payout?.settled ? [entry(move(account.customerClearing(paidOut.currency), partner, paidOut))] : []
    case 'payoutReturnReversed': {
      const { settled, returned } = progress.payout ?? {}
      if (!returned) return []
      return settled
        ? [entry(move(partner, account.customerClearing(paidOut.currency), paidOut))]
        : [entry(exchangePostings(terms, { customer: owner, delivery: partner }))]
    }
    case 'escrowReleased':
      // The debit came back while a refund seemed certain, and then the chain decided for the release: the customer owes us after all.
      // What was paid out by then stands as what he owes already.
      return progress.debit?.returned === 'beforePivot' && !progress.payout?.settled
        ? [entry(move(customer, receivable, paid))]
        : []
    case 'releaseFinalized':
      return [entry(outOfHold(toPartner.token), move(toPartner.fiat, partner, paidOut))]
    case 'refundFinalized':
      return [entry(progress.lockBooked ? move(escrow, funds, held) : unhold)]
    case 'escrowClawedBack':
      // What we had minted ourselves is owed to nobody any more; what was the treasury's is now a claim on its issuer.
      return [entry(outOfHold(isMinted(terms) ? funds : account.exposure(terms.chain, held.currency)))]
    case 'deliveryReclaimed':
      // The release undone: we owe the partner again what he paid out, and a person decides how he gets it.
      return [entry(move(toPartner.token, funds, held), move(partner, toPartner.fiat, paidOut))]
    case 'creditSettled':
      return [entry(move(bankCash, owner, paid))]
    case 'creditReturnReversed':
      return progress.credit?.returned ? [entry(move(bankCash, owner, paid))] : []
    case 'creditReturned':
      if (progress.credit?.settled) return [entry(move(owesCustomer(before) ? customer : receivable, bankCash, paid))]
      // It comes to a person, where the late return is a claim on the customer again, and what we held for him is his.
      return isCompensatedReturn(before) ? [entry(move(customer, receivable, paid))] : []
    case 'transferCompensated':
      return progress.debit?.returned === 'afterPivot' ? [entry(move(receivable, customer, paid))] : []
    default:
      return []
  }
}

/** What he paid in stands on his clearing account: it has gone nowhere, as far as the bank has said. */
const holdsCustomersMoney = (before: Remittance) =>
  before.state !== 'compensated' && owesCustomer(before) && !(before.progress.credit?.settled && !before.progress.credit.returned)

/** He has neither been served nor has he taken his money back: what is credited is his, or it is paid twice and he owes it to us. */
const owesCustomer = ({ progress: { debit, payout } }: Remittance) => debit?.returned !== 'beforePivot' && !payout?.settled

/** The late return stands as a claim on the customer; a compensation has taken it from what we held for him. */
const owedFromReturn = ({ state, progress }: Remittance) => progress.debit?.returned === 'afterPivot' && state !== 'compensated'

/** The late return is no claim any more, since it was taken from what we held for him. */
const isCompensatedReturn = ({ state, progress }: Remittance) =>
  state === 'compensated' && progress.debit?.returned === 'afterPivot'

const isNotZero = (posting: Posting) => posting.amount.minor !== 0n
