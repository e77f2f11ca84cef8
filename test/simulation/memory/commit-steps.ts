import { intentKey } from '../../../bridge-service/src/intents/key.ts'
import type { Lease, Step } from '../../../bridge-service/src/saga/step.ts'
import { refOf } from '../../../bridge-service/src/transfer/hold.ts'
import { sourcesOf } from '../../../bridge-service/src/transfer/state.ts'
import { payerOf } from '../../../bridge-service/src/transfer/terms.ts'
import { finalityOf } from '../../../bridge-service/src/transfer/wait.ts'
import { watchAddress } from './address-store.ts'
import { bookEntries, guardEntries } from './book-entries.ts'
import { uniqueViolation } from './database-error.ts'
import { frozen } from './frozen.ts'
import { poolsOf, promiseLiquidity } from './promise-liquidity.ts'
import type { IntentRow, Tables } from './tables.ts'
import type { MemoryDatabase, MemoryTx } from './transaction.ts'

/** What `stepStatement` does in Postgres: all of a step whose transfer has not moved on, nothing of one that has. */
export const commitSteps = async (
  database: MemoryDatabase,
  tx: MemoryTx,
  steps: readonly Step[],
  lease: Lease | undefined,
): Promise<ReadonlySet<string>> => {
  const { tables } = database
  const moved = await (steps[0]!.before.version === 0 ? bear(tx, tables, steps) : advance(tx, tables, steps))
  const arrived = steps.filter(step => moved.has(step.before.id))
  const changes = arrived.flatMap(changesOf)
  await tx.lock(rowsOf(arrived, changes))
  // As parts of one statement see it: what is changed was there before, and is none of what this statement wishes.
  changeIntents(tx, tables, changes)
  for (const step of arrived) {
    tell(database, tx, step)
    for (const intent of step.intents) wish(tx, tables, intent, lease)
    bookEntries(database, tx, step)
    setTimers(tx, tables, step)
    setWaits(tx, tables, step)
    hear(tx, tables, step)
    owe(tx, tables, step)
    lend(tx, tables, step)
  }
  promiseLiquidity(tx, tables, arrived)
  guardEntries(tx, tables, arrived)
  return moved
}

const bear = async (tx: MemoryTx, tables: Tables, steps: readonly Step[]): Promise<Set<string>> => {
  await tx.lock(steps.flatMap(({ before }) => [`transfer ${before.id}`, ...refsOf(before).map(ref => `ref ${ref}`)]).sort())
  const born = new Set<string>()
  for (const { before, decision } of steps) {
    const refs = refsOf(before)
    if (tx.get(tables.transfers, before.id) !== undefined || refs.some(ref => tx.get(tables.by_ref, ref) !== undefined)) continue
    tx.put(tables.transfers, before.id, {
      transfer: frozen(decision.after),
      escrow_ref: refOf(before.terms),
      parked_reason: null,
      created_at: tx.nowMs,
      updated_at: tx.nowMs,
    })
    for (const ref of refs) tx.put(tables.by_ref, ref, before.id)
    watchAddress(tx, tables, before)
    born.add(before.id)
  }
  return born
}

/** None where no chain has a part in it: any number of transfers may be without one. */
const refsOf = ({ terms }: Step['before']): string[] => {
  const ref = refOf(terms)
  return ref === null ? [] : [ref]
}

/** Pools are locked first. No transfer is for a step that is stale at first sight; what somebody else is changing is waited for, and looked at again. */
const advance = async (tx: MemoryTx, tables: Tables, steps: readonly Step[]): Promise<Set<string>> => {
  await tx.lock(poolsOf(steps).map(id => `pool ${id}`))
  const isSeen = ({ id, version }: NonNullable<Step['pool']>) => tx.get(tables.liquidity_pools, id)?.version === version
  const isDue = ({ before, decision, pool }: Step) => {
    const row = tx.get(tables.transfers, before.id)
    if (row === undefined || row.parked_reason !== null || row.transfer.version !== before.version) return false
    if (!sourcesOf(before.route, decision.events[0]!.event.type).includes(row.transfer.state)) return false
    return pool === undefined || isSeen(pool)
  }
  await tx.lock(
    steps
      .filter(isDue)
      .map(({ before }) => `transfer ${before.id}`)
      .sort(),
  )
  const moved = new Set<string>()
  for (const { before, decision } of steps.filter(isDue)) {
    const row = tx.get(tables.transfers, before.id)!
    const { state, version, progress, phaseSinceMs } = decision.after
    const transfer = frozen({ ...row.transfer, state, version, progress, phaseSinceMs })
    tx.put(tables.transfers, before.id, { ...row, transfer, updated_at: tx.nowMs })
    moved.add(before.id)
  }
  return moved
}

/** What else the steps write, in one order for all, so that two batches seldom wait for each other in a circle. */
const rowsOf = (steps: readonly Step[], changes: readonly Change[]): string[] => [
  ...steps.flatMap(({ intents }) => intents.map(({ key }) => `intent ${key}`)).sort(),
  ...changes.map(({ key }) => `intent ${key}`).sort(),
  ...steps.flatMap(({ before, decision }) => decision.timers.map(({ kind }) => `deadline ${before.id} ${kind}`)).sort(),
  ...steps
    .flatMap(({ before, decision: { receivables = [] } }) =>
      receivables.map(({ currency }) => `receivable ${before.id} ${currency}`),
    )
    .sort(),
  ...steps.flatMap(({ before, decision }) => (decision.advance === undefined ? [] : [`advance ${before.id}`])).sort(),
  ...steps.flatMap(({ fact }) => (fact === undefined ? [] : [`fact ${fact.source} ${fact.fact}`])).sort(),
]

const tell = ({ tables, nextPosition }: MemoryDatabase, tx: MemoryTx, { before, decision, actor, cause }: Step) => {
  const at = tx.nowMs
  for (const { version, from, to, event } of decision.events) {
    const { type } = event
    const key = `${before.id} ${version}`
    if (tx.get(tables.transfer_events, key) !== undefined) throw uniqueViolation('transfer_events', key)
    const named = { transfer_id: before.id, version }
    tx.put(tables.transfer_events, key, { ...named, type, payload: frozen(event), from_state: from, to_state: to, at })
    const position = nextPosition()
    tx.put(tables.outbox, String(position), { position, ...named, type })
    tx.put(tables.audit_log, key, { ...named, actor, cause, at })
  }
}

const wish = (tx: MemoryTx, tables: Tables, intent: Step['intents'][number], lease: Lease | undefined) => {
  const { key, transferId, step, attempt, target, request } = intent
  const name = `${transferId} ${step} ${attempt}`
  if (tx.get(tables.intents, key) !== undefined) throw uniqueViolation('intents', key)
  if (tx.get(tables.by_wish, name) !== undefined) throw uniqueViolation('intents', name)
  tx.put(tables.intents, key, {
    ...{
      key,
      transfer_id: transferId,
      step,
      attempt,
      target,
      request: frozen(request),
      outcome: null,
      withdrawn_at: null,
      attempts: 0,
      abandoned: 0,
    },
    status: lease ? 'IN_FLIGHT' : 'PENDING',
    lease_owner: lease?.owner ?? null,
    lease_epoch: lease ? 1 : 0,
    next_at: tx.nowMs + (lease?.ms ?? 0),
    created_at: tx.nowMs,
    updated_at: tx.nowMs,
  })
  tx.put(tables.by_wish, name, key)
  tx.put(tables.by_reference, key.slice(0, 32), key)
}

type Change = Pick<IntentRow, 'key'> & Pick<Step['decision']['intentChanges'][number], 'status'>

const changesOf = ({ before, decision }: Step): Change[] =>
  decision.intentChanges.map(({ step, attempt, status }) => ({
    key: intentKey(before.id, step, attempt, before.terms.createdAt),
    status,
  }))

const changeIntents = (tx: MemoryTx, tables: Tables, changes: readonly Change[]) => {
  for (const { key, status } of changes) {
    const row = tx.get(tables.intents, key)
    if (row !== undefined)
      tx.put(tables.intents, key, {
        ...changedIntent(row, status, tx.nowMs),
        lease_owner: null,
        abandoned: 0,
        updated_at: tx.nowMs,
      })
  }
}

const changedIntent = (row: IntentRow, status: Change['status'], nowMs: number): IntentRow => {
  switch (status) {
    case 'WITHDRAWN':
      return { ...row, withdrawn_at: nowMs, lease_epoch: row.lease_epoch + 1, next_at: nowMs }
    case 'REINSTATED':
      return { ...row, status: row.status === 'PENDING' ? 'PENDING' : 'UNKNOWN', withdrawn_at: null, next_at: nowMs }
    default:
      return { ...row, status, next_at: nowMs + (status === 'UNKNOWN' ? 250 : 2_000) }
  }
}

const setTimers = (tx: MemoryTx, tables: Tables, { before, decision }: Step) => {
  for (const { kind, dueAtMs } of decision.timers)
    tx.put(
      tables.deadlines,
      `${before.id} ${kind}`,
      dueAtMs === null ? undefined : { transfer_id: before.id, kind, due_at: new Date(dueAtMs).getTime() },
    )
}

const setWaits = (tx: MemoryTx, tables: Tables, { before, decision }: Step) => {
  for (const { kind, on } of decision.waits) {
    const key = `${before.id} ${kind}`
    if (on === null) {
      tx.put(tables.finality_waits, key, undefined)
      continue
    }
    const { chain, finality } = finalityOf(before, kind)
    const known = tx.get(tables.finality_waits, key) ?? { transfer_id: before.id, kind, chain, level: finality.level }
    const height = on.blockNumber + BigInt(finality.confirmations)
    tx.put(tables.finality_waits, key, { ...known, height, fact: on.fact })
  }
}

const owe = (tx: MemoryTx, tables: Tables, { before, decision: { receivables = [] } }: Step) => {
  for (const receivable of receivables) {
    const key = `${before.id} ${receivable.currency}`
    const known = tx.get(tables.receivables, key) ?? {
      ...{ transfer_id: before.id, currency: receivable.currency, tenant: before.tenant, payer: payerOf(before.terms) },
      ...{ owed: 0n, recovered: 0n, written_off: 0n, opened_at: tx.nowMs },
    }
    tx.put(tables.receivables, key, { ...known, owed: known.owed + receivable.minor, updated_at: tx.nowMs })
  }
}

const lend = (tx: MemoryTx, tables: Tables, { before, decision: { advance } }: Step) => {
  if (advance === undefined) return
  const { id, tenant, terms } = before
  if (advance === null) return tx.put(tables.advances, id, undefined)
  const { minor: amount, returnableUntilMs } = advance
  const fresh = { transfer_id: id, tenant, currency: terms.sourceAmount.currency, amount }
  const returnable_until = returnableUntilMs === null ? null : new Date(returnableUntilMs).getTime()
  tx.put(tables.advances, id, { ...(tx.get(tables.advances, id) ?? fresh), returnable_until })
}

const hear = (tx: MemoryTx, tables: Tables, { fact }: Step) => {
  if (fact === undefined) return
  const key = `${fact.source} ${fact.fact}`
  const row = tx.get(tables.inbox, key)
  if (row !== undefined && row.consumed < fact.revision) tx.put(tables.inbox, key, { ...row, consumed: fact.revision })
}
