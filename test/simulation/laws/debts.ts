import type { Evidence } from '../evidence.ts'
import { endingOf, isInHands, wantedBy } from './endings.ts'
import type { Law } from './finding.ts'
import { isDoubted } from './statements.ts'
import { isLost } from './undone.ts'

/** Law 2, where a bank has served a customer twice: a person has the transfer, and its books say how much he has had too much. */
export const debts: Law = evidence =>
  evidence.tables.transfers.flatMap(transfer => {
    const { id, state } = transfer
    const wanted = wantedBy(evidence, transfer)
    // What the house cannot know it cannot claim.
    if (wanted === undefined || isInHands(evidence, id) || isDoubted(evidence, id) || isLost(evidence, transfer)) return []
    const { gave, got, hasBack } = endingOf(evidence, transfer, wanted)
    if (!got || !hasBack) return []
    // A deposit that is back was given all the same; a debit that is back was not.
    const isByDebit = wanted.route === 'onramp' || wanted.route === 'remittance'
    const owed = BigInt(wanted.paidMinor) * (isByDebit && !gave ? 2n : 1n)
    const claimed = claimedOf(evidence, id, isByDebit ? 'USD' : 'USDC')
    return claimed === owed ? [] : [`${id} (${wanted.route}, ${state}): he owes ${owed}, and the books say ${claimed}`]
  })

const claimedOf = ({ tables }: Evidence, id: string, currency: string): bigint => {
  const entries = new Set(tables.ledger_entries.filter(entry => entry.transfer_id === id).map(({ position }) => position))
  const accounts = [`receivable:${currency}`, `customer_clearing:${currency}`]
  return tables.ledger_postings
    .filter(({ entry, account_id, layer }) => entries.has(entry) && layer === 'posted' && accounts.includes(account_id))
    .reduce((sum, { amount }) => sum + BigInt(amount), 0n)
}
