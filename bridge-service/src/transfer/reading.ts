import type { Ignored, IntentChange, IntentWish, Reading } from './decision.ts'
import type { TransferEvent } from './event.ts'

export const nothing = (why: string): Ignored => ({ ignored: why })

export const tooEarly = (why: string): Ignored => ({ ignored: why, early: true })

export const happened = (events: readonly TransferEvent[], ...intentChanges: IntentChange[]): Reading => ({
  events,
  intentChanges,
})

export const changed = (step: IntentWish['step'], status: IntentChange['status'], attempt = 0): IntentChange => ({
  step,
  attempt,
  status,
})
