import type { ClientBase } from 'pg'
import type { Currency } from '../money/currency.ts'

/** What one transfer has on an account, debit positive, in minor units as a decimal string. */
export type OpenLine = {
  readonly account: string
  readonly currency: Currency
  readonly layer: 'posted' | 'pending'
  readonly minor: string
}

/** The transfer's own balances, where they are not zero. */
export const openLines = async (tx: ClientBase, transferId: string): Promise<OpenLine[]> => {
  const { rows } = await tx.query<OpenLine>({
    name: 'open_lines',
    text: `select p.account_id as account, p.currency, p.layer, sum(p.amount)::text as minor
             from ledger_entries e join ledger_postings p on p.entry = e.position
            where e.transfer_id = $1 group by 1, 2, 3 having sum(p.amount) <> 0 order by 1, 3`,
    values: [transferId],
  })
  return rows
}
