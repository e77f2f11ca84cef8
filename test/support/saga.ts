import pg from 'pg'
import { type Intent, intentOf } from '../../bridge-service/src/intents/intent.ts'
import { chartFor } from '../../bridge-service/src/ledger/chart.ts'
import { openAccounts } from '../../bridge-service/src/ledger/open-accounts.ts'
import type { Step } from '../../bridge-service/src/saga/step.ts'
import { decide } from '../../bridge-service/src/transfer/decide.ts'
import type { TransferEvent } from '../../bridge-service/src/transfer/event.ts'
import { refOf } from '../../bridge-service/src/transfer/hold.ts'
import type { Input } from '../../bridge-service/src/transfer/input.ts'
import type { Transfer, TransferOf, UnbornOf } from '../../bridge-service/src/transfer/transfer.ts'
import { freshDatabase } from './database.ts'
import { replay } from './given.ts'
import { onramp, settledAtMs } from './onramp.ts'

export type SagaDatabase = {
  /** As the service connects: with the rights of the application and no more. */
  readonly app: pg.Pool
  readonly owner: pg.Pool
  readonly close: () => Promise<void>
}

/** A database of its own with the accounts of an on-ramp and no liquidity yet. */
export const sagaDatabase = async (): Promise<SagaDatabase> => {
  const database = await freshDatabase()
  const owner = new pg.Pool({ connectionString: database.url, max: 6 })
  const app = new pg.Pool({ connectionString: database.url, max: 16, application_name: 'app', options: '-c role=causeway_app' })
  for (const pool of [owner, app]) pool.on('error', () => {})
  await openAccounts(
    owner,
    chartFor({ banks: [{ rail: 'bank:sim', currency: 'USD' }], tokens: [{ chain: 'evm:1', currency: 'USDC' }] }),
  )
  return {
    app,
    owner,
    close: async () => {
      await Promise.all([app.end(), owner.end()])
      await database.drop()
    },
  }
}

/** A liquidity pool, and the terms that name it. */
export const fundPool = async (owner: pg.Pool, id: string, total: bigint) => {
  await owner.query(`insert into liquidity_pools (id, currency, total) values ($1, 'USDC', $2)`, [id, total])
  return { pool: id }
}

/** Puts an on-ramp into the database as its history left it, without the rest of what its steps wrote. */
export const store = async (
  owner: pg.Pool,
  history: readonly TransferEvent[],
  unborn: UnbornOf<'onramp'> = onramp(),
): Promise<TransferOf<'onramp'>> => {
  const transfer = replay(unborn, history)
  await storeTransfer(owner, transfer)
  return transfer
}

export const storeTransfer = async (owner: pg.Pool, transfer: Transfer): Promise<void> => {
  await owner.query(
    `insert into transfers (id, tenant, route, definition, state, version, terms, progress, escrow_ref)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    [
      ...[transfer.id, transfer.tenant, transfer.route, transfer.definition, transfer.state, transfer.version],
      ...[transfer.terms, transfer.progress, refOf(transfer.terms)],
    ],
  )
}

/** Puts an intent into the database as a step without an executor writes it. */
export const wish = async (owner: pg.Pool, intent: Intent, row: Record<string, unknown> = {}): Promise<void> => {
  const now = new Date().toISOString()
  const fresh = { status: 'PENDING', attempts: 0, abandoned: 0, lease_epoch: 0, next_at: now, created_at: now, updated_at: now }
  await owner.query('insert into intents select * from jsonb_populate_record(null::intents, $1)', [
    { ...intent, transfer_id: intent.transferId, ...fresh, ...row },
  ])
}

/** The step that an input makes of a transfer. */
export const stepOf = (before: Transfer, input: Input, extra: Partial<Step> = {}, nowMs = settledAtMs): Step => {
  const decision = decide(before, input, nowMs)
  if (!('events' in decision)) throw new Error(`no step: ${JSON.stringify(decision)}`)
  const intents: Intent[] = decision.intents.map(wish => intentOf(decision.after, wish))
  return { before, decision, intents, actor: 'saga', cause: 'test', ...extra }
}

/** Every row of every table that a step can write, so that two looks can be compared. */
export const everything = async (owner: pg.Pool): Promise<Record<string, unknown[]>> => {
  const tables = [
    'transfers',
    'transfer_events',
    'outbox',
    'audit_log',
    'intents',
    'ledger_entries',
    'ledger_postings',
    'ledger_balances',
  ]
  const all: Record<string, unknown[]> = {}
  for (const table of [...tables, 'deadlines', 'finality_waits', 'inbox', 'liquidity_pools', 'reservations', 'receivables'])
    all[table] = (await owner.query(`select * from ${table} t order by t::text`)).rows
  return all
}
