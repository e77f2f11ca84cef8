import { BridgeError } from '../../errors.ts'
import type { IdleChannel } from './channels.ts'
import type { StellarContext } from './context.ts'
import { buildEnvelope } from './envelope.ts'
import { unavailable } from './failure.ts'
import { firstBid } from './fees.ts'
import type { Watermark } from './horizon.ts'
import type { Plan } from './plan.ts'
import type { StellarOrder } from './task.ts'
import type { Begun } from './tx-store.ts'

/**
 * Gives an order a channel and its next number, and stores the signed envelope. Nothing is sent. `attempt`: how many of the order's attempts
 * are dead. Throws `chain_unavailable` before anything is stored (no channel is free, or Horizon does not answer), and anything else when it
 * may have been.
 */
export const placing = (context: StellarContext) => {
  const { horizon, store, channels, settings, accounts, passphrase, notify } = context

  const place = async (order: StellarOrder, plan: Plan, attempt: number, mark: Watermark): Promise<Begun> => {
    const bid = firstBid(await horizon.market(), settings.fees)
    if (bid === undefined) throw unavailable('the ledger charges more than the cap')
    const channel = await channels.take(settings.leaseMs)
    if (channel === undefined) throw unavailable('no channel is free')
    try {
      await context.checkpoint('leased')
      const sequence = (await consumedOn(channel)) + 1n
      const maxTime = mark.closeTime + BigInt(settings.submissionSec)
      const built = buildEnvelope(plan, { channel: channel.channel, sequence, maxTime, bid }, passphrase, accounts)
      await context.checkpoint('signed')
      const escrowId =
        'terms' in order.task && 'payer' in order.task.terms ? context.holdOf(order.task.terms).escrowId : undefined
      const begun = await store.begin(channel, order, escrowId, {
        ...{ key: order.key, attempt, channel: channel.channel, sequence },
        ...{ hash: built.hash, maxTime: built.maxTime, balanceIds: built.balanceIds, envelope: built.envelope, bid },
        ...{ builtLedger: mark.ledger, builtHash: mark.hash },
      })
      if (begun === 'fenced') notify({ type: 'channelLost', channel: channel.channel, epoch: channel.epoch })
      if (begun === 'stored') await context.checkpoint('stored')
      else await channels.release([channel])
      return begun
    } catch (error) {
      // Nothing was stored that we know of; if it was, the channel counts as busy whoever has it.
      if (error instanceof BridgeError) await channels.release([channel]).catch(() => {})
      throw error
    }
  }

  /** The number that our books and the ledger agree upon. */
  const consumedOn = async ({ channel, sequence: known }: IdleChannel): Promise<bigint> => {
    const account = await horizon.account(channel)
    if (account === undefined) {
      notify({ type: 'channelMissing', channel })
      throw unavailable('a channel is not on the ledger', { channel })
    }
    // An old answer, or another network: in neither can anything be built.
    if (known !== undefined && account.sequence < known)
      throw unavailable('the ledger is behind what is known of a channel', { channel })
    if (known !== undefined && account.sequence > known)
      notify({ type: 'channelRaised', channel, from: known.toString(), to: account.sequence.toString() })
    return account.sequence
  }

  return place
}
