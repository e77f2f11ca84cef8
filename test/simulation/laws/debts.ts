import type { Evidence } from '../evidence.ts'
import { endingOf, isInHands, wantedBy } from './endings.ts'
import type { Law } from './finding.ts'
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
    const owed = BigInt(parts) * BigInt(wanted.paidMinor)
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
