import type { ClientBase } from 'pg'
import { type BlockRef, type Branch, baseOf, grow, place, tipOf } from './canonical.ts'
import type { EvmChainConfig } from './config.ts'
import type { Header, Source } from './evm/source.ts'
import { type FinalHeights, type FinalityEvidence, finalHeights, noEvidence, type Tags, weigh } from './finality.ts'
import { pause } from './pause.ts'
import { type Reading, readBatch } from './read-batch.ts'
import type { ChainStatus } from './status.ts'
import { commitBatch, createHead, haltChain, readBranch, readCanonicalHash, readHead, wakeSaga } from './store.ts'
import { type Followed, stopFor, takeTurns } from './turns.ts'

export type FollowedEvm = Followed & { readonly config: EvmChainConfig; readonly source: Source }

/** What is in the tables, as far as the next turn needs it. The branch begins at the finalized height. */
type Held = { readonly branch: Branch; readonly heights: FinalHeights; readonly evidence: FinalityEvidence }

/** Follows one EVM chain until `signal` fires, the chain is halted or its configuration is refused. Never throws. */
export const follow = async (followed: FollowedEvm, signal: AbortSignal): Promise<void> => {
  const { config, status, log, metrics } = followed
  const chain = config.id
  const labels = { chain }
  const reportedTopics = new Set<string>()

  const readOptions = (latest: Header, tags: Tags, held: Held) => ({
    ...config,
    settledHeight: settledHeight(latest, tags, held, BigInt(config.finalityDepth)),
    onUnknownLog: (topic: string) => {
      metrics.unknownLogs.inc(labels)
      if (reportedTopics.has(topic)) return
      reportedTopics.add(topic)
      log('error', 'the escrow emits an event that the ABI lacks; it is ignored', { chain, topic })
    },
    onSuspectBlock: (block: BlockRef, found: number) => {
      metrics.suspectBlocks.inc(labels)
      if (found > 0) log('error', 'the node had left out logs; a second reading brought them', { chain, block, found })
    },
  })

  const look = async (held: Held) => {
    const { latest, tags } = await followed.source.head()
    const below = place(held.branch, latest) === 'below'
    const reading: Reading | 'below' = below
      ? 'below'
      : await readBatch(followed.source, held.branch, latest, readOptions(latest, tags, held))
    return { latest, tags, reading }
  }

  const halt = async (db: ClientBase, held: Held, rivals: Pick<Extract<Reading, { kind: 'deep' }>, 'blocks' | 'events'>) => {
    const reason = `reorg_below_finality: the node's block ${rivals.blocks[0]!.number} is ${rivals.blocks[0]!.hash}`
    await haltChain(db, { chain, from: tipOf(held.branch), reason, ...rivals })
    stopFor(followed, 'halted', reason)
  }

  const commit = async (db: ClientBase, held: Held, { latest, tags, reading }: Found): Promise<Held> => {
    const from = tipOf(held.branch)
    const { ancestor, blocks, events } = reading.kind === 'extend' ? reading : { ancestor: from, blocks: [], events: [] }
    const evidence = weigh(held.evidence, tags)
    const grown = grow(held.branch, ancestor, blocks, baseOf(held.branch).number)
    const { mode } = evidence
    const heights = finalHeights({
      before: held.heights,
      ancestor,
      branch: grown,
      mode,
      tags,
      depth: BigInt(config.finalityDepth),
    })
    const moved =
      heights.finalized !== held.heights.finalized || heights.safe !== held.heights.safe || mode !== held.evidence.mode
    if (blocks.length > 0 || moved) {
      const { orphaned } = await commitBatch(db, { chain, from, ancestor, blocks, events, heights, mode })
      if (ancestor.hash !== from.hash) {
        metrics.reorgs.inc(labels)
        metrics.orphanedBlocks.inc(labels, Number(from.number - ancestor.number))
        metrics.orphanedEvents.inc(labels, orphaned)
        log('warn', 'rolled back a reorg', { chain, ancestor, from, to: tipOf(grown), orphaned })
      }
      metrics.blocks.inc(labels, blocks.length)
      metrics.events.inc(labels, events.length)
      // Also for a head that merely moved: waits for finality may have come due.
      await wakeSaga(db)
    }
    const next: Held = { branch: grown.filter(block => block.number >= heights.finalized), heights, evidence }
    report(status, next, latest)
    return next
  }

  const act = async (db: ClientBase, held: Held, { latest, tags, reading }: Awaited<ReturnType<typeof look>>) => {
    let next = held
    if (reading === 'below') {
      const ours = await readCanonicalHash(db, chain, latest.number)
      // The same block: the node lags behind finality. None of ours: it is younger than our first block and proves nothing.
      if (ours !== undefined && ours !== latest.hash) return void (await halt(db, held, { blocks: [latest], events: [] }))
      report(status, held, latest)
    } else if (reading.kind === 'deep') {
      return void (await halt(db, held, reading))
    } else {
      next = await commit(db, held, { latest, tags, reading })
    }
    const behind = tipOf(next.branch).number < latest.number
    const moved = reading !== 'below' && reading.kind === 'extend'
    return { held: next, more: behind && moved }
  }

  const { pollMs } = config
  await takeTurns(followed, { pollMs, load: db => load(db, followed), look, act, rest: stop => pause(pollMs, stop) }, signal)
}

type Found = { readonly latest: Header; readonly tags: Tags; readonly reading: Exclude<Reading, { kind: 'deep' }> }

/** What the tables hold; begins the chain when it is new. Undefined: not yet (its first block is missing) or never (see the status). */
const load = async (db: ClientBase, followed: FollowedEvm): Promise<Held | undefined> => {
  const { config, source, status } = followed
  const head = await readHead(db, config.id)
  if (head?.haltedReason !== undefined) return void stopFor(followed, 'halted', head.haltedReason)
  if (head && head.escrow !== config.escrow.toLowerCase()) return void stopFor(followed, 'refused', 'escrow_mismatch')
  if (`evm:${await source.chainId()}` !== config.id) return void stopFor(followed, 'refused', 'chain_id_mismatch')
  if (head) {
    const branch = await readBranch(db, config.id, head.heights.finalized)
    return { branch, heights: head.heights, evidence: noEvidence(head.mode) }
  }
  const anchor = await source.byNumber(config.startBlock > 0n ? config.startBlock - 1n : 0n)
  if (!anchor) {
    status.state = 'starting'
    status.reason = 'start_block_not_reached'
    return undefined
  }
  await createHead(db, config.id, config.escrow.toLowerCase(), anchor)
  return { branch: [anchor], heights: { safe: anchor.number, finalized: anchor.number }, evidence: noEvidence() }
}

const settledHeight = (latest: Header, tags: Tags, held: Held, depth: bigint): bigint => {
  if (held.evidence.mode === 'tags') return tags.finalized && tags.finalized.number < latest.number ? tags.finalized.number : -1n
  return held.evidence.mode === 'depth' ? latest.number - depth : -1n
}

const report = (status: ChainStatus, held: Held, latest: Header) => {
  status.state = 'following'
  status.reason = undefined
  status.nodeHeight = latest.number
  status.cursorHeight = tipOf(held.branch).number
  status.heights = held.heights
  status.mode = held.evidence.mode
}
