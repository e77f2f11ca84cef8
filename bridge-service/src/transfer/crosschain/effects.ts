import type { Effects } from '../decision.ts'
import type { TransferEvent } from '../event.ts'
import type { Transfer, TransferOf } from '../transfer.ts'

export const crosschainEffects = (
  _before: TransferOf<'crosschain'>,
  _event: TransferEvent,
  _after: Transfer,
  _nowMs: number,
): Effects => ({
  intents: [],
  entries: [],
  timers: [],
  waits: [],
})
