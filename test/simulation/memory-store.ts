import type { AddressStore } from '../../bridge-service/src/deposits/address-store.ts'
import type { DepositStore } from '../../bridge-service/src/deposits/store.ts'
import type { AccountDefinition } from '../../bridge-service/src/ledger/chart.ts'
import type { RefundRequest } from '../../bridge-service/src/refunds/open-refund.ts'
import type { RefundStore } from '../../bridge-service/src/refunds/store.ts'
import type { FinalFact } from '../../bridge-service/src/saga/engine.ts'
import type { StatementStore } from '../../bridge-service/src/saga/statement-store.ts'
import type { TransferId } from '../../bridge-service/src/transfer/id.ts'
import { type AroundAddresses, addressStore } from './memory/address-store.ts'
import { type Around, type Connection, connect } from './memory/connection.ts'
import { type AroundDeposits, depositStore, isOpenOrder } from './memory/deposit-store.ts'
import { type Dump, dump } from './memory/dump.ts'
import { isWaiting, keepFact, type News, parkedSubjects, tellFact } from './memory/facts.ts'
import { finalFacts, type Standing } from './memory/final-facts.ts'
import { putDown } from './memory/in-hand.ts'
import { isOpen, wakeIntents } from './memory/intents.ts'
import { type AroundRefunds, refundStore } from './memory/refund-store.ts'
import { isPayable, openRefund } from './memory/refunds.ts'
import { inOneStatement } from './memory/statement.ts'
import { type AroundStatements, statementStore } from './memory/statement-store.ts'
import { isStrayMoney, isWatched } from './memory/stray-cases.ts'
import type { IntentRow, PoolRow, QuoteRow, RefundRow, Tables } from './memory/tables.ts'
import { type MemoryDatabase, type MemoryTx, memoryDatabase } from './memory/transaction.ts'

export type MemoryStore = {
  /** The connections of one process. */
  readonly connect: (around?: Around) => Connection
  /** What the desk of deposits keeps, as one process sees it. */
  readonly deposits: (around?: AroundDeposits) => DepositStore
  /** What the sweeper of deposit addresses keeps, as one process sees it. */
  readonly addresses: (around?: AroundAddresses) => AddressStore
  /** What is read of the bank's statements, as one process sees it. */
  readonly statements: (around?: AroundStatements) => StatementStore
  /** The refunds that are to be paid, as one process sees them. */
  readonly refunds: (around?: AroundRefunds) => RefundStore
  /** What the API writes when somebody asks for a refund, or two operators give one. */
  readonly openRefund: (request: RefundRequest) => Promise<RefundRow>
  /** The server restarts: every transaction under way is gone. */
  readonly restart: () => void
  /** What a webhook or a command writes. Returns whether it was new. */
  readonly keepFact: (news: News) => Promise<boolean>
  /** What the indexer writes. Returns whether it was news. */
  readonly tellFact: (news: News) => Promise<boolean>
  /** Waits whose facts are final, as the chain stands; see `finalFacts` of the indexer. */
  readonly finalFacts: (limit: number, standing: Standing) => FinalFact[]
  readonly openAccounts: (accounts: readonly AccountDefinition[]) => Promise<void>
  readonly openPool: (pool: Pick<PoolRow, 'id' | 'currency' | 'total'>) => Promise<void>
  /** More liquidity, or less, whatever is promised. */
  readonly movePool: (id: string, minor: bigint) => Promise<void>
  /** Somebody else reserves of it, and frees that again: whoever has read it before comes too late. */
  readonly disturbPool: (id: string) => Promise<void>
  readonly keepQuote: (quote: Omit<QuoteRow, 'transfer_id'>) => Promise<void>
  /** A person has looked. */
  readonly unparkTransfer: (id: TransferId) => Promise<void>
  /** What rests until its next turn has it now; what somebody is at work on is left to him. */
  readonly wakeIntents: (isMeant: (row: IntentRow) => boolean) => Promise<void>
  /** When something of it is next due, in ms since the epoch: a poll before then finds nothing. Infinity when nothing is. */
  readonly nextDueMs: () => number
  /** The same for the desk of deposits. */
  readonly nextDeskMs: () => number
  /** The same for whoever pays refunds. */
  readonly nextRefundMs: () => number
  readonly dump: () => Dump
  /** For other writers of the same database: an indexer, a world that is set up. */
  readonly database: MemoryDatabase
}

/** The saga's store without a database: the same contract at the speed of a map. `nowMs` is database time. */
export const memoryStore = (nowMs: () => number): MemoryStore => {
  const database = memoryDatabase(nowMs)
  const { tables } = database
  const underWay = new Set<MemoryTx>()
  const write = <T>(work: (tx: MemoryTx) => T | Promise<T>) => inOneStatement(database, undefined, work)

  return {
    connect: around => connect(database, underWay, around),
    deposits: around => depositStore(database, around),
    addresses: around => addressStore(database, around),
    statements: around => statementStore(database, around),
    refunds: around => refundStore(database, around),
    openRefund: request => write(tx => openRefund(database, tx, request)),
    restart: () => {
      for (const tx of underWay) tx.cut()
    },
    keepFact: news => write(tx => keepFact(tx, tables, news)),
    tellFact: news => write(tx => tellFact(tx, tables, news)),
    finalFacts: (limit, standing) => finalFacts(tables, limit, standing),
    openAccounts: accounts =>
      write(tx => {
        for (const account of accounts) tx.put(tables.ledger_accounts, account.id, account)
      }),
    openPool: pool =>
      write(tx => tx.put(tables.liquidity_pools, pool.id, { ...pool, reserved: 0n, version: 1, account_id: null })),
    movePool: (id, minor) => write(tx => movePool(tx, tables, id, minor)),
    disturbPool: id => write(tx => disturbPool(tx, tables, id)),
    keepQuote: quote => write(tx => tx.put(tables.quotes, quote.id, { ...quote, transfer_id: null })),
    unparkTransfer: id =>
      write(async tx => {
        await tx.lock([`transfer ${id}`])
        const row = tx.get(tables.transfers, id)
        if (row !== undefined) tx.put(tables.transfers, id, { ...row, parked_reason: null })
        await putDown(tx, tables, [id])
      }),
    wakeIntents: isMeant => write(tx => wakeIntents(tx, tables, isMeant)),
    nextDueMs: untilWritten(database, earliestDueMs),
    nextDeskMs: untilWritten(database, earliestAtDeskMs),
    nextRefundMs: untilWritten(database, earliestRefundMs),
    dump: () => dump(tables),
    database,
  }
}

/** The same until somebody writes: it is asked at every beat of every poll. */
const untilWritten = ({ tables, generation }: MemoryDatabase, earliest: (tables: Tables) => number) => {
  let known = { generation: -1, ms: Number.POSITIVE_INFINITY }
  return (): number => {
    const now = generation()
    if (known.generation !== now) known = { generation: now, ms: earliest(tables) }
    return known.ms
  }
}

const movePool = async (tx: MemoryTx, { liquidity_pools: pools }: Tables, id: string, minor: bigint) => {
  await tx.lock([`pool ${id}`])
  const pool = tx.get(pools, id)
  if (pool === undefined) throw new Error(`no pool ${id}`)
  tx.put(pools, id, { ...pool, total: pool.total + minor })
}

const disturbPool = async (tx: MemoryTx, { liquidity_pools: pools }: Tables, id: string) => {
  await tx.lock([`pool ${id}`])
  const pool = tx.get(pools, id)
  if (pool !== undefined) tx.put(pools, id, { ...pool, version: pool.version + 1 })
}

const earliestDueMs = (tables: Tables): number => {
  let ms = Number.POSITIVE_INFINITY
  for (const row of tables.intents.values()) if (row.next_at < ms && isOpen(row)) ms = row.next_at
  for (const row of tables.deadlines.values())
    if (row.due_at < ms && tables.transfers.get(row.transfer_id)?.parked_reason === null) ms = row.due_at
  const parked = new Set(parkedSubjects(tables))
  for (const row of tables.inbox.values())
    if (row.received_at < ms && isWaiting(row) && !parked.has(row.subject)) ms = row.received_at
  return ms
}

const earliestAtDeskMs = (tables: Tables): number => {
  let ms = Number.POSITIVE_INFINITY
  for (const row of tables.stray_deposits.values()) if (row.look_at < ms && isWatched(row)) ms = row.look_at
  for (const row of tables.deposit_orders.values()) if (row.next_at < ms && isOpenOrder(row)) ms = row.next_at
  for (const row of tables.inbox.values()) if (row.received_at < ms && isStrayMoney(row)) ms = row.received_at
  return ms
}

const earliestRefundMs = ({ refunds }: Tables): number => {
  let ms = Number.POSITIVE_INFINITY
  for (const row of refunds.values()) if (row.next_at < ms && isPayable(row)) ms = row.next_at
  return ms
}
