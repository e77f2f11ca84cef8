import type { Hash } from '../observation.ts'

/** One transaction as a node serves it, whatever the node speaks. */
export type RawTransaction = {
  readonly ledger: bigint
  /** Its place among all transactions of its ledger, failed ones included, from 1 on. */
  readonly order: number
  /** Of the envelope: the outer hash of a fee bump. */
  readonly hash: Hash
  /** Base64. */
  readonly envelopeXdr: string
  readonly resultXdr: string
}

/** When a claimant may claim. `other`: any predicate that is none of ours. */
export type Window =
  | { readonly kind: 'always' | 'other' }
  /** Close time < `time`, in Unix seconds. */
  | { readonly kind: 'before'; readonly time: bigint }
  /** Close time ≥ `time`. */
  | { readonly kind: 'from'; readonly time: bigint }

export type Claimant = { readonly account: string; readonly window: Window }

type Acted = {
  /** Index of the operation. */
  readonly index: number
  /** The account that acted, as G… whether or not it was named by a muxed address. */
  readonly by: string
}
type Moved = {
  /** `CODE:ISSUER`, or `native`. */
  readonly token: string
  /** Units of 10⁻⁷. */
  readonly amount: bigint
}

/** What an operation did to money, as far as anybody here cares. Balance ids are `00000000` and 64 hex digits. */
export type Movement =
  | (Acted & Moved & { readonly kind: 'balanceCreated'; readonly balanceId: string; readonly claimants: readonly Claimant[] })
  | (Acted & { readonly kind: 'balanceClaimed'; readonly balanceId: string })
  | (Acted & { readonly kind: 'balanceClawedBack'; readonly balanceId: string })
  | (Acted &
      Moved & {
        readonly kind: 'paid'
        readonly to: string
        /** As the payment names him: G… or M… */
        readonly toAddress: string
        readonly fromAddress: string
        /** The id within a muxed destination. */
        readonly muxedId?: bigint
      })

export type Memo = {
  readonly type: 'none' | 'text' | 'id' | 'hash' | 'return'
  /**
   * 0x and 64 hex digits, the number, or the text with everything but printable ASCII escaped (SEP-51): whatever bytes a stranger puts
   * into a memo, this can be stored and shown. Empty without a memo.
   */
  readonly value: string
}

/** A transaction that succeeded. */
export type StellarTransaction = {
  readonly ledger: bigint
  readonly order: number
  /** The inner hash of a fee bump: what its signers signed, and known whoever pays the fee. */
  readonly hash: Hash
  readonly feeBumpHash?: Hash
  readonly source: string
  readonly memo: Memo
  readonly movements: readonly Movement[]
}
