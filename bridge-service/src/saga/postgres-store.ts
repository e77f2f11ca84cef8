import type { ClientBase, Pool } from 'pg'
import { intentQueue } from '../intents/store.ts'
import { inTransaction } from '../transaction.ts'
import { dueTimers, moveTimer } from './deadlines.ts'
import { claimFacts, consumeFacts, parkedSubjects } from './facts.ts'
import { putDown, takeInHand } from './in-hand.ts'
import { limitExposure } from './limit-exposure.ts'
import { loadPools, loadTransfers, lockPools, parkTransfer, shareVersions } from './load.ts'
import { claimKeys, storedAnswers, takeQuotes } from './openings.ts'
import { stepStatement } from './step.ts'
import type { SagaStore, SagaTx, StepStore } from './store.ts'

/** The saga's store in Postgres: every method is one statement, but `takeQuotes`, which asks once more why it has to refuse. */
export const postgresStore = (pool: Pool): SagaStore => ({
  ...stepStore(pool),
  ...intentQueue(pool),
  inTransaction: work => inTransaction(pool, client => work(sagaTx(client))),
  databaseTimeMs: async () => {
    const { rows } = await pool.query<{ ms: number }>(
      'select (extract(epoch from causeway_clock_timestamp()) * 1000)::float8 as ms',
    )
    return rows[0]!.ms
  },
  parkTransfer: (id, reason) => parkTransfer(pool, id, reason),
  takeInHand: (ids, suspectAfter) => takeInHand(pool, ids, suspectAfter),
  putDown: ids => putDown(pool, ids),
  parkedSubjects: () => parkedSubjects(pool),
  dueTimers: limit => dueTimers(pool, limit),
  moveTimer: (timer, version, dueAtMs) => moveTimer(pool, timer, version, dueAtMs),
  storedAnswers: openings => storedAnswers(pool, openings),
})

const stepStore = (database: Pool | ClientBase): StepStore => ({
  loadTransfers: ids => loadTransfers(database, ids),
  loadPools: ids => loadPools(database, ids),
  shareVersions: ids => shareVersions(database, ids),
  commitSteps: async (steps, lease) => {
    const { rows } = await database.query<{ id: string }>(stepStatement(steps, lease))
    return new Set(rows.map(row => row.id))
  },
})

const sagaTx = (client: ClientBase): SagaTx => ({
  ...stepStore(client),
  lockPools: ids => lockPools(client, ids),
  claimFacts: (limit, parked) => claimFacts(client, limit, parked),
  consumeFacts: (unmatched, ignored) => consumeFacts(client, unmatched, ignored),
  claimKeys: openings => claimKeys(client, openings),
  takeQuotes: fresh => takeQuotes(client, fresh),
  limitExposure: fresh => limitExposure(client, fresh),
})
