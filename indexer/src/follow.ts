import type { ClientBase } from 'pg'
import { type AlarmCode, clearAlarm } from './alarm.ts'
import type { Batch, BatchOptions } from './batch.ts'
import { type BlockRef, baseOf, grow, tipOf } from './canonical.ts'
import { closeGap } from './close-gap.ts'
import { commonAncestor } from './common-ancestor.ts'
import { writeEndpoints } from './endpoint-store.ts'
import { IndexerError } from './errors.ts'
import { bloomAdmits } from './evm/bloom.ts'
import { finalHeights, weigh } from './finality.ts'
import { type FollowedEvm, type Held, load } from './held.ts'
import { explain } from './log.ts'
import { createLook, type Found } from './look.ts'
import { pause } from './pause.ts'
import { createProgress } from './progress.ts'
import type { Repair } from './repair.ts'
import { type Approval, resumeOurs, resumeTheirs } from './resume.ts'
import { readSecondTime } from './second-reading.ts'
import { commitBatch, haltChain, readCanonicalHash, readLowestHeight, wakeSaga } from './store.ts'
import { foldTokens } from './token-states.ts'
import { readTokenStates } from './token-store.ts'
import { stopFor, takeTurns } from './turns.ts'

// How soon a second reading is tried again when it found something, and how often the nodes' state is told.
const checkAgainMs = 1_000
const endpointsEveryMs = 3_000

/** Follows one EVM chain until `signal` fires or its configuration is refused. Never throws. */
export const follow = async (followed: FollowedEvm, signal: AbortSignal): Promise<void> => {
  const { config, source, status, log, metrics } = followed
  const chain = config.id
  const labels = { chain }
  const reportedTopics = new Set<string>()
  let checkAtMs = 0
  let endpointsAtMs = 0
  let standings = ''

  const options: BatchOptions & { batchSize: number } = {
    batchSize: config.batchSize,
    concurrency: config.concurrency,
    bloomAdmits: bloomAdmits(config.escrow),
    onUnknownLog: topic => {
      metrics.unknownLogs.inc(labels)
      if (reportedTopics.has(topic)) return
      reportedTopics.add(topic)
      log('error', 'the escrow emits an event that the ABI lacks; it is ignored', { chain, topic })
    },
    onSuspectBlock: (block, found) => {
      metrics.suspectBlocks.inc(labels)
      if (found > 0) log('error', 'a node had left out logs; another reading brought them', { chain, block, found })
    },
  }

  const halt = async (db: ClientBase, from: BlockRef, reason: string, rivals?: Batch) => {
    await haltChain(db, { chain, from, reason, blocks: rivals?.blocks ?? [], events: rivals?.events ?? [] })
    metrics.halts.inc(labels)
    stopFor(followed, 'halted', reason)
    return undefined
  }

  const noteRepairs = (repairs: readonly Repair[]) => {
    if (repairs.length === 0) return
    metrics.repairedBlocks.inc(labels, repairs.length)
    log('error', 'events in the tables were set right', { chain, repairs })
  }

  /** The batch with every event that the contract has counted. Throws `sequence_gap` when one is nowhere to be had. */
  const complete = async (db: ClientBase, held: Held, ancestor: BlockRef, batch: Batch) => {
    const before = ancestor.hash === tipOf(held.branch).hash ? held.tokens : await readTokenStates(db, chain, ancestor.number)
    const folded = foldTokens(before, batch.steps, held.midway)
    if (!folded.gap) return { batch, folded }
    metrics.sequenceGaps.inc(labels)
    log('error', "the contract's numbers show a missing event", { chain, ...folded.gap })
    try {
      const doubtful = { batch, before, gap: folded.gap, midway: held.midway }
      const closed = await closeGap(db, source, chain, ancestor, doubtful, options)
      noteRepairs(closed.repairs)
      return closed
    } catch (error) {
      if (error instanceof IndexerError && error.code === 'sequence_gap') status.alarm ??= 'sequence_gap'
      throw error
    }
  }

  const endAlarm = async (db: ClientBase, code: AlarmCode) => {
    if (status.alarm !== code) return
    await clearAlarm(db, chain, code)
    status.alarm = undefined
  }

  const commit = async (db: ClientBase, held: Held, { latest, tags, fresh, reading }: Found): Promise<Held> => {
    const from = tipOf(held.branch)
    const ancestor = reading.kind === 'extend' ? reading.ancestor : from
    const { batch, folded } = reading.kind === 'extend' ? await complete(db, held, ancestor, reading.batch) : idle(held)
    const { blocks, events } = batch
    const evidence = fresh ? weigh(held.evidence, tags) : held.evidence
    const grown = grow(held.branch, ancestor, blocks, baseOf(held.branch).number)
    const { mode } = evidence
    const depth = BigInt(config.finalityDepth)
    const heights = finalHeights({ before: held.heights, ancestor, branch: grown, mode, tags, depth })
    const moved =
      heights.finalized !== held.heights.finalized || heights.safe !== held.heights.safe || mode !== held.evidence.mode
    if (blocks.length > 0 || moved) {
      const startedMs = performance.now()
      const { orphaned } = await commitBatch(db, { chain, from, ancestor, blocks, events, tokens: folded.rows, heights, mode })
      metrics.writeSeconds.inc(labels, (performance.now() - startedMs) / 1_000)
      if (ancestor.hash !== from.hash) {
        const depth = Number(from.number - ancestor.number)
        metrics.reorgs.inc(labels)
        metrics.reorgDepth.observe(labels, depth)
        metrics.orphanedBlocks.inc(labels, depth)
        metrics.orphanedEvents.inc(labels, orphaned)
        log('warn', 'rolled back a reorg', { chain, ancestor, from, to: tipOf(grown), orphaned })
      }
      metrics.blocks.inc(labels, blocks.length)
      metrics.events.inc(labels, events.length)
      // Also for a head that merely moved: waits for finality may have come due.
      await wakeSaga(db)
      await endAlarm(db, 'sequence_gap')
    }
    const branch = grown.filter(block => block.number >= heights.finalized)
    return report({ ...held, branch, heights, evidence, tokens: folded.after }, latest.number)
  }

  const progress = createProgress(log, chain, BigInt(2 * config.batchSize))
  const report = (held: Held, nodeHeight: bigint): Held => {
    progress(tipOf(held.branch).number, nodeHeight)
    status.state = 'following'
    status.reason = undefined
    status.nodeHeight = nodeHeight
    status.cursorHeight = tipOf(held.branch).number
    status.heights = held.heights
    status.mode = held.evidence.mode
    status.verified = held.verified
    return held
  }

  /** Reads what has become final once more. Undefined: the chain is halted. */
  const check = async (db: ClientBase, held: Held): Promise<Held | undefined> => {
    const { verified, heights, branch, midway } = held
    if (heights.finalized <= verified || performance.now() < checkAtMs) return held
    const most = verified + BigInt(config.batchSize)
    const number = most < heights.finalized ? most : heights.finalized
    const hash = await readCanonicalHash(db, chain, number)
    if (hash === undefined) throw new IndexerError('cursor_moved', { chain, number })
    let result: Awaited<ReturnType<typeof readSecondTime>>
    try {
      result = await readSecondTime(db, source, chain, verified + 1n, { number, hash }, tipOf(branch), midway)
    } catch (error) {
      if (!(error instanceof IndexerError) || error.code === 'cursor_moved') throw error
      metrics.failures.inc(labels)
      log('warn', 'the second reading failed; trying again', { chain, from: verified + 1n, to: number, ...explain(error) })
      checkAtMs = performance.now() + checkAgainMs
      return held
    }
    if (result.kind === 'verified') {
      await endAlarm(db, 'total_locked_mismatch')
      // Payouts that wait for finality have waited for this.
      await wakeSaga(db)
      status.verified = result.height
      return { ...held, verified: result.height }
    }
    if (result.kind === 'mismatch') {
      if (status.alarm === undefined)
        log('error', 'the contract has locked something else than its events say', { chain, ...result })
      status.alarm ??= 'total_locked_mismatch'
      checkAtMs = performance.now() + checkAgainMs
      return held
    }
    if (result.kind === 'accused') return held
    noteRepairs(result.repairs)
    await wakeSaga(db)
    const phantom = result.repairs.find(({ removed }) => removed > 0)
    // Somebody may have been paid for what never was.
    if (phantom) return halt(db, tipOf(branch), `final_event_withdrawn: in block ${phantom.block.number} ${phantom.block.hash}`)
    return { ...held, tokens: await readTokenStates(db, chain, tipOf(branch).number) }
  }

  const publish = async (db: ClientBase) => {
    const endpoints = source.endpoints()
    const now = endpoints.map(({ standing }) => standing).join()
    if (now === standings && performance.now() - endpointsAtMs < endpointsEveryMs) return
    standings = now
    endpointsAtMs = performance.now()
    await writeEndpoints(db, chain, endpoints)
  }

  const read = createLook(source, BigInt(config.finalityDepth), options)
  const look = async (held: Held) => {
    const startedMs = performance.now()
    const found = await read(held)
    metrics.readSeconds.inc(labels, (performance.now() - startedMs) / 1_000)
    return found
  }

  const act = async (db: ClientBase, held: Held, found: Found) => {
    const { latest, reading } = found
    let next: Held | undefined = held
    if (reading.kind === 'below') {
      const ours = await readCanonicalHash(db, chain, latest.number)
      // The same block: the node lags behind finality. None of ours: it is younger than our first block and proves nothing.
      if (ours !== undefined && ours !== latest.hash)
        return halt(db, tipOf(held.branch), deepReason(latest), { ...idle(held).batch, blocks: [latest] })
      report(held, latest.number)
    } else if (reading.kind === 'deep') {
      return halt(db, tipOf(held.branch), deepReason(reading.batch.blocks[0]!), reading.batch)
    } else {
      next = await commit(db, held, found)
    }
    await publish(db)
    const more = reading.kind === 'extend' && tipOf(next.branch).number < latest.number
    if (!more) next = await check(db, next)
    return next && { held: next, more: more || next.verified > held.verified }
  }

  const obey = async (db: ClientBase, approval: Approval) => {
    if (approval.branch === 'ours') {
      await resumeOurs(db, chain, approval)
      return undefined
    }
    const { latest } = await source.head()
    const ancestor = await commonAncestor(
      await readLowestHeight(db, chain),
      latest.number,
      height => readCanonicalHash(db, chain, height),
      async height => (await source.headers(height, height))[0]?.hash,
    )
    if (!ancestor) return 'no_common_ancestor'
    const { orphaned } = await resumeTheirs(db, chain, approval, ancestor, latest)
    log('warn', 'rolled back below finality, as operators said', { chain, ancestor, to: latest.number, orphaned })
    await wakeSaga(db)
    return undefined
  }

  const { pollMs } = config
  const rest = (stop: AbortSignal) => pause(pollMs, stop)
  await takeTurns(followed, { pollMs, load: db => load(db, followed), look, act, obey, rest }, signal)
}

const deepReason = ({ number, hash }: BlockRef) => `reorg_below_finality: the node's block ${number} is ${hash}`

const idle = ({ tokens }: Held) => ({
  batch: { blocks: [], logs: new Map(), events: [], steps: [] } as Batch,
  folded: { after: tokens, rows: [], gap: undefined },
})
