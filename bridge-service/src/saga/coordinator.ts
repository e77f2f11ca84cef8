import type { Intent } from '../intents/intent.ts'
import type { Log } from '../log.ts'
import { machineTiming, type Timing } from '../timing.ts'
import type { TransferId } from '../transfer/id.ts'
import { terminalStates } from '../transfer/state.ts'
import type { Transfer } from '../transfer/transfer.ts'
import { caution } from './caution.ts'
import type { DatabaseClock } from './database-clock.ts'
import { type Bench, judge, type Ignored as Why } from './judge.ts'
import type { PoolState } from './load.ts'
import { poolRaces, type RaceOutcome } from './pool-races.ts'
import { isTransient } from './postgres-errors.ts'
import type { FactKey, Lease, Step } from './step.ts'
import type { SagaStore, SagaTx, StepStore } from './store.ts'
import { type Work, workOf } from './work.ts'

export type Coordinator = {
  /** Takes an input that this process produced. What is lost with the process is found again by the resolver of intents. */
  readonly offer: (work: Work) => void
  /** Looks for facts in the inbox now. */
  readonly wake: () => void
  readonly inFlight: () => number
  /** Finishes what it has begun, and begins nothing new. */
  readonly stop: () => Promise<void>
}

export type CoordinatorOptions = {
  readonly store: SagaStore
  readonly clock: DatabaseClock
  readonly lease: Lease
  /** Gets the intents of committed steps, already leased to this process. */
  readonly execute: (intents: readonly Intent[]) => void
  readonly onMoved: (moved: readonly Transfer[]) => void
  readonly roleOf: Bench['roleOf']
  readonly log: Log
  readonly timing?: Timing
  readonly maxBatch?: number
  readonly lanes?: number
  readonly factPollMs?: number
  /** After so many lost races in a row on one liquidity pool, reservations queue for it. */
  readonly lostRacesInARow?: number
  /** Told what became of each reservation: `queued` has waited for its pool, and cannot lose. */
  readonly onRace?: (pool: string, outcome: RaceOutcome | 'queued') => void
  /** Called before and after each commit; a test crashes here. */
  readonly fault?: (point: 'beforeCommit' | 'afterCommit') => void
}

// Parking is rare and unparking is a person's work: so long the list of parked transfers may be old.
const parkedForMs = 2_000

// Some 4 KB each. One that is forgotten is read again.
const maxKnown = 10_000

type Ignored = Why & { work: Work; version: number }
type Plan = { steps: Step[]; works: Map<Step, Work>; ignored: Ignored[]; parked: { work: Work; reason: string }[] }

/**
 * Claims inputs, decides, commits. All inputs that wait while a commit is under way go into the next one, so the batch grows with the
 * load and a single input never waits. Two writers of one transfer are kept apart by its version: the loser reads again.
 */
export const coordinator = (options: CoordinatorOptions): Coordinator => {
  const { store, clock, lease, execute, onMoved, log, timing = machineTiming, fault = () => {} } = options
  const maxBatch = options.maxBatch ?? 256
  const lanes = options.lanes ?? 2
  const careful = caution(store, timing)
  const races = poolRaces(options.lostRacesInARow ?? 5)
  const known = new Map<TransferId, Transfer>()
  const busy = new Set<TransferId>()
  let queue: Work[] = []
  let running = 0
  let factsWanted = true
  // One after a batch that the database refused, so that the culprit is found; then it grows again.
  let factLimit = maxBatch
  let readingFacts = false
  let parked: readonly string[] = []
  /** By name, with the look at which each was last found to be early. */
  let cameEarly: ReadonlyMap<string, number> = new Map()
  let looks = 0
  let parkedReadMs = Number.NEGATIVE_INFINITY
  let stopping = false
  const idleWaiters: (() => void)[] = []

  const offer = (work: Work) => {
    queue.push(work)
    // After the current turn of the event loop, so that what arrives together is committed together.
    if (queue.length === 1) timing.soon(pump)
  }

  const pump = () => {
    while (running < lanes && queue.length > 0) {
      const batch = takeBatch()
      if (batch.length === 0) break
      running++
      void runBatch(batch).finally(() => {
        running--
        for (const work of batch) busy.delete(work.transferId)
        pump()
      })
    }
    if (factsWanted && !readingFacts && !stopping) {
      readingFacts = true
      factsWanted = false
      void runFacts().finally(() => {
        readingFacts = false
        timing.soon(pump)
      })
    }
    if (running === 0 && queue.length === 0 && !readingFacts) for (const done of idleWaiters.splice(0)) done()
  }

  /** At most one input per transfer: the second is decided on what the first left. */
  const takeBatch = (): Work[] => {
    const batch: Work[] = []
    const rest: Work[] = []
    for (const work of queue) {
      if (batch.length < maxBatch && !busy.has(work.transferId)) {
        busy.add(work.transferId)
        batch.push(work)
      } else rest.push(work)
    }
    queue = rest
    return batch
  }

  const runBatch = async (batch: readonly Work[]): Promise<void> => {
    try {
      const { together, alone, deadly } = await careful.take(batch)
      if (together.length > 0) await runTogether(together)
      for (const work of alone) {
        await careful.takeAlone(work)
        await runTogether([work])
      }
      for (const { of, lost } of deadly) await park(of.transferId, of.cause, neverHeardOf(lost))
    } catch (error) {
      retryLater(batch, error) // nobody could be asked, and nothing was begun
    }
  }

  const runTogether = async (batch: readonly Work[]): Promise<void> => {
    try {
      await commit(batch)
    } catch (error) {
      if (isTransient(error)) return retryLater(batch, error)
      // One of them breaks a law of the database and takes the whole batch with it: find out which.
      for (const work of batch)
        await commit([work]).catch(reason =>
          isTransient(reason) ? retryLater([work], reason) : park(work.transferId, work.cause, reason),
        )
    } finally {
      await careful.putDown(batch)
    }
  }

  const retryLater = (batch: readonly Work[], error: unknown) => {
    for (const work of batch) known.delete(work.transferId)
    log('warn', 'a commit is tried again', { works: batch.length, error: String(error) })
    timing.after(250, () => {
      queue.push(...batch)
      pump()
    })
  }

  const park = async (transferId: TransferId, cause: string, error: unknown) => {
    known.delete(transferId)
    parkedReadMs = Number.NEGATIVE_INFINITY
    log('error', 'a transfer is parked', { transfer: transferId, cause, error: String(error) })
    await store.parkTransfer(transferId, `${cause}: ${String(error)}`).catch(reason =>
      log('error', 'parking failed; the next input of the transfer tries again', {
        transfer: transferId,
        error: String(reason),
      }),
    )
  }

  /** Reservations of pools that are fought for queue, by themselves: they hold the pools' rows from before they decide. */
  const commit = async (batch: readonly Work[]): Promise<void> => {
    const queueing = races.isContended() ? batch.filter(isScreened) : []
    const rest = batch.filter(work => !queueing.includes(work))
    if (queueing.length > 0) await store.inTransaction(tx => carryOut(tx, queueing, tx.lockPools)).then(finish)
    if (rest.length > 0) await carryOut(store, rest, store.loadPools).then(finish)
  }

  const carryOut = async (database: StepStore, batch: readonly Work[], readPools: SagaTx['lockPools']) => {
    const plan = await decideAll(database, batch, readPools)
    const moved = await write(database, plan.steps)
    return { plan, moved, confirmed: await confirmIgnored(database, plan), isQueued: readPools !== store.loadPools }
  }

  const finish = ({ plan, moved, confirmed: { sure, stale }, isQueued }: Awaited<ReturnType<typeof carryOut>>) => {
    for (const { before, pool } of plan.steps) {
      if (pool === undefined) continue
      const outcome = moved.has(before.id) ? 'won' : 'lost'
      races.told(pool.id, outcome)
      options.onRace?.(pool.id, isQueued && outcome === 'won' ? 'queued' : outcome)
    }
    settle(plan, moved)
    tellStrangers(sure)
    for (const { work, version, againAtMs } of sure) work.ignored?.(version, againAtMs)
    for (const { work } of stale) offer(work)
  }

  /**
   * A step is fenced by its version, but what was ignored writes nothing that could be: it is final only when the transfer is still the one
   * that we remember. Another process may have moved it to where the input means a lot. In a transaction the answer holds until its end.
   */
  const confirmIgnored = async (database: StepStore, { ignored }: Plan): Promise<{ sure: Ignored[]; stale: Ignored[] }> => {
    if (ignored.length === 0) return { sure: [], stale: [] }
    const versions = await database.shareVersions(ignored.map(({ work }) => work.transferId))
    const sure = ignored.filter(({ work, version }) => versions.get(work.transferId) === version)
    const stale = ignored.filter(each => !sure.includes(each))
    for (const { work } of stale) known.delete(work.transferId)
    return { sure, stale }
  }

  const write = async (database: StepStore, steps: readonly Step[]): Promise<ReadonlySet<string>> => {
    if (steps.length === 0) return new Set()
    fault('beforeCommit')
    return database.commitSteps(steps, lease)
  }

  const decideAll = async (
    database: StepStore,
    batch: readonly Work[],
    readPools: SagaTx['lockPools'] = database.loadPools,
  ): Promise<Plan> => {
    const missing = batch.map(work => work.transferId).filter(id => !known.has(id))
    // What has ended is not remembered, and can still be told something: a debit that comes back, a credit that does.
    const loaded = new Map((await database.loadTransfers(missing)).map(transfer => [transfer.id, transfer]))
    for (const transfer of loaded.values()) remember(transfer)
    const current = (id: TransferId) => known.get(id) ?? loaded.get(id)
    const pools = await poolsOf(readPools, batch, current)
    const plan: Plan = { steps: [], works: new Map(), ignored: [], parked: [] }
    const nowMs = clock.nowMs()
    for (const work of batch) {
      const transfer = current(work.transferId)
      if (transfer === undefined) continue // parked: its facts, timers and intents wait with it
      try {
        const verdict = judge(transfer, work, { pools, nowMs, roleOf: options.roleOf, log })
        if ('ignored' in verdict) plan.ignored.push({ work, version: transfer.version, ...verdict.ignored })
        else {
          plan.steps.push(verdict.step)
          plan.works.set(verdict.step, work)
        }
      } catch (error) {
        plan.parked.push({ work, reason: String(error) })
      }
    }
    return plan
  }

  const poolsOf = async (
    readPools: SagaTx['lockPools'],
    batch: readonly Work[],
    current: (id: TransferId) => Transfer | undefined,
  ): Promise<Map<string, PoolState>> => {
    const ids = [...new Set(batch.filter(isScreened).flatMap(({ transferId }) => current(transferId)?.terms.pool ?? []))]
    return new Map(ids.length === 0 ? [] : (await readPools(ids)).map(pool => [pool.id, pool]))
  }

  const tellStrangers = (sure: readonly Ignored[]) => {
    for (const { work, stranger } of sure)
      if (stranger)
        log('warn', 'a stranger used the ref of a transfer', {
          transfer: work.transferId,
          escrow: work.escrowId,
          cause: work.cause,
        })
  }

  /** After the commit: what moved acts, what was overtaken tries again on what is true now. */
  const settle = (plan: Plan, moved: ReadonlySet<string>) => {
    const arrived = plan.steps.filter(step => moved.has(step.before.id))
    for (const step of arrived) remember(step.decision.after)
    if (arrived.length > 0) fault('afterCommit')
    execute(arrived.flatMap(step => step.intents))
    onMoved(arrived.map(step => step.decision.after))
    for (const { work, reason } of plan.parked) void park(work.transferId, work.cause, reason)
    for (const step of plan.steps) {
      if (moved.has(step.before.id)) continue
      known.delete(step.before.id as TransferId)
      const work = plan.works.get(step)!
      if (work.fact === undefined) offer(work)
      else factsWanted = true // the row in the inbox is still there
    }
  }

  const remember = (transfer: Transfer) => {
    known.delete(transfer.id)
    if (terminalStates.includes(transfer.state)) return
    known.set(transfer.id, transfer)
    if (known.size > maxKnown) known.delete(known.keys().next().value!)
  }

  /**
   * Facts are claimed with their rows locked for the length of the commit, so two processes never decide on the same fact; the lock
   * of one that froze goes with its connection, and so does its right to commit.
   */
  const runFacts = async (): Promise<void> => {
    const held: TransferId[] = []
    try {
      if (timing.monotonicMs() - parkedReadMs > parkedForMs) {
        parked = await store.parkedSubjects()
        parkedReadMs = timing.monotonicMs()
      }
      const { claimed, works, deadly, plan, moved, sure, stale, isFutile } = await store.inTransaction(async tx => {
        const claimed = await tx.claimFacts(factLimit, parked)
        const all: Work[] = []
        // What came early waits behind what it has overtaken, or that would never have its turn.
        const lookOf = (fact: FactKey) => cameEarly.get(nameOf(fact)) ?? 0
        const inTurn = claimed.matched.toSorted((a, b) => lookOf(a) - lookOf(b))
        for (const fact of inTurn) {
          if (busy.has(fact.transferId)) continue // its turn comes when the transfer is free
          busy.add(fact.transferId)
          held.push(fact.transferId)
          all.push(workOf(fact))
        }
        const { together, alone, deadly } = await careful.take(all)
        // The others' turn comes when it is done.
        const works = alone.length === 0 ? together : alone.slice(0, 1)
        if (alone[0] !== undefined) await careful.takeAlone(alone[0])
        const plan = await decideAll(tx, works)
        const moved = await write(tx, plan.steps)
        const { sure, stale } = await confirmIgnored(tx, plan)
        const stray = sure.filter(({ stray }) => stray)
        // What came early stays where it is, and is read again at the next look.
        const ignored = sure.filter(({ stray, early }) => !stray && !early)
        const early = sure.flatMap(({ work, early }) => (early && work.fact ? [nameOf(work.fact)] : []))
        // Where several of one transfer wait for the same, another look finds the same: it comes with the next poll.
        const isFutile = works.length > 0 && early.length === works.length && early.every(name => cameEarly.has(name))
        const waiting = new Set(claimed.matched.map(nameOf))
        looks++
        cameEarly = new Map([
          ...[...cameEarly].filter(([name]) => waiting.has(name)),
          ...early.map(name => [name, looks] as const),
        ])
        await tx.consumeFacts(
          [...claimed.unmatched, ...stray.flatMap(({ work }) => work.fact ?? [])],
          ignored.flatMap(({ work }) => work.fact ?? []),
        )
        return { claimed, works, deadly, plan, moved, sure, stale, isFutile }
      })
      settle(plan, moved)
      tellStrangers(sure)
      for (const { of, lost } of deadly) await park(of.transferId, of.cause, neverHeardOf(lost))
      factLimit = Math.min(maxBatch, factLimit * 2)
      if (claimed.full || (works.length < claimed.matched.length && !isFutile) || stale.length > 0) factsWanted = true
    } catch (error) {
      for (const id of held) known.delete(id)
      if (isTransient(error)) log('warn', 'facts are read again', { error: String(error) })
      else if (held.length === 1) await park(held[0]!, 'fact', error)
      else log('error', 'the database refuses a batch of facts: they go one by one', { facts: held.length, error: String(error) })
      factLimit = 1
      timing.after(250, wake)
    } finally {
      await careful.putDown(held.map(transferId => ({ transferId })))
      for (const id of held) busy.delete(id)
    }
  }

  const wake = () => {
    factsWanted = true
    pump()
  }
  const endPoll = timing.every(options.factPollMs ?? 250, wake)

  return {
    offer,
    wake,
    inFlight: () => queue.length + busy.size,
    stop: async () => {
      stopping = true
      endPoll()
      await new Promise<void>(done => {
        idleWaiters.push(done)
        pump()
      })
    },
  }
}
/** What reserves liquidity, if it goes well. */
const isScreened = ({ input }: Work): boolean => input.type === 'screened'

const neverHeardOf = (workers: number) => `${workers} workers in a row were never heard of again`

const nameOf = ({ source, fact }: Pick<FactKey, 'source' | 'fact'>) => `${source}/${fact}`
