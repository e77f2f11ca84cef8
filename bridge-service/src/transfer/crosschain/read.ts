import type { Reading } from '../decision.ts'
import type { Input } from '../input.ts'
import type { TransferOf } from '../transfer.ts'

/** `nowMs` is database time in milliseconds since the epoch. */
export const readCrosschain = (_transfer: TransferOf<'crosschain'>, _input: Input, _nowMs: number): Reading => ({
  ignored: 'to come',
})
