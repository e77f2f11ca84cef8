import type { Reading } from './decision.ts'
import type { Input, OperatorInput, TimerKind } from './input.ts'
import { happened } from './reading.ts'
import { readRefund, readReturnedRefund } from './refund.ts'
import { readResolution } from './resolution.ts'
import type { RetriedStep, Transfer } from './transfer.ts'

const kinds: readonly string[] = [
  'retryCommand',
  'compensateCommand',
  'refundSettled',
  'refundCameBack',
  'resolveCommand',
] satisfies OperatorInput['type'][]

export const isOperators = (input: Input | OperatorInput): input is OperatorInput => kinds.includes(input.type)

const timerOf: Readonly<Record<RetriedStep, TimerKind>> = {
  commit: 'retryCommit',
  release: 'retryRelease',
  refund: 'retryRefund',
  depositRelease: 'retryDepositRelease',
  depositRefund: 'retryDepositRefund',
}

/** What a person's word means. `ask` reads an input as the transfer's own route does. */
export const readOperator = (transfer: Transfer, input: OperatorInput, ask: (input: Input) => Reading): Reading => {
  switch (input.type) {
    case 'retryCommand':
      return readRetry(transfer, ask)
    case 'compensateCommand':
      return readCompensation(transfer, input.reason, ask)
    case 'refundSettled':
      return readRefund(transfer, input)
    case 'refundCameBack':
      return readReturnedRefund(transfer, input)
    case 'resolveCommand':
      return readResolution(transfer, input)
  }
}

/** The timer of what was refused comes now. */
const readRetry = ({ state, progress }: Transfer, ask: (input: Input) => Reading): Reading => {
  for (const [step, kind] of Object.entries(timerOf) as [RetriedStep, TimerKind][]) {
    if (progress.wishes?.[step] !== 'refused') continue
    const reading = ask({ type: 'deadlineReached', kind })
    if ('events' in reading) return reading
  }
  return { refusal: 'nothing_to_retry', detail: state }
}

/** A refused release can be given up, since none is under way; all else is as if it were canceled. */
const readCompensation = ({ route, state, progress }: Transfer, reason: string, ask: (input: Input) => Reading): Reading => {
  if (route === 'onramp' && state === 'releasing' && progress.wishes?.release === 'refused')
    return happened([{ type: 'compensationStarted', reason }])
  // Nothing turns back what is between two banks: whoever has asked both takes it in hand, and says how it ends.
  if (route === 'rebalance' && state === 'inTransit') return happened([{ type: 'reviewOpened', reason }])
  const reading = ask({ type: 'cancelCommand', reason })
  return 'refusal' in reading ? { ...reading, refusal: 'transfer_not_compensable' } : reading
}
