import type { Reading } from './decision.ts'
import type { ChainPlace } from './event.ts'
import { happened, nothing, tooEarly } from './reading.ts'
import type { State } from './state.ts'
import type { Transfer } from './transfer.ts'

// A release of ours may still be told of: the reclaim follows it on the chain, and two readers of the inbox may overtake each other.
const beforeDelivery: readonly State[] = ['releasing', 'released', 'refunding', 'refunded', 'collecting', 'collected', 'review']

/**
 * Who could not hold what was released to him never fetched it, and it is ours again. `isDelivered`: the release is final and booked, so that
 * there is a delivery to undo; nobody else's is ours to take.
 */
export const readReclaim = ({ state, progress }: Transfer, place: ChainPlace, isDelivered: boolean): Reading => {
  const { release, wishes, deliveryReclaimed } = progress
  if (deliveryReclaimed) return nothing('it is ours by now')
  if (isDelivered && release !== undefined) return happened([{ type: 'deliveryReclaimed', ...place }])
  const mayBeDelivered = state === 'review' ? release : (release ?? wishes?.release)
  return beforeDelivery.includes(state) && mayBeDelivered !== undefined
    ? tooEarly('its release is not final yet')
    : nothing('there is no delivery of it')
}
