import { isDeepStrictEqual } from 'node:util'
import { BridgeError } from '../../errors.ts'
import { done, type Outcome, refused, unknown } from '../../outcome.ts'
import type { ChainTx } from '../chain.ts'
import type { StellarContext } from './context.ts'
import { unavailable } from './failure.ts'
import { placing } from './place.ts'
import { planOf } from './plan.ts'
import type { StellarOrder } from './task.ts'
import type { Attempt, StellarTx } from './tx-store.ts'

/** `Chain.submit`, for whatever can be asked of this ledger. */
export const submitting = (context: StellarContext) => {
  const { horizon, store, notify } = context
  const place = placing(context)

  const submit = async (order: StellarOrder): Promise<Outcome<ChainTx>> => {
    const stored = await store.byKey(order.key)
    if (stored) return resume(stored, order)
    await context.verifyNetwork()
    const mark = await horizon.watermark()
    const plan = await planOf(context, order.task, mark)
    if (plan.kind === 'refused') {
      // The ledger may refuse it because the same order, submitted beside us, has just had its effect.
      const raced = await store.byKey(order.key)
      return raced ? resume(raced, order) : plan
    }
    return placeAndSend(order, () => place(order, plan, 0, mark), true)
  }

  /** What a dead attempt left waiting: `tend` would do it, too. */
  const again = async (tx: StellarTx, order: StellarOrder): Promise<Outcome<ChainTx>> => {
    await context.verifyNetwork()
    const mark = await horizon.watermark()
    const plan = await planOf(context, order.task, mark)
    if (plan.kind === 'plan') return placeAndSend(order, () => place(order, plan, tx.attempts.length, mark), false)
    await store.refuse(order.key, plan.code, plan.detail)
    return plan
  }

  const placeAndSend = async (
    order: StellarOrder,
    placed: () => ReturnType<typeof place>,
    isNew: boolean,
  ): Promise<Outcome<ChainTx>> => {
    let begun: Awaited<ReturnType<typeof place>>
    try {
      begun = await placed()
    } catch (error) {
      if (isNew && error instanceof BridgeError && error.code === 'chain_unavailable') throw error
      return unknown('whether it was stored is not known')
    }
    if (begun === 'lockedAlready') return refusedOrOpen(order)
    if (begun === 'fenced' && isNew) throw unavailable('the channel went to another worker')
    if (begun === 'fenced') return unknown('it waits for a channel')
    const tx = (await store.byKey(order.key))!
    if (begun === 'taken') return resume(tx, order)
    return send(tx.attempts.at(-1)!)
  }

  /** The same escrow is being locked, or was, under another key. */
  const refusedOrOpen = async (order: StellarOrder): Promise<Outcome<ChainTx>> => {
    const other =
      'terms' in order.task && 'payer' in order.task.terms
        ? await store.lockOf(context.holdOf(order.task.terms).escrowId)
        : undefined
    if (other?.status === 'succeeded') return refused('escrow_exists', 'it was locked under another key')
    throw unavailable('another lock of the same terms is still open')
  }

  const resume = async (tx: StellarTx, order: StellarOrder): Promise<Outcome<ChainTx>> => {
    if (!isDeepStrictEqual(tx.task, plain(order.task))) throw new BridgeError('idempotency_conflict', { key: order.key })
    const attempt = tx.attempts.at(-1)!
    if (tx.status === 'succeeded') return done(chainTx(attempt))
    if (tx.status === 'refused') return refused(tx.code!, tx.detail ?? '')
    if (tx.status === 'open') return send(attempt)
    // Stored once, so it is never simply "not sent": what keeps it from going out again is for `tend`.
    return again(tx, order).catch(error => {
      if (error instanceof BridgeError && error.code === 'chain_unavailable') return unknown('it waits to be built again')
      throw error
    })
  }

  const send = async (attempt: Attempt): Promise<Outcome<ChainTx>> => {
    const { hash } = attempt.versions.at(-1)!
    const answer = await horizon.send(await store.envelopeOf(hash))
    await context.checkpoint('sent')
    if (answer.kind === 'held') return done(chainTx(attempt))
    if (answer.kind !== 'silent') notify({ type: 'submissionRejected', key: attempt.key, hash, detail: answer.detail })
    return unknown(`stored, but the submission was answered with: ${answer.detail}`)
  }

  return submit
}

export const chainTx = ({ hash, sequence, channel }: Attempt): ChainTx => ({ hash, nonce: sequence.toString(), sender: channel })

/** As it comes back from the database: what is undefined is not there. */
const plain = (task: StellarOrder['task']): unknown => JSON.parse(JSON.stringify(task))
