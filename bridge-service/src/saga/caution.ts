import type { Timing } from '../timing.ts'
import type { TransferId } from '../transfer/id.ts'
import type { SagaStore } from './store.ts'

// A worker that is killed takes whatever it has in hand with it, again and again under a deployment gone wrong: a transfer is parked only for
// more than that, and after it was seen to be alone. So it is with intents, too.
const suspectAfter = 3
const parkAfter = 6

// What has killed another is what waits, so a worker that is killed by it is so at once.
export const youngForMs = 30_000

/** What of a batch goes together, what has to go alone, and what goes no further, with how many workers it has cost. */
export type Sorted<T> = {
  readonly together: readonly T[]
  readonly alone: readonly T[]
  readonly deadly: readonly { readonly of: T; readonly lost: number }[]
}

/**
 * Who has just been started may be the successor of somebody whom a transfer has killed: until he has lived for a while he writes down what
 * he takes in hand, before he looks at it. Nobody else pays for that.
 */
export const caution = (store: Pick<SagaStore, 'takeInHand' | 'putDown'>, { monotonicMs }: Timing) => {
  const youngUntilMs = monotonicMs() + youngForMs
  const mine = new Set<TransferId>()

  return {
    /** What has to go alone is not taken yet: that is `takeAlone`. */
    take: async <T extends { readonly transferId: TransferId }>(batch: readonly T[]): Promise<Sorted<T>> => {
      if (monotonicMs() >= youngUntilMs || batch.length === 0) return { together: batch, alone: [], deadly: [] }
      const ids = batch.map(({ transferId }) => transferId)
      const lost = await store.takeInHand(ids, suspectAfter)
      // Who is suspected was only looked at, and what is known of him stays until he has been alone.
      for (const [id, times] of lost) if (times < suspectAfter) mine.add(id)
      const lostBy = ({ transferId }: T) => lost.get(transferId) ?? 0
      return {
        together: batch.filter(each => lostBy(each) < suspectAfter),
        alone: batch.filter(each => lostBy(each) >= suspectAfter && lostBy(each) < parkAfter),
        deadly: batch.filter(each => lostBy(each) >= parkAfter).map(of => ({ of, lost: lostBy(of) })),
      }
    },
    takeAlone: async ({ transferId }: { readonly transferId: TransferId }): Promise<void> => {
      await store.takeInHand([transferId], parkAfter)
      mine.add(transferId)
    },
    /** It is no matter if that fails: it was one worker. */
    putDown: async (batch: readonly { readonly transferId: TransferId }[]): Promise<void> => {
      const ours = batch.map(({ transferId }) => transferId).filter(id => mine.delete(id))
      if (ours.length > 0) await store.putDown(ours).catch(() => {})
    },
  }
}
