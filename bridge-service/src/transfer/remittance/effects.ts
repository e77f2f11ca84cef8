import type { Effects } from '../decision.ts'
import type { TransferEvent } from '../event.ts'
import type { Transfer, TransferOf } from '../transfer.ts'

export const remittanceEffects = (
  _before: TransferOf<'remittance'>,
  _event: TransferEvent,
  _after: Transfer,
  _nowMs: number,
): Effects => ({
  intents: [],
  entries: [],
  timers: [],
  waits: [],
})
