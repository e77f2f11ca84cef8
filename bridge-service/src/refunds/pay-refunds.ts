import type { Log } from '../log.ts'
import type { Rail, RailTransfer } from '../rails/rail.ts'
import { sendOnce } from '../rails/send-once.ts'
import type { ClaimedRefund, RefundStore } from './store.ts'

export type PayOptions = {
  readonly store: RefundStore
  readonly rails: ReadonlyMap<string, Rail>
  readonly isHeld: (target: string) => boolean
  readonly log: Log
  /** How long the bank keeps keys: after that an order is asked about and never sent again. */
  readonly keyRetentionMs?: number
}

/** Pays what is due, one key for each refund. What may have been sent is asked about before it is sent again. Any number of processes may do it. */
export const payRefunds = async (options: PayOptions): Promise<void> => {
  for (const refund of await options.store.claim()) {
    const rail = options.rails.get(refund.rail)
    if (rail === undefined || options.isHeld(refund.rail)) continue
    await pay(refund, rail, options)
  }
}

const pay = async (refund: ClaimedRefund, rail: Rail, { store, log, keyRetentionMs }: PayOptions): Promise<void> => {
  const { attempts, ageMs } = refund
  const withdrawnForMs = refund.withdrawnForMs ?? undefined
  const outcome = await sendOnce(rail, refund.request, { tried: attempts > 1, ageMs, withdrawnForMs, keyRetentionMs })
  if (outcome.kind === 'done') return conclude(store, refund, outcome.value)
  if (outcome.kind === 'refused') return store.fail(refund, `${outcome.code}: ${outcome.detail}`)
  if (outcome.kind === 'forgotten')
    log('error', 'a refund was never found and its key may be forgotten: a person must look', { refund: refund.id })
}

const conclude = async (
  store: RefundStore,
  refund: ClaimedRefund,
  { status, bankTransferId, rawCode }: RailTransfer,
): Promise<void> => {
  if (status === 'rejected' || status === 'returned') return store.fail(refund, `rail_refused: ${rawCode ?? status}`)
  if (status === 'settled') return store.complete(refund, bankTransferId)
}
