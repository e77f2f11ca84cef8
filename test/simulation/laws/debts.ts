import type { Evidence } from '../evidence.ts'
import { endingOf, isInHands, wantedBy } from './endings.ts'
import type { Law } from './finding.ts'
import { netOf } from './net-of.ts'
import { unheardRefundKeys } from './refund-orders.ts'
import { isDoubted } from './statements.ts'
import { isLost } from './undone.ts'

/** Law 2, where a bank has it that a customer has had more than he gave: a person has his transfer, and its books say how much he owes. */
export const debts: Law = evidence =>
  evidence.tables.transfers.flatMap(transfer => {
    const { id, state } = transfer
    const wanted = wantedBy(evidence, transfer)
    // What the house cannot know it cannot claim.
    if (wanted === undefined || isInHands(evidence, id) || isDoubted(evidence, id) || isLost(evidence, transfer)) return []
    const { gave, got, hasBack } = endingOf(evidence, transfer, wanted)
    // Of a deposit that is nobody's any more its issuer knows; one that is his again was given all the same.
    const isByDebit = wanted.route === 'onramp' || wanted.route === 'remittance'
    if (!got || !(hasBack || (isByDebit && !gave))) return []
    const parts = [got, hasBack, isByDebit && !gave].filter(Boolean).length - 1
    // What was paid back beside, while it was still owed to him, he has had as well.
    const owed = BigInt(parts) * BigInt(wanted.paidMinor) + (isByDebit ? refundedOf(evidence, id) : 0n)
    const claimed = claimedOf(evidence, id, isByDebit ? 'USD' : 'USDC')
    return claimed === owed ? [] : [`${id} (${wanted.route}, ${state}): he owes ${owed}, and its books say ${claimed}`]
  })

const claimedOf = ({ tables }: Evidence, id: string, currency: string): bigint => {
  const entries = new Set(tables.ledger_entries.filter(entry => entry.transfer_id === id).map(({ position }) => position))
  const accounts = [`receivable:${currency}`, `customer_clearing:${currency}`]
  return tables.ledger_postings
    .filter(({ entry, account_id, layer }) => entries.has(entry) && layer === 'posted' && accounts.includes(account_id))
    .reduce((sum, { amount }) => sum + BigInt(amount), 0n)
}

/** What refunds that the house knows of have paid of a debit. */
const refundedOf = (evidence: Evidence, id: string): bigint => {
  const unheard = unheardRefundKeys(evidence)
  const keys = new Set(
    evidence.tables.refunds.flatMap(({ refund_of, kind, currency, request }) =>
      refund_of === id && kind === 'owed' && currency === 'USD' && !unheard.has(request.key) ? [request.key] : [],
    ),
  )
  return netOf(
    evidence,
    evidence.bank.orders.filter(({ key }) => keys.has(key)),
  )
}
