import { type Debt, type Settlement, settleable, settlementEntry } from '../../../bridge-service/src/ledger/settle-receivable.ts'
import { bookByHand } from './book-by-hand.ts'
import type { MemoryDatabase, MemoryTx } from './transaction.ts'

/** Locks what is owed, and its pool before it. Throws as the one of Postgres does. */
export const lockReceivable = async (
  { tables }: MemoryDatabase,
  tx: MemoryTx,
  wanted: Pick<Settlement, 'transferId' | 'amount'>,
): Promise<Debt> => {
  const name = `${wanted.transferId} ${wanted.amount.currency}`
  const { source } = tx.get(tables.transfers, wanted.transferId)?.transfer.terms ?? {}
  if (source === undefined) return settleable(wanted, undefined)
  await tx.lock([`pool ${source.kind === 'bank' ? source.rail : source.chain}:${wanted.amount.currency}`])
  await tx.lock([`receivable ${name}`])
  const row = tx.get(tables.receivables, name)
  if (row === undefined) return settleable(wanted, undefined)
  return settleable(wanted, {
    outstanding: String(row.owed - row.recovered - row.written_off),
    rail: source.kind === 'bank' ? source.rail : null,
    chain: source.kind === 'chain' ? source.chain : null,
  })
}

/** Books a settlement and takes it off what is owed. */
export const settleReceivable = async (database: MemoryDatabase, tx: MemoryTx, settlement: Settlement): Promise<void> => {
  const { receivables } = database.tables
  const { transferId, kind, amount } = settlement
  const debt = await lockReceivable(database, tx, settlement)
  const name = `${transferId} ${amount.currency}`
  const row = tx.get(receivables, name)!
  tx.put(receivables, name, {
    ...row,
    recovered: row.recovered + (kind === 'recovered' ? amount.minor : 0n),
    written_off: row.written_off + (kind === 'recovered' ? 0n : amount.minor),
    updated_at: tx.nowMs,
  })
  await bookByHand(database, tx, settlementEntry(settlement, debt))
}
