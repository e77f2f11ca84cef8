import type { ClientBase } from 'pg'
import { BridgeError } from '../errors.ts'
import { isCurrency } from '../money/currency.ts'
import { type Money, money } from '../money/money.ts'
import { bookByHand, type HandEntry } from './book-by-hand.ts'
import { account } from './chart.ts'
import { move } from './entry.ts'

/** A line of the statement of one of our accounts. */
export type LineKey = { readonly rail: string; readonly account: string; readonly cursor: string }

/**
 * What a person has found out about a line that no order of ours explains. `into`: the account that its money is booked against; null: it
 * is in the books already, or another line has undone it.
 */
export type Explanation = LineKey & {
  readonly into: string | null
  readonly actionId: string
  readonly actor: string
  readonly reason: string
}

/** Gain and loss of the house, its owner's money, what an issuer owes, and another bank of ours: nothing that belongs to a customer. */
const destinations = /^(?:bank_cash|exposure|written_off|bad_debt|fee_income|equity):/

type DoubtedLine = { readonly currency: string; readonly amount: string; readonly doubtful: boolean }

/**
 * What a line moves that may be explained so: `intoCurrency` is the currency of the account `into`, undefined where there is none. Throws
 * `line_not_found`, `line_explained` where nobody doubts it any more, and `account_not_allowed` when it cannot be booked into that account.
 */
export const explainable = (
  { rail, account: ours, cursor, into }: LineKey & Pick<Explanation, 'into'>,
  line: DoubtedLine | undefined,
  intoCurrency: string | undefined,
): Money => {
  const details = { rail, account: ours, cursor }
  if (line === undefined || !isCurrency(line.currency)) throw new BridgeError('line_not_found', details)
  if (!line.doubtful) throw new BridgeError('line_explained', details)
  const isAllowed = into === null || (destinations.test(into) && into !== account.bankCash(rail, line.currency))
  if (!isAllowed || (into !== null && intoCurrency !== line.currency))
    throw new BridgeError('account_not_allowed', { into, currency: line.currency })
  return money(line.currency, BigInt(line.amount))
}

/** Locks a doubtful line. Throws as `explainable` does. */
export const lockLine = async (tx: ClientBase, key: LineKey, into: string | null): Promise<Money> => {
  const { rows } = await tx.query<DoubtedLine>(
    `select currency, amount, verdict in ('mismatched', 'unexplained') and explained_by is null as doubtful
       from bank_statement_lines where rail = $1 and account = $2 and cursor = $3 for update`,
    [key.rail, key.account, key.cursor],
  )
  const accounts = await tx.query<{ currency: string }>('select currency from ledger_accounts where id = $1', [into])
  return explainable({ ...key, into }, rows[0], accounts.rows[0]?.currency)
}

/** What an explained line books against its account. */
export const explanationEntry = (
  { rail, account: ours, cursor, into, actor, reason }: Explanation,
  amount: Money,
): HandEntry | undefined =>
  into === null
    ? undefined
    : {
        name: `line:${rail}/${ours}/${cursor}`,
        kind: 'lineExplained',
        postings: move(into, account.bankCash(rail, amount.currency), amount),
        actor,
        cause: `command:explainLine: ${reason}`,
      }

/** Ends the doubt about a line, and books its money where it is in no book yet. To be called in a transaction. Throws as `explainable` does. */
export const explainLine = async (tx: ClientBase, explanation: Explanation): Promise<void> => {
  const { rail, account: ours, cursor, into, actionId } = explanation
  const amount = await lockLine(tx, explanation, into)
  await tx.query('update bank_statement_lines set explained_by = $4 where rail = $1 and account = $2 and cursor = $3', [
    ...[rail, ours, cursor, actionId],
  ])
  const entry = explanationEntry(explanation, amount)
  if (entry !== undefined) await bookByHand(tx, entry)
}
