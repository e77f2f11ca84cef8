import type pg from 'pg'
import { type AddressStore, postgresAddressStore } from '../../../bridge-service/src/deposits/address-store.ts'
import { postgresDepositStore } from '../../../bridge-service/src/deposits/postgres-store.ts'
import type { DepositStore } from '../../../bridge-service/src/deposits/store.ts'
import { type Explanation, explainLine } from '../../../bridge-service/src/ledger/explain-line.ts'
import { type Settlement, settleReceivable } from '../../../bridge-service/src/ledger/settle-receivable.ts'
import { endAction, postgresFloor, takeTheFloor } from '../../../bridge-service/src/operators/action-store.ts'
import { closingLines, type WantedLine } from '../../../bridge-service/src/operators/closing-lines.ts'
import type { Floor } from '../../../bridge-service/src/operators/speak.ts'
import { hearRefund, type Said } from '../../../bridge-service/src/refunds/hear-refund.ts'
import { openRefund, type RefundRequest } from '../../../bridge-service/src/refunds/open-refund.ts'
import { postgresRefundStore } from '../../../bridge-service/src/refunds/postgres-store.ts'
import type { RefundStore } from '../../../bridge-service/src/refunds/store.ts'
import { postgresStatementStore } from '../../../bridge-service/src/saga/postgres-statements.ts'
import { postgresStore } from '../../../bridge-service/src/saga/postgres-store.ts'
import type { StatementStore } from '../../../bridge-service/src/saga/statement-store.ts'
import type { SagaStore } from '../../../bridge-service/src/saga/store.ts'
import { inTransaction } from '../../../bridge-service/src/transaction.ts'
import type { Resolution } from '../../../bridge-service/src/transfer/event.ts'
import type { TransferId } from '../../../bridge-service/src/transfer/id.ts'
import type { News } from '../memory/facts.ts'
import type { MemoryStore } from '../memory-store.ts'
import { type FollowedChain, followedInPostgres } from './followed-chain.ts'
import { virtualDatabase } from './virtual-database.ts'

/** What a store does for the saga and for those who write beside it. */
export type Side = Pick<
  MemoryStore,
  'keepFact' | 'tellFact' | 'openAccounts' | 'openPool' | 'movePool' | 'keepQuote' | 'unparkTransfer'
> & {
  readonly store: SagaStore
  readonly deposits: DepositStore
  readonly addresses: AddressStore
  readonly statements: StatementStore
  readonly refunds: RefundStore
  readonly openRefund: (request: RefundRequest) => Promise<unknown>
  readonly hearRefund: (rail: string, said: Said) => Promise<boolean>
  readonly explainLine: (explanation: Explanation) => Promise<void>
  readonly settleReceivable: (settlement: Settlement) => Promise<void>
  readonly onFloor: (work: (floor: Floor) => Promise<unknown>) => Promise<unknown>
  readonly endAction: (id: string, refusal: string | null) => Promise<unknown>
  readonly closingLines: (transferId: TransferId, wanted: readonly WantedLine[]) => Promise<Resolution['closing']>
  readonly chain: FollowedChain
}

export type VirtualPostgres = Side & {
  readonly setTime: (nowMs: number) => Promise<void>
  /** Every row that a step can write, without what only Postgres numbers. */
  readonly dump: () => Promise<Record<string, unknown[]>>
  readonly close: () => Promise<void>
}

const dumpSql = {
  transfers: 'select * from transfers',
  transfer_events: 'select * from transfer_events',
  outbox: 'select transfer_id, version, type from outbox',
  audit_log: 'select * from audit_log',
  intents: 'select * from intents',
  ledger_entries: 'select transfer_id, version, kind, at from ledger_entries',
  ledger_postings: `select e.transfer_id, e.version, p.line, p.account_id, p.currency, p.layer, p.amount
                      from ledger_postings p join ledger_entries e on e.position = p.entry`,
  ledger_balances: 'select account_id, sum(posted) as posted, sum(pending) as pending from ledger_balances group by account_id',
  deadlines: 'select * from deadlines',
  finality_waits: 'select * from finality_waits',
  inbox: 'select * from inbox',
  liquidity_pools: 'select * from liquidity_pools',
  reservations: 'select * from reservations',
  receivables: 'select * from receivables',
  advances: 'select * from advances',
  transfers_in_hand: 'select * from transfers_in_hand',
  quotes: 'select id, tenant, expires_at, transfer_id from quotes',
  stray_deposits: 'select * from stray_deposits',
  deposit_orders: 'select * from deposit_orders',
  deposit_addresses: 'select * from deposit_addresses',
  bank_statements: 'select * from bank_statements',
  bank_statement_lines: 'select * from bank_statement_lines',
  refunds: 'select * from refunds',
  operator_actions: `select id, type, transfer_id, scope, reason, payload, payload_hash, four_eyes, requested_by, requested_person, requested_at,
                            expires_at, decision, decided_by, decided_person, decided_at, obeyed_at, refusal from operator_actions`,
  operator_audit: 'select action_id, event, actor, reason, at from operator_audit',
  idempotency_keys: 'select * from idempotency_keys',
}

/** The real store on a real Postgres whose time stands still until it is set. */
export const virtualPostgres = async (): Promise<VirtualPostgres> => {
  const { owner, app, setTime, close } = await virtualDatabase()

  const inbox = async ({ source, fact, subject, kind, payload }: News, onConflict: string): Promise<boolean> => {
    const { rowCount } = await owner.query(
      `insert into inbox as i (source, fact, subject, kind, payload) values ($1, $2, $3, $4, $5) on conflict ${onConflict}`,
      [source, fact, subject, kind, payload],
    )
    return rowCount === 1
  }
  return {
    store: postgresStore(app),
    deposits: postgresDepositStore(app),
    addresses: postgresAddressStore(app),
    statements: postgresStatementStore(app),
    refunds: postgresRefundStore(app),
    openRefund: async request => {
      const { id, currency, minor } = await inTransaction(app, tx => openRefund(tx, request))
      return { id, currency, minor }
    },
    hearRefund: (rail, said) => hearRefund(app, rail, said),
    explainLine: explanation => inTransaction(app, tx => explainLine(tx, explanation)),
    settleReceivable: settlement => inTransaction(app, tx => settleReceivable(tx, settlement)),
    onFloor: work =>
      inTransaction(app, async tx => {
        await takeTheFloor(tx)
        return work(postgresFloor(tx))
      }),
    endAction: (id, refusal) => endAction(app, id, refusal),
    closingLines: (transferId, wanted) => inTransaction(app, tx => closingLines(tx, transferId, wanted)),
    chain: followedInPostgres(owner),
    keepFact: news => inbox(news, 'do nothing'),
    tellFact: news =>
      inbox(
        news,
        `(source, fact) do update set subject = excluded.subject, kind = excluded.kind, payload = excluded.payload, revision = i.revision + 1
          where (i.subject, i.kind, i.payload) is distinct from (excluded.subject, excluded.kind, excluded.payload)`,
      ),
    openAccounts: async accounts => {
      for (const { id, kind, currency, shards } of accounts)
        await owner.query('insert into ledger_accounts (id, kind, currency, shards) values ($1, $2, $3, $4)', [
          ...[id, kind, currency, shards],
        ])
    },
    openPool: async ({ id, currency, total }) => {
      await owner.query('insert into liquidity_pools (id, currency, total) values ($1, $2, $3)', [id, currency, total])
    },
    movePool: async (id, minor) => {
      await owner.query('update liquidity_pools set total = total + $2 where id = $1', [id, minor])
    },
    keepQuote: async ({ id, tenant, expires_at }) => {
      await owner.query(`insert into quotes (id, tenant, terms, expires_at) values ($1, $2, '{}', $3)`, [
        ...[id, tenant, new Date(expires_at)],
      ])
    },
    unparkTransfer: async id => {
      await owner.query('update transfers set parked_reason = null where id = $1', [id])
      await owner.query('delete from transfers_in_hand where transfer_id = $1', [id])
    },
    setTime,
    dump: async () => {
      const answers = (await owner.query(Object.values(dumpSql).join(';'))) as unknown as pg.QueryResult[]
      return Object.fromEntries(Object.keys(dumpSql).map((table, index) => [table, answers[index]!.rows]))
    },
    close,
  }
}
