import type { Currency } from '../../money/currency.ts'
import type { ChainOrder, HoldTerms } from '../chain.ts'

/** A customer's lock of an off-ramp: his balance, ours to claim before `refundAfter`, his own from then on. Plain JSON. */
export type DepositTerms = {
  /** The memo of the transaction: 0x and 64 hex digits. */
  readonly ref: `0x${string}`
  readonly currency: Currency
  /** Minor units of `currency` as a decimal string. */
  readonly amountMinor: string
  /** G… */
  readonly customer: string
  /** Unix seconds. */
  readonly refundAfter: number
}

/** The fact that told of a deposit's making, `<tx hash>:<operation>`: two of the same terms look alike, and each goes back at most once. */
type OfDeposit = { readonly deposit?: string }

/** The memo: of type hash what the transfer goes by, of type return the transaction whose money this is, when no transfer has taken it. */
type Remembered = { readonly ref: `0x${string}`; readonly memo?: 'return' }

/** One wish to cause one effect on the ledger: what the port's orders are, and what only this ledger knows. Plain JSON. */
export type StellarTask =
  | { readonly action: Exclude<ChainOrder['action'], 'commit'>; readonly terms: HoldTerms }
  /** Takes a deposit, which is the point of no return; burns it where the issuer is us. */
  | (OfDeposit & {
      readonly action: 'claimDeposit'
      readonly terms: DepositTerms
      readonly balanceId: string
      readonly burn?: boolean
    })
  /** Gives back, whole and in one transaction, a balance of which we are a claimant and that is not what was agreed. */
  | (OfDeposit & Remembered & { readonly action: 'returnDeposit'; readonly balanceId: string; readonly to: string })
  /** A payment out of the treasury: the refund of what has been claimed, or of a payment that nobody had asked for. */
  | (OfDeposit &
      Remembered & {
        readonly action: 'pay'
        /** `CODE:ISSUER`, or `native`: what came in may be no currency of ours. */
        readonly token: string
        /** 10⁻⁷ as a decimal string: what came in may be finer than a minor unit, and goes back whole. */
        readonly stroops: string
        readonly to: string
      })
  /** Takes back a delivery that its customer never fetched. */
  | { readonly action: 'reclaimDelivery'; readonly ref: `0x${string}`; readonly balanceId: string }

export type StellarOrder = { readonly key: string; readonly task: StellarTask }
