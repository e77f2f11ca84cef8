import { isDeepStrictEqual } from 'node:util'
import { BridgeError } from '../../errors.ts'
import { done, type Outcome, type Refused, refused, unknown } from '../../outcome.ts'
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
    if (plan.kind === 'refused') return refuse(order, plan)
    return placeAndSend(order, () => place(order, plan, 0, mark), true)
  }

  /** What a dead attempt left waiting: `tend` would do it, too. */
  const again = async (tx: StellarTx, order: StellarOrder): Promise<Outcome<ChainTx>> => {
    await context.verifyNetwork()
    const mark = await horizon.watermark()
    const plan = await planOf(context, order.task, mark)
    if (plan.kind === 'plan') return placeAndSend(order, () => place(order, plan, tx.attempts.length, mark), false)
    return refuse(order, plan)
  }

  /**
   * As final as a signature: who has read the ledger a moment earlier, and stood still since, builds nothing under this key. And what is
   * stored counts: the ledger may refuse it because the same order, submitted beside us, has just had its effect.
   */
  const refuse = async (order: StellarOrder, refusal: Refused): Promise<Outcome<ChainTx>> => {
    await store.refuse(order, refusal)
    return resume((await store.byKey(order.key))!, order)
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
    if (begun === 'doneAlready') return refusedOrOpen(order)
    if (begun === 'fenced' && isNew) throw unavailable('the channel went to another worker')
    if (begun === 'fenced') return unknown('it waits for a channel')
    const tx = (await store.byKey(order.key))!
    if (begun === 'taken') return resume(tx, order)
    return send(tx.attempts.at(-1)!)
  }

  /** The same is being done, or was, under another key. */
  const refusedOrOpen = async ({ task }: StellarOrder): Promise<Outcome<ChainTx>> => {
    const other = await twinOf(task)
    if (other?.status === 'succeeded') return refused(twinCodes[other.task.action] ?? 'internal', 'it was done under another key')
    throw unavailable('the same is still open under another key')
  }

  const twinOf = async (task: StellarOrder['task']): Promise<StellarTx | undefined> => {
    if (task.action === 'claimDeposit') return store.ofDeposit(task.deposit!, ['claimDeposit'])
    if (task.action === 'returnDeposit' || task.action === 'pay') return store.ofDeposit(task.deposit!, ['returnDeposit', 'pay'])
    return task.action === 'lock' ? store.lockOf(context.holdOf(task.terms).escrowId) : undefined
  }

  const resume = async (tx: StellarTx, order: StellarOrder): Promise<Outcome<ChainTx>> => {
    if (!isDeepStrictEqual(tx.task, plain(order.task))) throw new BridgeError('idempotency_conflict', { key: order.key })
    if (tx.status === 'refused') return refused(tx.code!, tx.detail ?? '')
    const attempt = tx.attempts.at(-1)!
    if (tx.status === 'succeeded') return done(chainTx(attempt))
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

const twinCodes: Partial<Record<StellarTx['task']['action'], string>> = {
  lock: 'escrow_exists',
  claimDeposit: 'deposit_claimed',
  returnDeposit: 'deposit_returned',
  pay: 'deposit_returned',
}

export const chainTx = ({ hash, sequence, channel }: Attempt): ChainTx => ({ hash, nonce: sequence.toString(), sender: channel })

/** As it comes back from the database: what is undefined is not there. */
const plain = (task: StellarOrder['task']): unknown => JSON.parse(JSON.stringify(task))
