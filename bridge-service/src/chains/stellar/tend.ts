import { BridgeError } from '../../errors.ts'
import type { Lease } from './channels.ts'
import type { StellarContext } from './context.ts'
import { bumpEnvelope } from './envelope.ts'
import { gather } from './evidence.ts'
import { unavailable } from './failure.ts'
import { verdictOf } from './fate.ts'
import { replacementBid } from './fees.ts'
import type { LedgerTx, Watermark } from './horizon.ts'
import { readFailure } from './result-code.ts'
import type { StellarOrder } from './task.ts'
import type { Attempt, Ending } from './tx-store.ts'

const parallel = 10

/**
 * One turn over the channels that this worker holds or gets: records what became of what is open, sends the rest again, bids more for what
 * is stuck, and builds again what is dead. Every write is fenced on the channel's lease, so that a worker that slept through it changes
 * nothing; what it still sends is only what is stored. Throws `chain_unavailable` and `chain_halted`.
 */
export const tending = (context: StellarContext, submit: (order: StellarOrder) => Promise<unknown>) => {
  const { horizon, store, channels, settings, accounts, passphrase, notify } = context
  let highest: Watermark | undefined
  /** The ledger at which each open attempt was last looked at and sent: before the next one there is nothing new to see. */
  const seen = new Map<string, bigint>()

  const tend = async (): Promise<void> => {
    const mark = await horizon.watermark()
    assertForward(mark)
    const leases = new Map((await channels.holdBusy(settings.leaseMs)).map(lease => [lease.channel, lease]))
    const open = await store.openOn([...leases.keys()])
    const fresh = open.filter(({ hash }) => (seen.get(hash) ?? -1n) < mark.ledger)
    const problems: unknown[] = []
    await inParallel(fresh, async attempt => {
      try {
        await look(leases.get(attempt.channel)!, attempt, mark)
        seen.set(attempt.hash, mark.ledger)
      } catch (error) {
        problems.push(error)
      }
    })
    for (const hash of seen.keys()) if (!open.some(attempt => attempt.hash === hash)) seen.delete(hash)
    const halted = problems.find(problem => problem instanceof BridgeError && problem.code === 'chain_halted')
    if (halted !== undefined) throw halted
    // Each needs a channel, of which there are not more.
    await inParallel(await store.waiting(accounts.channels.length), tx =>
      submit({ key: tx.key, task: tx.task }).catch(error => problems.push(error)),
    )
    if (problems.length > 0) throw problems[0]
  }

  /** An answer older than an earlier one is of no use; a later one with fewer ledgers is of another network. */
  const assertForward = (mark: Watermark) => {
    if (highest === undefined || mark.ledger >= highest.ledger) {
      highest = mark
      return
    }
    if (mark.closeTime > highest.closeTime) halt(highest, mark.hash)
    throw unavailable('Horizon is behind what it has shown before', { ledger: mark.ledger.toString() })
  }

  const look = async (lease: Lease, attempt: Attempt, mark: Watermark): Promise<void> => {
    const evidence = await gather(context, attempt, mark)
    if (evidence.resetTo !== undefined) return halt({ ledger: attempt.builtLedger, hash: attempt.builtHash }, evidence.resetTo)
    const verdict = verdictOf(attempt, evidence)
    await context.checkpoint('observed')
    if (verdict.fate === 'succeeded' || verdict.fate === 'failed') return end(lease, attempt, endingOf(evidence.found!))
    if (verdict.fate === 'dead') return bury(lease, attempt, mark, verdict.why)
    if (mark.closeTime > attempt.maxTime) {
      // It may be in the part of the history that is gone: nothing but a person can tell, and nothing is built until one has.
      const { key, hash, builtLedger } = attempt
      if (!evidence.covered) notify({ type: 'historyGap', key, hash, builtLedger: builtLedger.toString() })
      else if (evidence.consumed) notify({ type: 'numberGone', key, hash, channel: attempt.channel })
      return
    }
    return push(lease, attempt, mark)
  }

  const end = async (lease: Lease, attempt: Attempt, ending: Ending): Promise<void> => {
    if (!(await store.end(lease, attempt, ending)))
      return notify({ type: 'channelLost', channel: lease.channel, epoch: lease.epoch })
    await context.checkpoint('recorded')
    const { key, hash } = attempt
    if (ending.fate === 'failed') notify({ type: 'failed', key, hash, code: ending.refusal?.code ?? 'spoiled' })
  }

  /** Dead is said twice, at different ledgers: behind one address there may be nodes that know different things. */
  const bury = async (lease: Lease, attempt: Attempt, mark: Watermark, why: 'expired' | 'usurped'): Promise<void> => {
    if (attempt.doubtedLedger === undefined) {
      await store.doubt(lease, attempt, mark.ledger)
      return
    }
    if (attempt.doubtedLedger >= mark.ledger) return
    notify({ type: 'dead', key: attempt.key, hash: attempt.hash, why })
    await end(lease, attempt, { fate: 'dead' })
  }

  /** The same bytes again, until a ledger has them; or more for them, when it will not. */
  const push = async (lease: Lease, attempt: Attempt, mark: Watermark): Promise<void> => {
    const newest = attempt.versions.at(-1)!
    const isStuck = mark.ledger - newest.ledger >= BigInt(settings.bumpAfterLedgers)
    const answer = isStuck ? undefined : await horizon.send(await store.envelopeOf(newest.hash))
    if (answer?.kind === 'rejected')
      notify({ type: 'submissionRejected', key: attempt.key, hash: newest.hash, detail: answer.detail })
    if (isStuck || answer?.kind === 'feeTooLow') await bump(lease, attempt, mark)
  }

  const bump = async (lease: Lease, attempt: Attempt, mark: Watermark): Promise<void> => {
    const { key } = attempt
    const newest = attempt.versions.at(-1)!
    // Ten times is what it takes to be heard; what ledgers charge may be more, but need not be known.
    const market = await horizon.market().catch(() => 0n)
    const bid = replacementBid(newest.bid, market, settings.fees)
    if (bid === undefined) {
      notify({ type: 'feeCapReached', key, cap: settings.fees.bidCap.toString() })
      await horizon.send(await store.envelopeOf(newest.hash))
      return
    }
    const inner = await store.envelopeOf(attempt.hash)
    const { hash, envelope } = bumpEnvelope(inner, bid, accounts.sponsor, passphrase, accounts)
    await context.checkpoint('bumpSigned')
    const version = { version: newest.version + 1, hash, bid, ledger: mark.ledger }
    if (!(await store.bump(lease, attempt, version, envelope)))
      return notify({ type: 'channelLost', channel: lease.channel, epoch: lease.epoch })
    await context.checkpoint('bumpStored')
    notify({ type: 'bumped', key, hash, bid: bid.toString() })
    await horizon.send(envelope)
  }

  const halt = (built: Pick<Watermark, 'ledger' | 'hash'>, now: `0x${string}`): never => {
    const [ledger, hash] = [built.ledger.toString(), built.hash]
    notify({ type: 'networkReset', ledger, hash, now })
    throw new BridgeError('chain_halted', { reason: 'network_reset', ledger, hash, now })
  }

  return tend
}

const endingOf = ({ successful, ledger, result }: LedgerTx): Ending => {
  const bytes = Buffer.from(result, 'base64')
  if (successful) return { fate: 'succeeded', ledger, result: bytes }
  const failure = readFailure(bytes)
  const { detail } = failure
  return {
    fate: 'failed',
    ledger,
    result: bytes,
    ...(failure.kind === 'refused' ? { refusal: { code: failure.code, detail } } : {}),
  }
}

const inParallel = async <T>(items: readonly T[], work: (item: T) => Promise<unknown>): Promise<void> => {
  const queue = [...items]
  const workers = Array.from({ length: Math.min(parallel, queue.length) }, async () => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item)
  })
  await Promise.all(workers)
}
