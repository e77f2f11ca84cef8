import { bumpEnvelope } from '../../../../bridge-service/src/chains/stellar/envelope.ts'
import type { SendAnswer } from '../../../../bridge-service/src/chains/stellar/send.ts'
import type { Random } from '../../../../scripts/fuzz/reorg/random.ts'
import { rateDown } from '../../../../scripts/local/stellar/transaction/fee.ts'
import type { SimChain } from '../../chain/chain.ts'
import type { Sent } from '../../chain/line.ts'
import type { Faults } from '../../faults.ts'
import type { Scheduler } from '../../scheduler.ts'
import { namedAccounts, passphrase, stranger } from './accounts.ts'
import { applying } from './apply.ts'
import type { LedgerBooks } from './books.ts'
import { readEnvelope } from './envelope.ts'
import type { LedgerMarket } from './fee-market.ts'
import type { Means } from './means.ts'
import { stellarQueue, type Waiting } from './queue.ts'
import { firstSequence } from './sequence.ts'
import { wishOf } from './wish.ts'

export type Submissions = {
  readonly send: (envelope: Uint8Array) => SendAnswer
  /** By the hash of a bump, or of what is in it: all that is known of it, the newest last. */
  readonly known: (hash: string) => readonly Waiting[]
  readonly sent: () => readonly Sent[]
  /** What was wrong with bytes that no order of ours can have made. */
  readonly unasked: ReadonlySet<string>
}

/** Anyone may: the transaction inside stays what it is. */
const bumpedByStranger = ({ read: { transaction }, tx }: Waiting): Uint8Array => {
  const { envelope } = transaction.kind === 'plain' ? transaction : transaction.inner
  return bumpEnvelope(envelope, 10n * tx.lane.maxFee, stranger, passphrase, namedAccounts(1)).envelope
}

/** The way of signed envelopes to core's queue, and the ways in which they and the answers get lost. */
export const openSubmissions = (
  { nowMs, at }: Scheduler,
  random: Random,
  faults: Faults,
  chain: SimChain,
  market: LedgerMarket,
  books: LedgerBooks,
  means: Means,
  transferOf: (ref: string) => string | undefined,
): Submissions => {
  const take = stellarQueue(nowMs, chain, market)
  const apply = applying(chain, books, means)
  const byBytes = new Map<string, Waiting>()
  const known = new Map<string, Waiting[]>()
  const sent: { readonly first: Waiting; readonly fromMs: number }[] = []
  /** Of which the network loses every copy. */
  const swallowed = new Set<string>()
  const unasked = new Set<string>()

  const readOnce = (bytes: Uint8Array): Waiting => {
    const name = Buffer.from(bytes).toString('latin1')
    const before = byBytes.get(name)
    if (before !== undefined) return before
    const read = readEnvelope(bytes)
    const { transaction, hash, innerHash, maxTime } = read
    const wish = wishOf(read, books)
    const { source: sender, sequence } = transaction
    const rate = rateDown(transaction)
    const nonce = Number(sequence - firstSequence) - 1
    const waiting: Waiting = {
      read,
      tx: {
        ...{ ...wish, hash, sender: 'bridge', about: transferOf(wish.terms.ref) ?? wish.terms.ref },
        ...{ nonceOf: `${sender} ${nonce}`, sinceMs: nowMs(), lane: { sender, nonce, maxFee: rate, tip: rate } },
        ...{ untilMs: Number(maxTime + 1n) * 1_000, asOf: apply(read, wish) },
      },
    }
    byBytes.set(name, waiting)
    if (!known.has(innerHash)) sent.push({ first: waiting, fromMs: nowMs() })
    for (const each of new Set([hash, innerHash])) known.set(each, [...(known.get(each) ?? []), waiting])
    return waiting
  }

  const send = (bytes: Uint8Array): SendAnswer => {
    const waiting = readOnce(bytes)
    const { about, terms } = waiting.tx
    const { innerHash } = waiting.read
    const silent = (detail: string): SendAnswer => ({ kind: 'silent', detail })
    if (faults.strikes('stellar: horizon is asked too often', about)) return silent('HTTP 429')
    if (faults.strikes('stellar: a submission is lost on its way', about)) return silent('TimeoutError')
    if (faults.strikes('stellar: core has no room for a transaction', about)) return { kind: 'later', detail: 'TRY_AGAIN_LATER' }
    if (faults.strikes('stellar: an envelope expires', about)) swallowed.add(innerHash)
    if (swallowed.has(innerHash)) return { kind: 'held', detail: 'PENDING' }
    const payee = waiting.tx.action === 'release' ? terms.payee : waiting.tx.action === 'return' ? terms.payer : undefined
    if (payee !== undefined && faults.strikes('stellar: a trustline is gone before it is paid', about))
      means.loseLine(payee, nowMs() + random.between(10, 1_200) * 1_000)
    const answer = take(waiting)
    if (faults.strikes('stellar: a submission comes to core once more, later', about))
      at(nowMs() + random.between(1, 120) * 1_000, () => void take(waiting))
    if (answer === 'pending' && faults.strikes('stellar: a stranger pays a higher fee around a transaction', about))
      at(nowMs() + random.between(0, 10) * 1_000, () => void take(readOnce(bumpedByStranger(waiting))))
    if (faults.strikes('stellar: the answer to a submission is lost after it was taken', about)) return silent('HTTP 504')
    if (answer === 'pending' || answer === 'duplicate') return { kind: 'held', detail: answer.toUpperCase() }
    if (answer === 'notNow') return { kind: 'later', detail: 'TRY_AGAIN_LATER' }
    return { kind: answer.refused === 'txInsufficientFee' ? 'feeTooLow' : 'rejected', detail: answer.refused }
  }

  return {
    send: bytes => {
      try {
        return send(bytes)
      } catch (error) {
        unasked.add((error as Error).message)
        return { kind: 'rejected', detail: 'txMalformed' }
      }
    },
    unasked,
    known: hash => known.get(hash) ?? [],
    sent: () =>
      sent.map(({ first: { tx }, fromMs }) => {
        const { sender, nonce } = tx.lane
        const untilMs = Math.min(tx.untilMs, chain.usedAtMs(sender, nonce) ?? Number.POSITIVE_INFINITY)
        return { sender, nonce, call: `${tx.action} ${tx.brought ?? tx.escrowId}`, alive: { fromMs, untilMs } }
      }),
  }
}
