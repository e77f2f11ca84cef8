import { type Explanation, explainable, explanationEntry, type LineKey } from '../../../bridge-service/src/ledger/explain-line.ts'
import type { Money } from '../../../bridge-service/src/money/money.ts'
import { bookByHand } from './book-by-hand.ts'
import type { MemoryDatabase, MemoryTx } from './transaction.ts'

const nameOf = ({ rail, account, cursor }: LineKey) => `${rail} ${account} ${cursor}`

/** What a person may say of a doubtful line. Throws as the one of Postgres does. */
export const lockLine = async ({ tables }: MemoryDatabase, tx: MemoryTx, line: LineKey, into: string | null): Promise<Money> => {
  await tx.lock([`line ${nameOf(line)}`])
  const row = tx.get(tables.bank_statement_lines, nameOf(line))
  const doubtful = row !== undefined && ['mismatched', 'unexplained'].includes(row.verdict) && row.explained_by === null
  const known = row && { currency: row.currency, amount: String(row.amount), doubtful }
  return explainable({ ...line, into }, known, tables.ledger_accounts.get(into ?? '')?.currency)
}

/** Ends the doubt about a line, and books its money where it is in no book yet. */
export const explainLine = async (database: MemoryDatabase, tx: MemoryTx, explanation: Explanation): Promise<void> => {
  const { tables } = database
  const amount = await lockLine(database, tx, explanation, explanation.into)
  const row = tx.get(tables.bank_statement_lines, nameOf(explanation))!
  tx.put(tables.bank_statement_lines, nameOf(explanation), { ...row, explained_by: explanation.actionId })
  const entry = explanationEntry(explanation, amount)
  if (entry !== undefined) await bookByHand(database, tx, entry)
}
