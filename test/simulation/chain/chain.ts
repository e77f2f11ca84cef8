import type { Random } from '../../../scripts/fuzz/reorg/random.ts'
import type { Faults } from '../faults.ts'
import type { Scheduler } from '../scheduler.ts'
import type { ChainSettings } from '../settings.ts'
import { type ChainState, type EscrowEvent, emptyState, execute, type TxWish } from './escrow.ts'

export type PooledTx = TxWish & {
  /** Of all that have the same, one is mined at most. */
  readonly nonceOf: string
  readonly sinceMs: number
  /** Of an account whose transactions are mined in the order of their numbers, without a gap, by blocks that they pay enough for. */
  readonly lane?: { readonly sender: string; readonly nonce: number; readonly maxFee: bigint; readonly tip: bigint }
  /** From then on no block takes it. */
  readonly untilMs?: number
  /** What it comes to as its block finds the chain, where that is not only the contract's business: what it does then, or why nothing. */
  readonly asOf?: (state: ChainState, timeMs: number) => Partial<TxWish> | string
}
/** What a block costs. */
export type Market = { readonly nextBlock: () => void; readonly takes: (tx: PooledTx) => boolean }
export const freeMarket: Market = { nextBlock: () => {}, takes: () => true }

export type MinedTx = { readonly tx: PooledTx; readonly height: number; readonly refusal: string | undefined }
export type Block = {
  readonly height: number
  readonly hash: `0x${string}`
  readonly timeMs: number
  readonly mined: readonly MinedTx[]
  readonly events: readonly (EscrowEvent & { readonly fact: string; readonly txHash: `0x${string}` })[]
}

/** An event that was final, and then was not. */
export type Undone = { readonly fact: string; readonly ref: string; readonly amountMinor: string; readonly atMs: number }

export type SimChain = {
  readonly blocks: readonly Block[]
  readonly state: () => ChainState
  /** The state some blocks ago, as a node that lags shows it. */
  readonly stateBefore: (blocks: number) => ChainState
  readonly height: () => number
  readonly finalHeight: () => number
  readonly safeHeight: () => number
  readonly minedAs: (hash: string) => MinedTx | undefined
  readonly isPooled: (hash: string) => boolean
  /** How many transactions of an account are mined, up to a height. */
  readonly countOf: (sender: string, height: number) => number
  /** When a number of an account was used, in ms since the epoch; undefined while it is not. */
  readonly usedAtMs: (sender: string, nonce: number) => number | undefined
  readonly broadcast: (tx: PooledTx) => void
  readonly forget: (hash: string) => void
  /** A later transaction of the same nonce takes the place of this one. */
  readonly replace: (tx: PooledTx, by: PooledTx) => void
  readonly circumstances: { pausedUntilMs: number; emptyUntilMs: number; readonly deniedUntilMs: Map<string, number> }
  readonly start: () => void
  readonly onBlock: (listener: () => void) => void
  readonly isAtRest: () => boolean
  /** Every reorg, by its depth. */
  readonly reorgs: readonly number[]
  /** What reorgs took away although the policy called it final. */
  readonly undone: readonly Undone[]
  /** What of it the chain went on without. */
  readonly lost: () => readonly Undone[]
}

/** A chain with a pool, blocks that can be replaced by others, and one escrow contract. */
export const startChain = (
  { nowMs, at }: Scheduler,
  random: Random,
  faults: Faults,
  { flavour, blockMs, finalDepth, safeDepth, finality, mostReorg }: ChainSettings,
  treasuryMinor: bigint,
  market: Market = freeMarket,
): SimChain => {
  const blocks: Block[] = []
  const reorgs: number[] = []
  const undone: Undone[] = []
  const pool = new Map<string, PooledTx>()
  const listeners: (() => void)[] = []
  const circumstances: SimChain['circumstances'] = { pausedUntilMs: 0, emptyUntilMs: 0, deniedUntilMs: new Map() }
  let state = emptyState(treasuryMinor)
  let finalHeight = 0
  let safeHeight = 0
  let branch = 0
  let stillUntilMs = 0
  let dearUntilMs = 0

  /** Of the canonical chain. */
  const minedTxs = new Map<string, MinedTx>()
  const usedNonces = new Set<string>()
  /** Transfers to deposit addresses that are not final, and of which it was decided whether a reorg takes them away. */
  const shaky = new Map<string, Set<boolean>>()
  /** The heights at which the transactions of an account were mined, by their numbers. */
  const lanes = new Map<string, number[]>()
  const laneOf = (sender: string) => lanes.get(sender) ?? lanes.set(sender, []).get(sender)!

  const replay = (upTo: number): ChainState => {
    const fresh = emptyState(treasuryMinor)
    for (const block of blocks.slice(0, upTo))
      for (const { tx, refusal } of block.mined) if (refusal === undefined) execute(fresh, tx, block.timeMs, undefined)
    return fresh
  }

  const mineBlock = (timeMs: number, chosen: readonly PooledTx[]) => {
    const height = blocks.length + 1
    const mined: MinedTx[] = []
    const events: Block['events'][number][] = []
    for (const wanted of chosen) {
      const { lane, hash, nonceOf } = wanted
      if (lane !== undefined && lane.nonce > laneOf(lane.sender).length) continue
      pool.delete(hash)
      if (usedNonces.has(nonceOf)) continue
      usedNonces.add(nonceOf)
      if (lane !== undefined) laneOf(lane.sender).push(height)
      const changed = wanted.asOf?.(state, timeMs) ?? {}
      const tx = typeof changed === 'string' ? wanted : { ...wanted, ...changed }
      const result = typeof changed === 'string' ? changed : execute(state, tx, timeMs, { ...circumstances, nowMs: nowMs() })
      const entry = { tx, height, refusal: typeof result === 'string' ? result : undefined }
      mined.push(entry)
      minedTxs.set(tx.hash, entry)
      if (tx.action === 'transfer' && !shaky.has(tx.hash)) shaky.set(tx.hash, new Set())
      if (typeof result !== 'string')
        events.push(...result.map((event, ordinal) => ({ ...event, fact: `${tx.hash}:${ordinal}`, txHash: tx.hash })))
    }
    for (const { hash, nonceOf } of pool.values()) if (usedNonces.has(nonceOf)) pool.delete(hash)
    blocks.push({ height, hash: `0x${branch}b${height}`, timeMs, mined, events })
    finalHeight = Math.max(finalHeight, flavour === 'stellar' ? height : height - finalDepth)
    safeHeight = Math.max(safeHeight, flavour === 'stellar' ? height : height - safeDepth)
  }

  const ready = () =>
    [...pool.values()]
      .filter(tx => random.chance(0.8) && market.takes(tx))
      .sort((a, b) => (a.lane?.nonce ?? 0) - (b.lane?.nonce ?? 0) || Number((b.lane?.tip ?? 0n) - (a.lane?.tip ?? 0n)))

  /** `without`: a transaction that is on the new branch no more, nor on its way there. */
  const reorg = (depth: number, without?: string) => {
    const times = blocks.splice(blocks.length - depth).map(block => {
      for (const { tx } of block.mined) {
        minedTxs.delete(tx.hash)
        usedNonces.delete(tx.nonceOf)
        if (tx.lane !== undefined) laneOf(tx.lane.sender).length = Math.min(laneOf(tx.lane.sender).length, tx.lane.nonce)
        if (tx.hash === without || faults.strikes('evm: a reorg drops transactions', tx.about)) continue
        pool.set(tx.hash, tx)
      }
      return block.timeMs
    })
    branch++
    reorgs.push(depth)
    state = replay(blocks.length)
    // The levels may follow a new head down, but never below what they have said.
    for (const timeMs of [...times, nowMs()]) {
      const wanted = ready()
      if (faults.strikes('evm: a reorg mines transactions in another order')) wanted.reverse()
      mineBlock(timeMs, wanted)
    }
  }

  /** What somebody has brought to an address is taken away once before it is locked, once after that, or never. */
  const takeBack = (hash: string, decided: Set<boolean>) => {
    const { tx, height = 0 } = minedTxs.get(hash) ?? {}
    const depth = blocks.length - height + 1
    if (tx === undefined || depth > Math.min(mostReorg, blocks.length - finalHeight)) return void shaky.delete(hash)
    const isLocked = state.escrows.has(tx.escrowId)
    if (decided.has(isLocked)) return
    decided.add(isLocked)
    const name = isLocked
      ? 'evm: a reorg takes back what was brought to an address and locked'
      : 'evm: a reorg takes back what was brought to an address'
    if (faults.strikes(name, tx.about)) reorg(depth, hash)
  }

  const policyHeight = () =>
    finality.level === 'latest' ? blocks.length - finality.confirmations : finality.level === 'safe' ? safeHeight : finalHeight

  /** Only then do the levels fall: what they have said was not true. */
  const undoFinality = () => {
    const common = Math.max(0, finalHeight - random.between(1, 6))
    const depth = blocks.length - common
    for (const { events } of blocks.slice(common, Math.max(common, policyHeight())))
      undone.push(...events.map(({ fact, terms }) => ({ fact, ref: terms.ref, amountMinor: terms.amountMinor, atMs: nowMs() })))
    finalHeight = common
    safeHeight = Math.min(safeHeight, common)
    reorg(depth)
  }

  const tick = () => {
    at(nowMs() + blockMs, tick)
    if (faults.strikes('chain: stands still')) stillUntilMs = nowMs() + random.between(30, 1_800) * 1_000
    if (faults.strikes('chain: a fee spike keeps everything waiting')) dearUntilMs = nowMs() + random.between(30, 600) * 1_000
    if (faults.strikes('chain: is paused')) circumstances.pausedUntilMs = nowMs() + random.between(30, 600) * 1_000
    if (faults.strikes('chain: the treasury is empty for a while'))
      circumstances.emptyUntilMs = nowMs() + random.between(30, 300) * 1_000
    if (flavour === 'stellar' && faults.strikes('stellar: a ledger closes late'))
      stillUntilMs = Math.max(stillUntilMs, nowMs() + random.between(10, 90) * 1_000)
    if (nowMs() < stillUntilMs) return
    market.nextBlock()
    const most = Math.min(mostReorg, blocks.length - finalHeight)
    if (flavour === 'evm' && most > 0) {
      // Most blocks are empty, and a reorg of those shows nothing: where there is something to lose there are more tries.
      const tries = blocks.at(-1)!.mined.length > 0 ? 4 : 1
      if (Array.from({ length: tries }, () => faults.strikes('evm: a shallow reorg')).includes(true)) reorg(1)
      else if (faults.strikes('evm: a reorg as deep as may be')) reorg(most)
    }
    for (const [hash, decided] of shaky) takeBack(hash, decided)
    if (flavour === 'evm' && finalHeight > 0 && faults.strikes('evm: a reorg undoes what was final')) undoFinality()
    for (const tx of pool.values()) {
      const isOver = tx.untilMs !== undefined && nowMs() >= tx.untilMs
      if (isOver || (flavour === 'evm' && faults.strikes('evm: the pool forgets a transaction', tx.about))) pool.delete(tx.hash)
    }
    mineBlock(nowMs(), nowMs() < dearUntilMs ? [] : ready())
    for (const listener of listeners) listener()
  }

  return {
    blocks,
    reorgs,
    undone,
    lost: () => {
      if (undone.length === 0) return []
      const facts = new Set(blocks.flatMap(({ events }) => events.map(({ fact }) => fact)))
      return undone.filter(({ fact }) => !facts.has(fact))
    },
    circumstances,
    state: () => state,
    stateBefore: back => replay(Math.max(0, blocks.length - back)),
    height: () => blocks.length,
    finalHeight: () => finalHeight,
    safeHeight: () => safeHeight,
    minedAs: hash => minedTxs.get(hash),
    isPooled: hash => pool.has(hash),
    countOf: (sender, height) => laneOf(sender).filter(minedAt => minedAt <= height).length,
    usedAtMs: (sender, nonce) => {
      const height = laneOf(sender)[nonce]
      return height === undefined ? undefined : blocks[height - 1]!.timeMs
    },
    broadcast: tx => void pool.set(tx.hash, tx),
    forget: hash => void pool.delete(hash),
    replace: (tx, by) => {
      pool.delete(tx.hash)
      pool.set(by.hash, by)
    },
    start: () => void at(nowMs() + random.between(1, blockMs), tick),
    onBlock: listener => void listeners.push(listener),
    isAtRest: () => pool.size === 0,
  }
}
