import type { DepositStore, UnmatchedMoney } from '../../../bridge-service/src/deposits/store.ts'
import type { StrayDeposit } from '../../../bridge-service/src/deposits/stray-deposit.ts'
import { type KnownStray, readStray } from '../../../bridge-service/src/deposits/stray-row.ts'
import { account } from '../../../bridge-service/src/ledger/chart.ts'
import type { InboxRow, StrayTableRow } from './tables.ts'
import type { MemoryDatabase, MemoryTx } from './transaction.ts'

const readAtOnce = 100
const lookedAtOnce = 50
const lookAgainMs = 30_000
const selfServeMs = 600_000

export const isWatched = ({ state }: StrayTableRow): boolean => state === 'waiting' || state === 'self_serve'

export const isStrayMoney = ({ unmatched, kind }: InboxRow): boolean =>
  unmatched && (kind === 'escrowLocked' || kind === 'depositReceived')

export const openCases = async (
  database: MemoryDatabase,
  tx: MemoryTx,
  ...[chains, caseOf]: Parameters<DepositStore['openCases']>
): Promise<number> => {
  const { tables } = database
  const lockOf = ({ source, fact }: InboxRow) => `fact ${source} ${fact}`
  const rows = [...tables.inbox.values()]
    .filter(row => isStrayMoney(row) && chains.includes(row.source) && !tx.isLockedByAnother(lockOf(row)))
    .sort((a, b) => a.received_at - b.received_at)
    .slice(0, readAtOnce)
  await tx.lock(rows.map(lockOf))
  for (const row of rows) {
    const money = row as unknown as UnmatchedMoney
    const name = `${row.source} ${row.fact}`
    const known = tx.get(tables.stray_deposits, tx.get(tables.by_stray_fact, name) ?? '')
    if (money.payload.status === 'orphaned') {
      if (known !== undefined && isWatched(known)) {
        const gone = { state: 'gone', detail: 'its block has left the chain', updated_at: tx.nowMs } as const
        tx.put(tables.stray_deposits, known.id, { ...known, ...gone })
      }
    } else {
      const transferId = tx.get(tables.by_ref, row.subject)
      const found = caseOf(money, transferId && tx.get(tables.transfers, transferId)?.transfer)
      if (found !== undefined) openCase(database, tx, found, known)
    }
    tx.put(tables.inbox, name, { ...row, consumed: row.revision, unmatched: false })
  }
  return rows.length
}

const openCase = (database: MemoryDatabase, tx: MemoryTx, stray: StrayDeposit, known: StrayTableRow | undefined) => {
  if (known !== undefined) {
    const again = { state: 'waiting', look_at: tx.nowMs, updated_at: tx.nowMs } as const
    if (known.state === 'gone') tx.put(database.tables.stray_deposits, known.id, { ...known, ...again })
    return
  }
  insertStray(database, tx, stray)
  bookStray(database, tx, stray, true)
}

export const insertStray = (
  { tables: { stray_deposits, by_stray_fact } }: MemoryDatabase,
  tx: MemoryTx,
  stray: StrayDeposit,
): void => {
  const { id, chain, fact, ref, transferId, tenant, escrowId, balanceId, token, currency, payer, reason, refundAfter } = stray
  tx.put(by_stray_fact, `${chain} ${fact}`, id)
  tx.put(stray_deposits, id, {
    ...{ id, chain, fact, ref, transfer_id: transferId, tenant, escrow_id: escrowId, balance_id: balanceId, token, currency },
    ...{ units: BigInt(stray.units), booked: stray.bookedMinor, payer, reason, state: 'waiting', reclaim_after: refundAfter },
    ...{ code: null, detail: null, tx_hash: null, address_terms: stray.address },
    ...{ received_at: tx.nowMs, look_at: tx.nowMs, updated_at: tx.nowMs },
  })
}

/** Owed to whoever sent it, until it has gone back. */
export const bookStray = (
  { tables, nextPosition }: MemoryDatabase,
  tx: MemoryTx,
  { id, chain, currency, bookedMinor }: Pick<StrayDeposit, 'id' | 'chain' | 'currency' | 'bookedMinor'>,
  came: boolean,
): void => {
  const version = came ? 1 : 2
  const name = `${id} ${version}`
  if (currency === null || bookedMinor === 0n || tx.get(tables.ledger_entries, name) !== undefined) return
  const position = nextPosition()
  const kind = came ? 'strayDepositReceived' : 'strayDepositReturned'
  tx.put(tables.ledger_entries, name, { position, transfer_id: id, version, kind, at: tx.nowMs })
  const [owed, held] = [account.customerClearing(currency), account.treasury(chain as `${string}:${string}`, currency)]
  const lines = came ? [held, owed] : [owed, held]
  for (const [line, account_id] of lines.entries()) {
    const amount = line === 0 ? bookedMinor : -bookedMinor
    tx.put(tables.ledger_postings, `${position} ${line}`, {
      entry: position,
      line,
      account_id,
      currency,
      layer: 'posted',
      amount,
    })
    tx.add(account_id, 'posted', amount)
  }
}

export const claimCases = async (
  { tables: { stray_deposits } }: MemoryDatabase,
  tx: MemoryTx,
  chains: readonly string[],
): Promise<KnownStray[]> => {
  const due = [...stray_deposits.values()]
    .filter(row => isWatched(row) && row.look_at <= tx.nowMs && chains.includes(row.chain) && !tx.isLockedByAnother(row.id))
    .sort((a, b) => a.look_at - b.look_at)
    .slice(0, lookedAtOnce)
  return due.map(row => {
    tx.put(stray_deposits, row.id, { ...row, look_at: tx.nowMs + lookAgainMs })
    return knownOf(row)
  })
}

export const knownOf = (row: StrayTableRow): KnownStray =>
  readStray({
    ...row,
    units: String(row.units),
    booked: String(row.booked),
    reclaim_after: row.reclaim_after === null ? null : String(row.reclaim_after),
    received_at: new Date(row.received_at),
    updated_at: new Date(row.updated_at),
  })

export const settleCase = async (
  { tables: { stray_deposits } }: MemoryDatabase,
  tx: MemoryTx,
  ...[id, state, news]: Parameters<DepositStore['settleCase']>
): Promise<void> => {
  await tx.lock([id])
  const row = tx.get(stray_deposits, id)
  if (row === undefined || !isWatched(row)) return
  tx.put(stray_deposits, id, {
    ...{ ...row, state, code: news.code ?? null, detail: news.detail ?? null },
    ...{ reclaim_after: news.reclaimAfter ?? row.reclaim_after, updated_at: tx.nowMs, look_at: tx.nowMs + selfServeMs },
  })
}
