import type { Posting } from '../../../bridge-service/src/ledger/entry.ts'
import type { Step } from '../../../bridge-service/src/saga/step.ts'
import { checkViolation, foreignKeyViolation, uniqueViolation } from './database-error.ts'
import type { Tables } from './tables.ts'
import type { MemoryDatabase, MemoryTx } from './transaction.ts'

/** Books what a step books, one entry at most per event. */
export const bookEntries = ({ tables, nextPosition }: MemoryDatabase, tx: MemoryTx, { before, decision }: Step): void => {
  for (const { version, entry } of decision.entries) {
    const name = `${before.id} ${version}`
    if (tx.get(tables.ledger_entries, name) !== undefined) throw uniqueViolation('ledger_entries', name)
    const position = nextPosition()
    tx.put(tables.ledger_entries, name, { position, transfer_id: before.id, version, kind: entry.kind, at: tx.nowMs })
    for (const [line, { account, layer, amount }] of entry.postings.entries()) {
      const { currency, minor } = amount
      if (minor === 0n) throw checkViolation(`entry ${name} has an empty posting`)
      const posting = { entry: position, line, account_id: account, currency, layer, amount: minor }
      tx.put(tables.ledger_postings, `${position} ${line}`, posting)
      tx.add(account, layer, minor)
    }
  }
}

/** The laws of the ledger's triggers, which look when all else is written: net zero per currency and layer, and known accounts. */
export const guardEntries = (tx: MemoryTx, tables: Tables, steps: readonly Step[]): void => {
  const entries = steps.flatMap(({ decision }) => decision.entries.map(({ entry }) => entry))
  for (const { kind, postings } of entries) refuseUnbalanced(kind, postings)
  for (const { postings } of entries)
    for (const { account, amount } of postings)
      if (tx.get(tables.ledger_accounts, account)?.currency !== amount.currency)
        throw foreignKeyViolation(`no account ${account} in ${amount.currency}`)
}

const refuseUnbalanced = (kind: string, postings: readonly Posting[]) => {
  const totals = new Map<string, bigint>()
  for (const { amount, layer } of postings) {
    const of = `${amount.currency} ${layer}`
    totals.set(of, (totals.get(of) ?? 0n) + amount.minor)
  }
  for (const [of, total] of totals) if (total !== 0n) throw checkViolation(`${kind} does not balance in ${of}: ${total}`)
}
