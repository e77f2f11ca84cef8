import type { PoolState } from '../../../bridge-service/src/saga/load.ts'
import type { SagaStore, SagaTx, StepStore } from '../../../bridge-service/src/saga/store.ts'
import type { StellarStoreCall } from '../senders/stellar/store-calls.ts'
import { commitSteps } from './commit-steps.ts'
import { dueTimers, moveTimer } from './deadlines.ts'
import { claimFacts, consumeFacts, parkedSubjects } from './facts.ts'
import { putDown, takeInHand } from './in-hand.ts'
import { claimIntents, holdsIntent, postponeIntent } from './intents.ts'
import { limitExposure } from './limit-exposure.ts'
import { claimKeys, storedAnswers, takeQuotes } from './openings.ts'
import { inOneStatement } from './statement.ts'
import type { Tables } from './tables.ts'
import type { MemoryDatabase, MemoryTx } from './transaction.ts'

/** What a sender asks of what it keeps. */
type SenderCall = `evm${'Allocate' | 'Refuse' | 'Hold' | 'Read' | 'StoreFirst' | 'StoreFenced' | 'Record'}` | StellarStoreCall

/** One round trip to the database. */
export type StoreCall = {
  readonly name: 'begin' | 'commit' | 'rollback' | Exclude<keyof SagaStore, 'inTransaction'> | keyof SagaTx | SenderCall
  /** The transfers that it names, where it does. */
  readonly transfers: readonly string[]
}

/**
 * What happens around a call: it may come late, never arrive (throw before `effect`, or never call it), or its answer may be lost (throw
 * after it, or never return).
 */
export type Around = <T>(call: StoreCall, effect: () => Promise<T>) => Promise<T>

export type Connection = {
  readonly store: SagaStore
  /** The process died, froze in a transaction or lost its network: what it had not committed never was. */
  readonly cut: () => void
}

/** The store as one process sees it. `open` holds all transactions that are under way. */
export const connect = (
  database: MemoryDatabase,
  open: Set<MemoryTx>,
  around: Around = (_call, effect) => effect(),
): Connection => {
  const { tables, nowMs } = database
  const mine = new Set<MemoryTx>()

  const poolsOf = (tx: MemoryTx, ids: readonly string[]): PoolState[] =>
    [...new Set(ids)].flatMap(id => {
      const pool = tx.get(tables.liquidity_pools, id)
      return pool === undefined ? [] : [{ id, version: pool.version, availableMinor: pool.total - pool.reserved }]
    })

  const stepStore = (tx: MemoryTx | undefined): StepStore => ({
    loadTransfers: ids =>
      around({ name: 'loadTransfers', transfers: ids }, () =>
        inOneStatement(database, tx, tx =>
          [...new Set(ids)].flatMap(id => {
            const row = tx.get(tables.transfers, id)
            return row === undefined || row.parked_reason !== null ? [] : [row.transfer]
          }),
        ),
      ),
    loadPools: ids => around({ name: 'loadPools', transfers: [] }, () => inOneStatement(database, tx, tx => poolsOf(tx, ids))),
    shareVersions: ids =>
      around({ name: 'shareVersions', transfers: ids }, () =>
        inOneStatement(database, tx, async tx => {
          await tx.lock(
            [...new Set(ids)].sort().map(id => `transfer ${id}`),
            'share',
          )
          return new Map(
            ids.flatMap(id => {
              const version = tx.get(tables.transfers, id)?.transfer.version
              return version === undefined ? [] : [[id, version] as const]
            }),
          )
        }),
      ),
    commitSteps: (steps, lease) =>
      around({ name: 'commitSteps', transfers: steps.map(step => step.before.id) }, () =>
        inOneStatement(database, tx, tx => commitSteps(database, tx, steps, lease)),
      ),
  })

  const sagaTx = (tx: MemoryTx): SagaTx => ({
    ...stepStore(tx),
    lockPools: ids =>
      around({ name: 'lockPools', transfers: [] }, () =>
        inOneStatement(database, tx, async tx => {
          await tx.lock([...new Set(ids)].sort().map(id => `pool ${id}`))
          return poolsOf(tx, ids)
        }),
      ),
    claimFacts: (limit, parked) =>
      around({ name: 'claimFacts', transfers: [] }, () =>
        inOneStatement(database, tx, tx => claimFacts(tx, tables, limit, parked)),
      ),
    // Where there is nothing to end, Postgres is not asked.
    consumeFacts: async (unmatched, ignored) => {
      if (unmatched.length + ignored.length > 0)
        await around({ name: 'consumeFacts', transfers: [] }, () =>
          inOneStatement(database, tx, tx => consumeFacts(tx, tables, unmatched, ignored)),
        )
    },
    claimKeys: openings =>
      around({ name: 'claimKeys', transfers: openings.map(({ unborn }) => unborn.id) }, () =>
        inOneStatement(database, tx, tx => claimKeys(tx, tables, openings)),
      ),
    takeQuotes: fresh =>
      around({ name: 'takeQuotes', transfers: fresh.map(({ unborn }) => unborn.id) }, () =>
        inOneStatement(database, tx, tx => takeQuotes(tx, tables, fresh)),
      ),
    limitExposure: fresh =>
      around({ name: 'limitExposure', transfers: fresh.map(({ unborn }) => unborn.id) }, () =>
        inOneStatement(database, tx, tx => limitExposure(tx, tables, fresh)),
      ),
  })

  const store: SagaStore = {
    ...stepStore(undefined),
    inTransaction: async work => {
      const tx = await around({ name: 'begin', transfers: [] }, async () => {
        const tx = database.begin()
        for (const set of [open, mine]) set.add(tx)
        return tx
      })
      try {
        const result = await work(sagaTx(tx))
        await around({ name: 'commit', transfers: [] }, async () => tx.commit())
        return result
      } catch (error) {
        await around({ name: 'rollback', transfers: [] }, async () => tx.rollback()).catch(() => {})
        throw error
      } finally {
        // The connection goes back to its pool; one that broke is closed, and the server ends what was open on it.
        tx.rollback()
        for (const set of [open, mine]) set.delete(tx)
      }
    },
    databaseTimeMs: () => around({ name: 'databaseTimeMs', transfers: [] }, async () => nowMs()),
    parkTransfer: (id, reason) =>
      around({ name: 'parkTransfer', transfers: [id] }, () =>
        inOneStatement(database, undefined, async tx => {
          await tx.lock([`transfer ${id}`])
          const row = tx.get(tables.transfers, id)
          if (row?.parked_reason === null) tx.put(tables.transfers, id, { ...row, parked_reason: reason.slice(0, 2_000) })
        }),
      ),
    takeInHand: (ids, suspectAfter) =>
      around({ name: 'takeInHand', transfers: ids }, () =>
        inOneStatement(database, undefined, tx => takeInHand(tx, tables, nowMs(), ids, suspectAfter)),
      ),
    putDown: ids =>
      around({ name: 'putDown', transfers: ids }, () => inOneStatement(database, undefined, tx => putDown(tx, tables, ids))),
    parkedSubjects: () => around({ name: 'parkedSubjects', transfers: [] }, async () => parkedSubjects(tables)),
    dueTimers: limit => around({ name: 'dueTimers', transfers: [] }, async () => dueTimers(tables, nowMs(), limit)),
    moveTimer: (timer, version, dueAtMs) =>
      around({ name: 'moveTimer', transfers: [timer.transferId] }, () =>
        inOneStatement(database, undefined, tx => moveTimer(tx, tables, timer, version, dueAtMs)),
      ),
    storedAnswers: openings => around({ name: 'storedAnswers', transfers: [] }, async () => storedAnswers(tables, openings)),
    claimIntents: (owner, leaseMs, limit) =>
      around({ name: 'claimIntents', transfers: [] }, () =>
        inOneStatement(database, undefined, tx => claimIntents(tx, tables, owner, leaseMs, limit)),
      ),
    postponeIntent: (intent, status, delayMs) =>
      around({ name: 'postponeIntent', transfers: transfersOf(tables, intent.key) }, () =>
        inOneStatement(database, undefined, tx => postponeIntent(tx, tables, intent, status, delayMs)),
      ),
    holdsIntent: intent =>
      around({ name: 'holdsIntent', transfers: transfersOf(tables, intent.key) }, async () => holdsIntent(tables, intent)),
  }
  return {
    store,
    cut: () => {
      for (const tx of mine) tx.cut()
    },
  }
}

const transfersOf = ({ intents }: Tables, key: string): string[] => {
  const row = intents.get(key)
  return row === undefined ? [] : [row.transfer_id]
}
