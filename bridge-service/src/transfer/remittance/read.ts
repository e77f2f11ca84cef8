import type { RailFact } from '../../rails/rail.ts'
import { ifNothingToPayBack, readCredit, readCreditRefusal } from '../credit.ts'
import { readDebit } from '../debit.ts'
import type { Reading } from '../decision.ts'
import type { TransferEvent } from '../event.ts'
import type { Input, RailStep, RouteInput } from '../input.ts'
import { changed, happened, nothing } from '../reading.ts'
import { isMinted, reservedMinor } from '../terms.ts'
import type { TransferOf } from '../transfer.ts'
import { readChain } from './chain.ts'
import { readDeadline, readFinality } from './forward.ts'
import { readPayout, readPayoutRefusal } from './payout.ts'
import { readCancel, readReturn } from './turning-back.ts'

type Transfer = TransferOf<'remittance'>

/** `nowMs` is database time in milliseconds since the epoch. */
export const readRemittance = (transfer: Transfer, input: RouteInput, nowMs: number): Reading => {
  switch (input.type) {
    case 'screened':
      if (transfer.state !== 'requested') return nothing('already screened')
      return happened(
        [{ type: 'screeningPassed', list: input.list }, fundingOf(transfer.terms, input.availableMinor)],
        changed('screen', 'SUCCEEDED'),
      )
    case 'intentRefused':
      return readRefusal(transfer, input)
    case 'intentUnknown':
      return readUnknown(transfer, input)
    case 'railAnswered':
    case 'railFact':
      return readBank(transfer, input.step, input.fact, nowMs)
    case 'depositFact':
      return nothing('a remittance has no deposit')
    case 'chainFact':
      return readChain(transfer, input)
    case 'finalityReached':
      return readFinality(transfer, input.kind, input.fact, nowMs)
    case 'deadlineReached':
      return readDeadline(transfer, input.kind, nowMs)
    case 'cancelCommand':
      return readCancel(transfer, input.reason)
  }
}

const readBank = (transfer: Transfer, step: RailStep, fact: RailFact, nowMs: number): Reading => {
  switch (step) {
    case 'debitFiat':
      return readDebit(transfer, fact, nowMs, {
        readReturn: () => readReturn(transfer, fact),
        readRecall: () => readCancel(transfer, 'debit_recalled'),
      })
    case 'creditFiat':
      return readCredit(transfer, fact)
    case 'payoutFiat':
      return readPayout(transfer, fact)
  }
}

const fundingOf = (terms: Transfer['terms'], availableMinor: bigint): TransferEvent => {
  if (isMinted(terms)) return { type: 'mintPlanned' }
  return availableMinor >= reservedMinor(terms)
    ? { type: 'liquidityReserved' }
    : { type: 'liquidityRefused', code: 'liquidity_insufficient', detail: `pool ${terms.pool}` }
}

const readRefusal = (transfer: Transfer, input: Extract<Input, { type: 'intentRefused' }>): Reading => {
  const { state, progress } = transfer
  const { step, attempt, code, detail } = input
  const failed = changed(step, 'FAILED', attempt)
  if (step === 'screen' && state === 'requested') return happened([{ type: 'screeningRefused', code, detail }], failed)
  if (step === 'debitFiat' && state === 'debiting') return happened([{ type: 'debitRefused', code, detail }], failed)
  if (step === 'lockEscrow' && state === 'locking')
    return happened([{ type: 'lockRefused', code, detail }, ...ifNothingToPayBack(progress)], failed)
  if (step === 'commitEscrow' && state === 'committing' && attempt === (progress.attempts.commit ?? 0))
    return happened([{ type: 'commitRefused', code, detail }], failed)
  if (step === 'payoutFiat') return readPayoutRefusal(transfer, code, detail)
  if (step === 'releaseEscrow' && state === 'releasing' && attempt === progress.attempts.release)
    return happened([{ type: 'releaseRefused', code, detail }], failed)
  if (step === 'refundEscrow' && state === 'refunding' && attempt === progress.attempts.refund)
    return happened([{ type: 'refundRefused', code, detail }], failed)
  if (step === 'creditFiat') return readCreditRefusal(transfer, code, detail)
  return nothing('the refusal is about a step that is over')
}

const readUnknown = ({ state }: Transfer, { step, detail }: Extract<Input, { type: 'intentUnknown' }>): Reading => {
  const unknown = changed(step, 'UNKNOWN')
  if (step === 'debitFiat' && state === 'debiting') return happened([{ type: 'debitUnknown', detail }], unknown)
  if (step === 'payoutFiat' && state === 'payingOut') return happened([{ type: 'payoutUnknown', detail }], unknown)
  if (step === 'creditFiat' && state === 'crediting') return happened([{ type: 'creditUnknown', detail }], unknown)
  return nothing('the outcome is known by now')
}
