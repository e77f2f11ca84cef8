import type { SagaStore } from './store.ts'
import type { Work } from './work.ts'

/** Durable timers that are due by database time, as inputs. One that no longer means anything is removed when the machine ignores it. */
export const timerWorks = async (store: Pick<SagaStore, 'dueTimers' | 'dropTimer'>, limit = 500): Promise<Work[]> =>
  (await store.dueTimers(limit)).map(timer => ({
    transferId: timer.transferId,
    input: { type: 'deadlineReached', kind: timer.kind },
    actor: 'saga',
    cause: `deadline:${timer.kind}`,
    ignored: version => void store.dropTimer(timer, version).catch(() => {}), // it comes round again
  }))
