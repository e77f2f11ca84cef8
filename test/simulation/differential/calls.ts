import { createHash } from 'node:crypto'
import { intentOf } from '../../../bridge-service/src/intents/intent.ts'
import type { ClaimedFacts } from '../../../bridge-service/src/saga/facts.ts'
import type { Opening } from '../../../bridge-service/src/saga/open.ts'
import type { FactKey, Lease, Step } from '../../../bridge-service/src/saga/step.ts'
import type { DueTimer, SagaTx, StepStore } from '../../../bridge-service/src/saga/store.ts'
import { request } from '../../../bridge-service/src/transfer/decide.ts'
import type { QuoteId, TransferId } from '../../../bridge-service/src/transfer/id.ts'
import type { Transfer } from '../../../bridge-service/src/transfer/transfer.ts'
import type { Random } from '../../../scripts/fuzz/reorg/random.ts'
import type { News } from '../memory/facts.ts'
import { isOpen } from '../memory/intents.ts'
import { addressCall } from './address-calls.ts'
import { sorted } from './canonical.ts'
import { deskCall } from './desk-calls.ts'
import type { Heads, Mined } from './followed-chain.ts'
import { anyPlace, anyRailFact } from './inputs.ts'
import { operatorCall } from './operator-calls.ts'
import { refundCall } from './refund-calls.ts'
import { statementCall } from './statement-calls.ts'
import { anyStep, broken, stepBy } from './steps.ts'
import type { Twins } from './twins.ts'
import { anyUnborn, pools } from './unborn.ts'
import type { Side } from './virtual-postgres.ts'

/** One question to a store. It may use the dice that it is given, which are the same for both, and nothing else that could differ. */
export type Call = { readonly name: string; readonly run: (side: Side, random: Random) => Promise<unknown> }

/** Every state of every transfer that there ever was: also those that a worker who woke up late still believes in. */
export type Past = { readonly transfers: Transfer[]; readonly openings: Opening[]; readonly quotes: QuoteId[] }

export const emptyPast = (): Past => ({ transfers: [], openings: [], quotes: [] })

const owners = ['a', 'b'] as const
const lease = (random: Random): Lease | undefined =>
  random.chance(0.2) ? undefined : { owner: random.pick(owners), ms: random.pick([1_000, 60_000]) }

/** The next question, of the kinds that a saga and its neighbours ask, good and bad. */
export const anyCall = (random: Random, twins: Twins, past: Past): Call => {
  const kinds: readonly ((random: Random, twins: Twins, past: Past) => Call)[] = [
    ...[opening, opening, ...Array.from({ length: 9 }, () => stepping)],
    ...[hearing, hearing, hearing, telling, telling, telling, interleaving, interleaving],
    ...[
      claiming,
      claiming,
      postponing,
      postponing,
      holding,
      timing,
      moving,
      parking,
      unparking,
      taking,
      puttingDown,
      finalizing,
      finalizing,
      repeating,
      quoting,
      flowing,
      asking,
    ],
    ...Array.from({ length: 8 }, () => deskCall),
    ...[addressCall, addressCall, addressCall, addressCall, addressCall],
    ...[statementCall, statementCall, statementCall, statementCall],
    ...[refundCall, refundCall, refundCall, refundCall, refundCall, operatorCall, operatorCall, operatorCall],
  ]
  return random.pick(kinds)(random, twins, past)
}

const opening = (random: Random, { nowMs }: Twins, past: Past): Call => {
  const openings = Array.from({ length: random.between(1, 3) }, (): Opening => {
    if (past.openings.length > 0 && random.chance(0.1)) return random.pick(past.openings)
    const old = past.openings.length > 0 && random.chance(0.1) ? random.pick(past.openings) : undefined
    const fresh = anyUnborn(random, nowMs())
    const unborn =
      old === undefined ? fresh : random.chance(0.5) ? { ...fresh, id: old.unborn.id } : { ...old.unborn, id: fresh.id }
    const made: Opening = {
      unborn,
      actor: 'api:k1',
      key: past.openings.length > 0 && random.chance(0.1) ? random.pick(past.openings).key : random.hex(4),
      route: 'POST /v1/transfers',
      requestHash: createHash('sha256').update(random.hex(2)).digest(),
      status: 202,
      response: { id: unborn.id },
      location: `/v1/transfers/${unborn.id}`,
      ...('returnableMs' in unborn.terms && random.chance(0.7)
        ? { exposureLimit: random.pick([0n, 10_025n, 30_075n, 1_000_000n, null]) }
        : {}),
      ...(past.quotes.length > 0 && random.chance(0.2) ? { quoteId: random.pick(past.quotes) } : {}),
    }
    past.openings.push(made)
    return made
  })
  const now = nowMs()
  return {
    name: 'opening',
    run: ({ store }, random) =>
      store.inTransaction(async tx => {
        const fresh = await tx.claimKeys(openings)
        await tx.takeQuotes(fresh)
        await tx.limitExposure(fresh)
        const steps = fresh.map(({ unborn, actor }): Step => {
          const decision = request(unborn, now)
          const intents = decision.intents.map(wish => intentOf(decision.after, wish))
          return { before: unborn, decision, intents, actor, cause: 'command:create' }
        })
        const moved = steps.length > 0 ? await tx.commitSteps(steps, lease(random)) : new Set()
        if (random.chance(0.1)) throw new Error('given up')
        return { fresh: fresh.map(({ key }) => key), moved }
      }),
  }
}

/** Some transfers as they are now, one or the other as it was. */
const some = (random: Random, past: Past, most: number): Transfer[] => {
  if (past.transfers.length === 0) return []
  const newest = new Map(past.transfers.map(transfer => [transfer.id, transfer]))
  const chosen = Array.from({ length: random.between(1, most) }, () => {
    const transfer = random.pick(past.transfers)
    return random.chance(0.7) ? newest.get(transfer.id)! : transfer
  })
  return [...new Map(chosen.map(transfer => [transfer.id, transfer])).values()]
}

const idOf = (step: Step) => step.before.id

const poolsOf = async (store: StepStore) => sorted(await store.loadPools(pools))

const stepsOf = async (store: StepStore, random: Random, transfers: readonly Transfer[], nowMs: number): Promise<Step[]> => {
  const hint = { pools: await poolsOf(store), nowMs }
  return transfers.flatMap(transfer => anyStep(random, transfer, hint) ?? [])
}

const stepping = (random: Random, { memory, nowMs }: Twins, past: Past): Call => {
  const transfers = some(random, past, 5)
  const rows = [...memory.database.tables.intents.values()]
  const row = rows.length > 0 ? random.pick(rows) : undefined
  const taken = row && { ...row, transferId: row.transfer_id, reference: '' }
  const now = nowMs()
  return {
    name: 'stepping',
    run: async ({ store }, random) => {
      const steps = await stepsOf(store, random, transfers, now)
      const worst = random.chance(0.3) ? steps.map((step, index) => (index === 0 ? broken(random, step, taken) : step)) : steps
      return worst.length > 0 ? store.commitSteps(worst, lease(random)) : undefined
    },
  }
}

/** What the coordinator does with its inbox, up to the commit or not. */
const hearing = (_random: Random, { nowMs }: Twins): Call => {
  const now = nowMs()
  return {
    name: 'hearing',
    run: async ({ store }, random) => {
      const parked = random.chance(0.5) ? sorted(await store.parkedSubjects()) : []
      return store.inTransaction(tx => hear(tx, random, parked, now))
    },
  }
}

const hear = async (tx: SagaTx, random: Random, parked: readonly string[], nowMs: number) => {
  const claimed = await tx.claimFacts(random.pick([1, 2, 100]), parked)
  const first = [...new Map(claimed.matched.map(fact => [fact.transferId, fact])).values()]
  const loaded = new Map((await tx.loadTransfers(first.map(({ transferId }) => transferId))).map(each => [each.id, each]))
  const hint = { pools: await poolsOf(tx), nowMs }
  const steps: Step[] = []
  const ignored: FactKey[] = []
  for (const { transferId, input, ...fact } of first) {
    const transfer = loaded.get(transferId)
    const step = transfer && stepBy(random, transfer, input, hint, fact)
    if (step) steps.push(step)
    else if (transfer) ignored.push(fact)
  }
  const moved = steps.length > 0 ? await tx.commitSteps(steps, lease(random)) : new Set()
  const versions = await tx.shareVersions(first.map(({ transferId }) => transferId))
  await tx.consumeFacts(claimed.unmatched, ignored)
  if (random.chance(0.1)) throw new Error('given up')
  return { claimed: told(claimed), moved, versions }
}

/** Only the keys of what has no transfer: what else comes with them is nobody's promise. */
const told = ({ unmatched, ...facts }: ClaimedFacts) => ({
  ...facts,
  unmatched: unmatched.map(({ source, fact, revision }) => ({ source, fact, revision })),
})

const telling = (random: Random, { memory, nowMs }: Twins): Call => {
  const { inbox, intents, transfers } = memory.database.tables
  const rows = [...inbox.values()]
  const wishes = [...intents.values()]
  const known = [...transfers.values()]
  const about = (): News => {
    if (rows.length > 0 && random.chance(0.3)) {
      const row = random.pick(rows)
      return random.chance(0.3) ? row : { ...row, payload: { ...row.payload, status: random.pick(['included', 'orphaned']) } }
    }
    const fact = random.hex(6)
    if (random.chance(0.4)) {
      const subject =
        wishes.length > 0 && random.chance(0.9) ? `CW${random.pick(wishes).key.slice(0, 32)}` : `CW${random.hex(15)}`
      return {
        source: 'bank:sim',
        fact,
        subject,
        kind: random.chance(0.95) ? 'railFact' : 'unheard',
        payload: anyRailFact(random, nowMs()),
      }
    }
    const row = known.length > 0 && random.chance(0.9) ? random.pick(known) : undefined
    if (random.chance(0.1))
      return {
        source: 'command',
        fact,
        subject: row?.transfer.id ?? 'tr_x',
        kind: 'cancel',
        payload: { actor: 'api:k1', reason: 'x' },
      }
    const { fact: chainFact, ...place } = anyPlace(random)
    const kind = random.pick(['escrowLocked', 'escrowLocked', 'escrowReleased', 'escrowRefunded', 'escrowCommitted', 'unheard'])
    const escrow = random.chance(0.9) ? { escrowId: random.hex(4) } : {}
    return {
      ...{ source: 'evm:1', fact: chainFact, subject: row?.escrow_ref ?? random.hex(32), kind },
      payload: { status: random.chance(0.8) ? 'included' : 'orphaned', ...escrow, ...place },
    }
  }
  const news = about()
  return random.chance(0.5)
    ? { name: 'telling', run: side => side.tellFact(news) }
    : { name: 'keeping', run: side => side.keepFact(news) }
}

/** Of those that have waited equally long, nobody knows which come first: then all of them come. */
const limitOf = (random: Random, dueMs: readonly number[], nowMs: number): number => {
  const limit = random.between(1, 4)
  const due = dueMs.filter(ms => ms <= nowMs).sort((a, b) => a - b)
  return due[limit - 1] === due[limit] ? 1_000 : limit
}

const claiming = (random: Random, { memory, nowMs }: Twins): Call => {
  const { intents, transfers } = memory.database.tables
  // What is parked does not wait with the others, so it is no part of what they are tied with.
  const waiting = [...intents.values()].filter(row => isOpen(row) && transfers.get(row.transfer_id)?.parked_reason === null)
  const limit = limitOf(
    random,
    waiting.map(row => row.next_at),
    nowMs(),
  )
  const owner = random.pick(owners)
  const leaseMs = random.pick([1_000, 60_000])
  return { name: 'claiming', run: async ({ store }) => sorted(await store.claimIntents(owner, leaseMs, limit)) }
}

const postponing = (random: Random, { memory }: Twins): Call => {
  const all = [...memory.database.tables.intents.values()]
  const rows = random.chance(0.9) ? all.filter(isOpen) : all
  const row = rows.length > 0 ? random.pick(rows) : undefined
  const held = { key: row?.key ?? 'none', epoch: (row?.lease_epoch ?? 0) - (random.chance(0.4) ? 1 : 0) }
  const status = random.pick(['PENDING', 'IN_FLIGHT', 'UNKNOWN'] as const)
  const delayMs = random.pick([0, 500, 900_000])
  return { name: 'postponing', run: ({ store }) => store.postponeIntent(held, status, delayMs) }
}

const holding = (random: Random, { memory }: Twins): Call => {
  const rows = [...memory.database.tables.intents.values()]
  const row = rows.length > 0 ? random.pick(rows) : undefined
  const held = { key: row?.key ?? 'none', epoch: (row?.lease_epoch ?? 0) - (random.chance(0.4) ? 1 : 0) }
  return { name: 'holding', run: ({ store }) => store.holdsIntent(held) }
}

const timing = (random: Random, { memory, nowMs }: Twins): Call => {
  const { deadlines, transfers } = memory.database.tables
  const rows = [...deadlines.values()].filter(row => transfers.get(row.transfer_id)?.parked_reason === null)
  const limit = limitOf(
    random,
    rows.map(row => row.due_at),
    nowMs(),
  )
  return { name: 'timing', run: async ({ store }) => sorted(await store.dueTimers(limit)) }
}

/** A block or a few, with news of what is waited for, or of something else. */
const finalizing = (random: Random, { memory }: Twins): Call => {
  const { finality_waits, transfers } = memory.database.tables
  const wait = finality_waits.size > 0 ? random.pick([...finality_waits.values()]) : undefined
  const known = wait && transfers.get(wait.transfer_id)
  const mined: Mined = {
    txHash: wait && random.chance(0.9) ? wait.fact.split(':')[0]! : random.hex(4),
    ...random.pick<Pick<Mined, 'type' | 'balance'>>([
      ...[{ type: 'escrowLocked' }, { type: 'escrowLocked' }, { type: 'depositReceived' }, { type: 'escrowCommitted' }],
      ...[{ type: 'escrowReleased' }, { type: 'escrowReleased', balance: 'deposit' as const }, { type: 'escrowRefunded' }],
    ]),
    escrowId: random.hex(4),
    ref: (known && random.chance(0.9) ? known.escrow_ref : null) ?? random.hex(32),
    height: random.between(1, 1_000),
  }
  const latest = random.between(500, 1_100)
  const safe = random.between(latest - 200, latest)
  const heads: Heads = { latest, safe, finalized: random.between(safe - 200, safe), halted: random.chance(0.1) }
  return {
    name: 'finalizing',
    run: async ({ chain }) => {
      await chain.mine(mined)
      await chain.setHeads(heads)
      return sorted(await chain.finalFacts())
    },
  }
}

const moving = (random: Random, { memory, nowMs }: Twins): Call => {
  const { deadlines, transfers } = memory.database.tables
  const rows = [...deadlines.values()]
  const row = rows.length > 0 ? random.pick(rows) : undefined
  const transferId = row?.transfer_id ?? ('tr_none' as TransferId)
  const timer: DueTimer = { transferId, kind: row?.kind ?? 'clearing' }
  const version = (transfers.get(transferId)?.transfer.version ?? 1) - (random.chance(0.3) ? 1 : 0)
  const dueAtMs = random.pick([null, nowMs() - 1_000, nowMs() + 600_000])
  return { name: 'moving', run: ({ store }) => store.moveTimer(timer, version, dueAtMs) }
}

const parking = (random: Random, _twins: Twins, past: Past): Call => {
  const ids = random.chance(0.3) ? some(random, past, 1).map(({ id }) => id) : []
  return { name: 'parking', run: async ({ store }) => Promise.all(ids.map(id => store.parkTransfer(id, 'a person looks'))) }
}

const taking = (random: Random, _twins: Twins, past: Past): Call => {
  const ids = some(random, past, random.between(0, 4)).map(({ id }) => id)
  const suspectAfter = random.pick([1, 3, 6])
  return { name: 'taking', run: async ({ store }) => [...(await store.takeInHand(ids, suspectAfter))].sort() }
}

const puttingDown = (random: Random, _twins: Twins, past: Past): Call => {
  const ids = some(random, past, random.between(0, 3)).map(({ id }) => id)
  return { name: 'putting down', run: ({ store }) => store.putDown(ids) }
}

const unparking = (random: Random, { memory }: Twins): Call => {
  const parked = [...memory.database.tables.transfers.values()].filter(({ parked_reason }) => parked_reason !== null)
  const ids = parked.length > 0 ? [random.pick(parked).transfer.id] : []
  return { name: 'unparking', run: side => Promise.all(ids.map(id => side.unparkTransfer(id))) }
}

const repeating = (random: Random, _twins: Twins, past: Past): Call => {
  const openings = Array.from({ length: Math.min(2, past.openings.length) }, () => random.pick(past.openings))
  const distinct = [...new Map(openings.map(each => [`${each.unborn.tenant} ${each.key}`, each])).values()]
  return { name: 'repeating', run: async ({ store }) => sorted(await store.storedAnswers(distinct)) }
}

const quoting = (random: Random, { nowMs }: Twins, past: Past): Call => {
  const id = `qt_${random.hex(4)}` as QuoteId
  past.quotes.push(id)
  if (random.chance(0.1)) return { name: 'quoting', run: async () => {} } // one that nobody keeps
  const quote = { id, tenant: random.pick(['acme', 'acme', 'globex']), expires_at: nowMs() + random.pick([0, 3_600_000]) }
  return { name: 'quoting', run: side => side.keepQuote(quote) }
}

const flowing = (random: Random): Call => {
  const pool = random.pick(pools)
  const minor = BigInt(random.between(-2, 3)) * 100_000_000n
  return { name: 'flowing', run: side => side.movePool(pool, minor) }
}

const asking = (random: Random, _twins: Twins, past: Past): Call => {
  const ids = [...some(random, past, 5).map(({ id }) => id), 'tr_none' as TransferId]
  return {
    name: 'asking',
    run: async ({ store }) => ({
      transfers: sorted(await store.loadTransfers(ids)),
      versions: await store.shareVersions(ids),
      pools: sorted(await store.loadPools([...pools, 'pool_none'])),
      parked: sorted(await store.parkedSubjects()),
      timeMs: await store.databaseTimeMs(),
    }),
  }
}

/** Two transactions at once: what one has locked, the other leaves alone or waits for. */
const interleaving = (random: Random, { nowMs }: Twins, past: Past): Call => {
  const transfers = some(random, past, 3)
  const now = nowMs()
  const row = random.hex(3)
  return {
    name: 'interleaving',
    run: async ({ store, tellFact }, random) => {
      const late: Promise<unknown>[] = []
      const answers = await store.inTransaction(async a => {
        const first = await a.claimFacts(2, [])
        const others = await store.inTransaction(b => b.claimFacts(100, []))
        const steps = await stepsOf(a, random, transfers, now)
        const moved = steps.length > 0 ? await a.commitSteps(steps, lease(random)) : new Set()
        const unseen = sorted(await store.loadTransfers(transfers.map(({ id }) => id)))
        // Not those that a has changed, and those that it has made do not exist yet.
        const claimed = sorted(await store.claimIntents('c', 60_000, 1_000))
        // One of them: two that wait for the same rows take them in any order, and Postgres would find a deadlock.
        if (steps.length > 0)
          late.push(random.chance(0.5) ? store.commitSteps(steps, undefined) : store.shareVersions(steps.map(idOf)))
        if (first.unmatched[0]) late.push(tellFact({ ...first.unmatched[0], subject: row, kind: 'unheard', payload: {} }))
        await a.consumeFacts(first.unmatched, [])
        return { first: told(first), others: told(others), moved, unseen, claimed }
      })
      return { answers, late: await Promise.all(late) }
    },
  }
}
