/** What an operator should be able to see of the sender; metrics and logs are made of it. */
export type Notice =
  /** Somebody used a channel's key elsewhere: the ledger counts further than what was lent here. */
  | { readonly type: 'channelRaised'; readonly channel: string; readonly from: string; readonly to: string }
  /** This worker lost a channel to another one and wrote nothing. */
  | { readonly type: 'channelLost'; readonly channel: string; readonly epoch: number }
  /** A channel account that is not on the ledger. */
  | { readonly type: 'channelMissing'; readonly channel: string }
  /** Nothing came of it and nothing can any more: it is built again. */
  | { readonly type: 'dead'; readonly key: string; readonly hash: string; readonly why: 'expired' | 'usurped' }
  /** In a ledger, without effect. */
  | { readonly type: 'failed'; readonly key: string; readonly hash: string; readonly code: string }
  | { readonly type: 'bumped'; readonly key: string; readonly hash: string; readonly bid: string }
  /** Stuck, and ten times the fee would be over the cap. */
  | { readonly type: 'feeCapReached'; readonly key: string; readonly cap: string }
  /** Horizon's answer to a submission; advice only. */
  | { readonly type: 'submissionRejected'; readonly key: string; readonly hash: string; readonly detail: string }
  /** The ledger at which a transaction was built is no longer in Horizon's history, so that a look-up proves nothing: a person must tell. */
  | { readonly type: 'historyGap'; readonly key: string; readonly hash: string; readonly builtLedger: string }
  /** Its number is consumed, and neither it nor another transaction that had it shows: a person must tell, unless Horizon merely lags. */
  | { readonly type: 'numberGone'; readonly key: string; readonly hash: string; readonly channel: string }
  /** The ledger has another past than the one that we built upon. Nothing is sent until an operator has accepted it. */
  | { readonly type: 'networkReset'; readonly ledger: string; readonly hash: string; readonly now: string }
  /** Not enough lumens for the reserves of another balance. */
  | { readonly type: 'reserveLow'; readonly account: string; readonly spare: string; readonly needed: string }
  /** Only the cold key can claim this balance by now, and this process does not have it. */
  | { readonly type: 'coldKeyNeeded'; readonly balanceId: string }
  /** What paid the customer had to be left for him to fetch, and why. */
  | { readonly type: 'deliveryInsteadOfPayment'; readonly ref: string; readonly why: string }
