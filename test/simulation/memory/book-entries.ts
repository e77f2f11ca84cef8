import type { Posting } from '../../../bridge-service/src/ledger/entry.ts'
import type { Step } from '../../../bridge-service/src/saga/step.ts'
import { checkViolation, foreignKeyViolation, uniqueViolation } from './database-error.ts'
import type { MemoryDatabase, MemoryTx } from './transaction.ts'

/** Books what a step books, under the laws of the ledger's triggers: net zero per currency and layer, one entry per event, known accounts. */
export const bookEntries = ({ tables, nextPosition }: MemoryDatabase, tx: MemoryTx, { before, decision }: Step): void => {
  for (const { version, entry } of decision.entries) {
    const name = `${before.id} ${version}`
    if (tx.get(tables.ledger_entries, name) !== undefined) throw uniqueViolation('ledger_entries', name)
    const position = nextPosition()
    tx.put(tables.ledger_entries, name, { position, transfer_id: before.id, version, kind: entry.kind, at: tx.nowMs })
    refuseUnbalanced(name, entry.postings)
    for (const [line, { account, layer, amount }] of entry.postings.entries()) {
      if (tx.get(tables.ledger_accounts, account)?.currency !== amount.currency)
        throw foreignKeyViolation(`no account ${account} in ${amount.currency}`)
      const { currency, minor } = amount
      tx.put(tables.ledger_postings, `${position} ${line}`, {
        ...{ entry: position, line, account_id: account, currency, layer, amount: minor },
      })
      tx.add(account, layer, minor)
    }
  }
}

const refuseUnbalanced = (name: string, postings: readonly Posting[]) => {
  const totals = new Map<string, bigint>()
  for (const { amount, layer } of postings) {
    if (amount.minor === 0n) throw checkViolation(`entry ${name} has an empty posting`)
    const of = `${amount.currency} ${layer}`
    totals.set(of, (totals.get(of) ?? 0n) + amount.minor)
  }
  for (const [of, total] of totals) if (total !== 0n) throw checkViolation(`entry ${name} does not balance in ${of}: ${total}`)
}
