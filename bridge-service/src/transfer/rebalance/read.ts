import type { Reading } from '../decision.ts'
import type { Input, RouteInput } from '../input.ts'
import { changed, happened, nothing } from '../reading.ts'
import type { TransferOf } from '../transfer.ts'
import { readBanks, readRefusal } from './banks.ts'
import { orderIsOpen } from './standing.ts'

type Transfer = TransferOf<'rebalance'>

/** Between two banks; what goes to or from a chain is an off-ramp or an on-ramp with a liquidity provider. */
export const readRebalance = (transfer: Transfer, input: RouteInput): Reading => {
  const { state, progress } = transfer
  switch (input.type) {
    case 'screened':
      return readScreening(transfer, input)
    case 'intentRefused':
      if (input.step === 'screen' && state === 'requested')
        return happened(
          [{ type: 'screeningRefused', code: input.code, detail: input.detail }],
          changed('screen', 'FAILED', input.attempt),
        )
      return input.step === 'payoutFiat'
        ? readRefusal(transfer, input.code, input.detail)
        : nothing('the refusal is about a step that is over')
    case 'intentUnknown':
      if (input.step !== 'payoutFiat' || (state !== 'payingOut' && state !== 'inTransit') || !orderIsOpen(progress))
        return nothing('the outcome is known by now')
      return happened([{ type: 'payoutUnknown', detail: input.detail }], changed('payoutFiat', 'UNKNOWN'))
    case 'railAnswered':
    case 'railFact':
      return input.step === 'payoutFiat' ? readBanks(transfer, input.fact) : nothing('a rebalance debits nothing')
    case 'chainFact':
    case 'depositFact':
    case 'finalityReached':
      return nothing('no chain has a part in it')
    case 'deadlineReached':
      return nothing('a rebalance has no such deadline')
    case 'cancelCommand':
      if (state === 'requested')
        return happened([{ type: 'transferCanceled', reason: input.reason }], changed('screen', 'FAILED'))
      return state === 'canceled' ? nothing('asked before') : { refusal: 'transfer_not_cancelable', detail: state }
  }
}

const readScreening = ({ state, terms }: Transfer, { list, availableMinor }: Extract<Input, { type: 'screened' }>): Reading => {
  if (state !== 'requested') return nothing('already screened')
  return happened(
    [
      { type: 'screeningPassed', list },
      availableMinor >= BigInt(terms.sourceAmount.minor)
        ? { type: 'liquidityReserved' }
        : { type: 'liquidityRefused', code: 'liquidity_insufficient', detail: `pool ${terms.pool}` },
    ],
    changed('screen', 'SUCCEEDED'),
  )
}
