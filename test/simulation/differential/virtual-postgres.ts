import type pg from 'pg'
import { type AddressStore, postgresAddressStore } from '../../../bridge-service/src/deposits/address-store.ts'
import { postgresDepositStore } from '../../../bridge-service/src/deposits/postgres-store.ts'
import type { DepositStore } from '../../../bridge-service/src/deposits/store.ts'
import { postgresStatementStore } from '../../../bridge-service/src/saga/postgres-statements.ts'
import { postgresStore } from '../../../bridge-service/src/saga/postgres-store.ts'
import type { StatementStore } from '../../../bridge-service/src/saga/statement-store.ts'
import type { SagaStore } from '../../../bridge-service/src/saga/store.ts'
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
  receivables:
    'select transfer_id, currency, tenant, payer, owed, recovered, written_off, opened_at, updated_at from receivables',
  advances: 'select * from advances',
  transfers_in_hand: 'select * from transfers_in_hand',
  quotes: 'select id, tenant, expires_at, transfer_id from quotes',
  stray_deposits: 'select * from stray_deposits',
  deposit_orders: 'select * from deposit_orders',
  deposit_addresses: 'select * from deposit_addresses',
  bank_statements: 'select * from bank_statements',
  bank_statement_lines: 'select * from bank_statement_lines',
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
