import type { Hex } from 'viem'
import { broadcast } from './broadcast.ts'
import type { EvmContext } from './context.ts'
import { initialFees, isUnderwater, type Market, replacementFees } from './fees.ts'
import type { Lease } from './lanes.ts'
import { observe } from './observe.ts'
import type { EvmTx, NewVersion, Observation } from './tx-store.ts'

/** Nodes hold few transactions of one sender, and only the lowest nonces can be mined: the rest waits its turn. */
const maxResent = 100

/**
 * One turn over one lane, if this worker holds or gets it. Every write is fenced on the lease's epoch, so that a worker that slept through
 * its lease changes nothing; what it still sends is only what is stored. Throws `chain_unavailable`.
 */
export const tending = (context: EvmContext) => {
  const { rpc, store, lanes, settings, notify } = context

  const tendLane = async (sender: Hex): Promise<void> => {
    const lease = await lanes.hold(sender, settings.leaseMs)
    if (!lease) return
    const lost = () => notify({ type: 'laneLost', sender, epoch: lease.epoch })
    const market = await rpc.market()
    const count = await rpc.transactionCount(sender)
    notify({ type: 'gasBalance', sender, balanceWei: await rpc.gasBalance(sender) })

    const before = await store.open(sender)
    if (!(await completeUnsigned(lease, before, market, count))) return lost()
    const open = before.some(isUnsigned) ? await store.open(sender) : before

    const observations = await observe(rpc, sender, open, { head: market.head, count }, settings.finalityDepth)
    await context.checkpoint('observed')
    if (observations.length > 0 && !(await store.record(lease, observations, context.timing.nowMs()))) return lost()
    report(open, observations)
    await context.checkpoint('recorded')

    const pending = pendingAfter(open, observations, context.timing.nowMs())
    // While the nonce that the chain waits for is among ours, nothing is missing: this node may merely lag.
    if (pending[0] && pending[0].nonce > count && !open.some(tx => tx.nonce === count))
      notify({ type: 'laneGap', sender, expected: count, lowest: pending[0].nonce })
    // A reorg that took back what was final has left a gap before all else: its bytes are still the only ones of its nonces.
    await resend(await store.finalFrom(sender, count), sender)
    await resend(
      pending.slice(0, maxResent).map(tx => tx.versions.at(-1)!.hash),
      sender,
    )
    if (!(await replaceStuck(lease, pending, market))) return lost()
  }

  /** A crash between nonce and signature: nobody has seen anything of that nonce, so it is simply signed now. */
  const completeUnsigned = async (lease: Lease, open: readonly EvmTx[], market: Market & { head: bigint }, count: number) => {
    const holes = open.filter(tx => isUnsigned(tx) && tx.nonce >= count)
    if (holes.length === 0) return true
    const fees = initialFees(market, settings.fees)
    const held = await store.storeFenced(lease, await Promise.all(holes.map(tx => context.sign(tx, fees, market.head))))
    if (held) await context.checkpoint('completed')
    return held
  }

  /** In nonce order, and the same bytes every time. */
  const resend = async (hashes: readonly Hex[], sender: Hex) => {
    const raws = await store.rawOf(hashes)
    for (const hash of hashes) {
      const raw = raws.get(hash)
      const answer = raw && (await broadcast(rpc, raw))
      if (answer?.kind === 'rejected') notify({ type: 'broadcastRejected', sender, hash, detail: answer.detail })
    }
  }

  /** The oldest holds up all others; of those only what no block could take at this base fee is replaced with it. */
  const replaceStuck = async (lease: Lease, pending: readonly EvmTx[], market: Market & { head: bigint }) => {
    const now = context.timing.nowMs()
    const isStuck = (tx: EvmTx, index: number) => {
      const newest = tx.versions.at(-1)!
      const sinceMs = Math.max(newest.signedAtMs, tx.pendingSinceMs ?? 0)
      if (now - sinceMs < settings.stuckAfterMs || market.head <= newest.signedHead) return false
      return index === 0 || isUnderwater(newest.fees, market)
    }
    const replacements: (NewVersion & { readonly nonce: number })[] = []
    for (const tx of pending.slice(0, maxResent).filter(isStuck)) {
      const fees = replacementFees(tx.versions.at(-1)!.fees, market, settings.fees)
      if (fees) replacements.push({ ...(await context.sign(tx, fees, market.head)), nonce: tx.nonce })
      else notify({ type: 'feeCapReached', sender: lease.sender, nonce: tx.nonce, capWei: settings.fees.maxFeePerGasCap })
    }
    if (replacements.length === 0) return true
    await context.checkpoint('replacementSigned')
    if (!(await store.storeFenced(lease, replacements))) return false
    await context.checkpoint('replacementStored')
    for (const { nonce, hash, version } of replacements) notify({ type: 'replaced', sender: lease.sender, nonce, hash, version })
    await resend(
      replacements.map(replacement => replacement.hash),
      lease.sender,
    )
    return true
  }

  const report = (open: readonly EvmTx[], observations: readonly Observation[]) => {
    const txs = new Map(open.map(tx => [tx.key, tx]))
    for (const { key, status, inclusion } of observations) {
      const { sender, nonce, status: was, inclusion: had } = txs.get(key)!
      if (had && had.blockHash !== inclusion?.blockHash) notify({ type: 'orphaned', sender, nonce, hash: had.hash })
      if (status === was) continue
      if (status === 'reverted') notify({ type: 'reverted', sender, nonce, hash: inclusion!.hash })
      if (status === 'usurped') notify({ type: 'nonceUsurped', sender, nonce, key })
    }
  }

  return tendLane
}

const isUnsigned = (tx: EvmTx) => tx.status === 'allocated'

const pendingAfter = (open: readonly EvmTx[], observations: readonly Observation[], nowMs: number): EvmTx[] => {
  const seen = new Map(observations.map(observation => [observation.key, observation]))
  return open
    .filter(tx => (seen.get(tx.key)?.status ?? tx.status) === 'signed')
    .map(tx => (seen.has(tx.key) ? { ...tx, pendingSinceMs: nowMs } : tx))
}
