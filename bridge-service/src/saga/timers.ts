import type { SagaStore } from './store.ts'
import type { Work } from './work.ts'

/**
 * Durable timers that are due by database time, as inputs. One that the machine ignores is moved if it came before its time, and removed if it
 * no longer means anything.
 */
export const timerWorks = async (store: Pick<SagaStore, 'dueTimers' | 'moveTimer'>, limit = 500): Promise<Work[]> =>
  (await store.dueTimers(limit)).map(timer => ({
    transferId: timer.transferId,
    input: { type: 'deadlineReached', kind: timer.kind },
    actor: 'saga',
    cause: `deadline:${timer.kind}`,
    // Where that fails it comes round again.
    ignored: (version, againAtMs) => void store.moveTimer(timer, version, againAtMs ?? null).catch(() => {}),
  }))
