import type { Reading } from '../decision.ts'
import { readDepositCancel } from '../deposit/cancel.ts'
import { whatCameEarly } from '../deposit/depositing.ts'
import { readDepositFact } from '../deposit/facts.ts'
import { readDepositFinality } from '../deposit/finality.ts'
import { readDepositDeadline, readDepositRefusal } from '../deposit/retries.ts'
import { reasonNotToStart } from '../deposit/start.ts'
import type { Input, RouteInput } from '../input.ts'
import { changed, happened, nothing } from '../reading.ts'
import type { TransferOf } from '../transfer.ts'
import { payoutIsOpen, readPayout, refusedPayout } from './payout.ts'

type Transfer = TransferOf<'offramp'>

/** `nowMs` is database time in milliseconds since the epoch. */
export const readOfframp = (transfer: Transfer, input: RouteInput, nowMs: number): Reading => {
  const { state, progress } = transfer
  switch (input.type) {
    case 'screened':
      return readScreening(transfer, input)
    case 'intentRefused':
      if (input.step === 'screen' && state === 'requested')
        return happened(
          [{ type: 'screeningRefused', code: input.code, detail: input.detail }, ...whatCameEarly(progress, false)],
          changed('screen', 'FAILED', input.attempt),
        )
      if (input.step === 'payoutFiat') return refusedPayout(transfer, input.code, input.detail)
      return readDepositRefusal(transfer, input, nowMs)
    case 'intentUnknown':
      if (input.step !== 'payoutFiat' || state !== 'payingOut' || !payoutIsOpen(progress))
        return nothing('the outcome is known by now')
      return happened([{ type: 'payoutUnknown', detail: input.detail }], changed('payoutFiat', 'UNKNOWN'))
    case 'railAnswered':
    case 'railFact':
      return input.step === 'payoutFiat' ? readPayout(transfer, input.fact) : nothing('an off-ramp debits nothing')
    case 'depositFact':
      return readDepositFact(transfer, input)
    case 'chainFact':
      return nothing('the treasury locks nothing in an off-ramp')
    case 'finalityReached':
      if (input.kind === 'lock' || input.kind === 'release' || input.kind === 'refund')
        return nothing('the treasury locks nothing in an off-ramp')
      return readDepositFinality(transfer, input.kind, input.fact, nowMs, () => ({ type: 'commitFinalized' }))
    case 'deadlineReached':
      return readDepositDeadline(transfer, input.kind, nowMs)
    case 'cancelCommand':
      return readDepositCancel(transfer, input.reason)
  }
}

const readScreening = (
  { state, progress, terms }: Transfer,
  { list, availableMinor }: Extract<Input, { type: 'screened' }>,
): Reading => {
  if (state !== 'requested') return nothing('already screened')
  const passed = { type: 'screeningPassed', list } as const
  const done = changed('screen', 'SUCCEEDED')
  const refused = reasonNotToStart(progress, terms, availableMinor)
  if (refused) return happened([passed, { type: 'liquidityRefused', ...refused }, ...whatCameEarly(progress, false)], done)
  return happened([passed, { type: 'liquidityReserved' }, ...whatCameEarly(progress, true)], done)
}
