/**
 * One search: a model with what is defined in it. No assertion may ever be violated, and when nature is calm and nobody has anything left to
 * do, the transfer must rest.
 */
export type Claim = {
  readonly model: 'onramp.pml' | 'payout.pml'
  readonly defines: readonly string[]
  /** A bug that spin must find. */
  readonly planted?: string
}

const planted = (model: Claim['model'], define: string, bug: string): Claim => ({
  ...{ model, planted: bug },
  defines: model === 'payout.pml' ? ['OFFRAMP', define] : [define],
})

/** What is searched, the long ones first. test/model holds the models, docs/model.md says what they mean. */
export const claims: readonly Claim[] = [
  { model: 'onramp.pml', defines: [] },
  { model: 'payout.pml', defines: ['OFFRAMP'] },
  { model: 'payout.pml', defines: ['REMITTANCE'] },
  planted('onramp.pml', 'NO_FENCE', 'a step is committed although the transfer has moved'),
  planted('onramp.pml', 'KEY_WITH_ATTEMPT', 'an order is sent again under another key'),
  planted('onramp.pml', 'OFF_BY_ONE', 'one confirmation too few is called final'),
  planted('onramp.pml', 'NO_STATUS', 'the escrow does not look whether it has ended'),
  planted('onramp.pml', 'REFUND_ON_TIMEOUT', 'a time-out of the bank is taken for a refusal'),
  planted('onramp.pml', 'REFUSAL_FORGOTTEN', 'a lock that was refused is signed by another worker after all'),
  planted('onramp.pml', 'LOCK_TAKEN_FOR_GRANTED', 'a lock that a reorg took back is refunded for ever'),
  planted('payout.pml', 'NO_COMMIT', 'fiat is paid out without a commit'),
  planted('payout.pml', 'OFF_BY_ONE', 'one confirmation too few is called final'),
  planted('payout.pml', 'REFUND_ON_TIMEOUT', 'a time-out of the bank is taken for a refusal'),
  planted('payout.pml', 'REFUND_TAKEN_BACK', 'a transfer goes forward again beside a refund that it has signed'),
]
