import type { Progress, TransferOf } from './transfer.ts'

type Standing = Pick<TransferOf<'onramp'> | TransferOf<'remittance'>, 'route'> & {
  readonly progress: Pick<Progress, 'credit' | 'payout' | 'release' | 'holdEnded' | 'deliveryReclaimed' | 'refunds'>
}

/** The customer has what he paid for. Where a return that was taken back was all that a person had to see to, nothing is left for him. */
export const isServed = ({ route, progress }: Standing): boolean => {
  const { credit, payout, release, holdEnded, deliveryReclaimed } = progress
  const isDelivered = release !== undefined && holdEnded === true && !deliveryReclaimed
  const isPaidOut = route === 'onramp' || (payout?.settled === true && !payout.returned)
  return credit === undefined && isDelivered && isPaidOut && !mayBeRefunded(progress)
}

/** The customer has his money back, and nothing else. */
export const isPaidBack = ({ progress }: Standing): boolean => {
  const { credit, payout, release } = progress
  return credit?.settled === true && !credit.returned && !payout?.settled && release === undefined && !mayBeRefunded(progress)
}

/** What came back of what we had paid may have been given to him by a refund meanwhile: then he has it twice. */
const mayBeRefunded = ({ refunds, payout, credit }: Standing['progress']): boolean =>
  refunds !== undefined && (payout?.reversedAt ?? credit?.reversedAt) !== undefined
