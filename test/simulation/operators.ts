import type { OperatorInput } from '../../bridge-service/src/transfer/input.ts'
import type { Random } from '../../scripts/fuzz/reorg/random.ts'
import type { Faults } from './faults.ts'
import type { MemoryStore } from './memory-store.ts'
import type { Scheduler } from './scheduler.ts'

/** So long a bank or a chain stood still by an operator's word. */
export type Pause = { readonly target: string; readonly fromMs: number; untilMs: number }

const lookEveryMs = 10_000

/**
 * Operators with hasty fingers: they retry what waits, turn back what is on its way, and let banks and chains stand still. Each of their words
 * is written down before anybody obeys, as their API does it.
 */
export const letOperatorsIn = (
  { nowMs, at }: Scheduler,
  random: Random,
  faults: Faults,
  store: MemoryStore,
  targets: readonly string[],
  open: () => readonly string[],
) => {
  const pauses: Pause[] = []
  let count = 0

  const tell = (transfer: string, input: OperatorInput) =>
    store.keepFact({
      ...{ source: 'command', fact: `action:${++count}`, subject: transfer, kind: 'operator' },
      payload: { input, actor: 'operator:ann+ben' },
    })

  const pause = (target: string) => {
    const stands: Pause = { target, fromMs: nowMs(), untilMs: Number.POSITIVE_INFINITY }
    pauses.push(stands)
    at(nowMs() + random.between(30, 900) * 1_000, () => {
      stands.untilMs = nowMs()
      void store.wakeIntents(row => row.target === target)
    })
  }

  const isHeld = (target: string): boolean =>
    pauses.some(each => each.target === target && each.fromMs <= nowMs() && nowMs() < each.untilMs)

  const look = () => {
    at(nowMs() + lookEveryMs, look)
    const transfers = open()
    if (transfers.length > 0) {
      const transfer = random.pick(transfers)
      if (faults.strikes('operator: retries', transfer)) {
        void tell(transfer, { type: 'retryCommand' })
        void store.wakeIntents(row => row.transfer_id === transfer)
      }
      if (faults.strikes('operator: forces a compensation', transfer))
        void tell(transfer, { type: 'compensateCommand', reason: 'an operator said so' })
    }
    for (const target of targets)
      if (!isHeld(target) && faults.strikes('operator: lets a bank or a chain stand still')) pause(target)
  }

  return { start: () => void at(nowMs() + lookEveryMs, look), isHeld, pauses }
}
