import type { ChainId, HoldTerms } from '../chains/chain.ts'
import type { Currency } from '../money/currency.ts'
import type { MoneyJson } from '../money/money.ts'
import type { Counterparty, RailScheme } from '../rails/rail.ts'

/** One end of a transfer: a bank account on a rail, or an address on a chain. */
export type BankLeg = {
  readonly kind: 'bank'
  readonly rail: string
  readonly scheme: RailScheme
  readonly currency: Currency
  readonly account: Counterparty
}
export type ChainLeg = {
  readonly kind: 'chain'
  readonly chain: ChainId
  readonly currency: Currency
  readonly address: string
  /** Of a source: by a plain transfer to an address of its own, from wherever; `address` is then where it goes back to. */
  readonly depositBy?: 'transfer'
}
export type Leg = BankLeg | ChainLeg

/** The routes that customers order. */
export type CustomerRoute = 'onramp' | 'offramp' | 'remittance' | 'crosschain'
export type Route = CustomerRoute | 'rebalance'

/** When a chain fact counts as final: so many blocks on top, or the chain's own word. Chosen by (chain, amount), kept with the transfer. */
export type FinalityRequirement =
  | { readonly level: 'latest'; readonly confirmations: number }
  | { readonly level: 'safe' | 'finalized'; readonly confirmations: 0 }

/** Where the stablecoins of an escrow of the treasury's come from: out of the treasury's inventory, or minted for it by the token's issuer, who we are. */
export type Funding = 'liquidity' | 'mint'

/** One part of a fee, in minor units of the source's currency. `place` is the chain or the rail whose costs it covers. */
export type FeeTerms =
  | { readonly kind: 'fixed'; readonly minor: string }
  | { readonly kind: 'bps'; readonly minor: string; readonly bps: string }
  | { readonly kind: 'network'; readonly minor: string; readonly place: string }

/** What a price fixes. Plain JSON. What is optional is absent in what was priced before it was kept. */
export type PriceTerms = {
  /** What leaves the source, fee included. */
  readonly sourceAmount: MoneyJson
  /** What reaches the destination. */
  readonly destinationAmount: MoneyJson
  /** In the source's currency: the sum of `fees`. */
  readonly fee: MoneyJson
  readonly fees?: readonly FeeTerms[]
  readonly rate: {
    readonly from: Currency
    readonly to: Currency
    readonly numerator: string
    readonly denominator: string
    /** ISO 8601; null for a rate that the house has set for good. */
    readonly asOf?: string | null
    /** Who said so. */
    readonly source?: string
  }
  /** What rounding left over in whole minor units, of the source or of the destination. It is posted with the exchange. */
  readonly residue?: MoneyJson
  /** What no minor unit of either can show, in minor units of the destination. It stays in the exchange, in our favour. */
  readonly remainder?: { readonly numerator: string; readonly denominator: string }
}

/** How long each part of a transfer may take before a person is told, in milliseconds. */
export type Patience = {
  /** From the order to the debit's settlement; then the bank is asked to give it up, and as long again to wait for what it says. */
  readonly debitMs: number
  /** From the wish to the chain transaction's inclusion. */
  readonly inclusionMs: number
  /** From there to its finality. */
  readonly finalityMs: number
  /** For what is paid out, and for what is paid back. */
  readonly payoutMs: number
  /** From the transfer's creation to its end. */
  readonly transferMs: number
}

/** What every route fixes when a transfer is created. Plain JSON. */
type Priced = PriceTerms & {
  readonly source: Leg
  readonly destination: Leg
  /** Goes into the escrow's ref, so that nobody can guess refs from ids. 0x and 64 hex digits. */
  readonly salt: `0x${string}`
  /** The liquidity pool that what we pay at the destination is reserved from; nothing is when it is minted. */
  readonly pool: string
  /** The integrator's own reference. */
  readonly reference: string | null
  /** ISO 8601. */
  readonly createdAt: string
  /** Absent in transfers of definitions before 5, which wait for ever. */
  readonly patience?: Patience
  /** Whose money it is: `rebalance`: the house moves its own, from one liquidity pool to another. Absent: a customer's. */
  readonly purpose?: 'rebalance'
}

type Finality = {
  readonly finality: FinalityRequirement
  /** The version of the policy that said so, kept in `finality_policies`. Absent in older transfers. */
  readonly finalityPolicy?: string
}

/** The escrow that the treasury pays into. */
export type TreasuryHold = Finality & {
  readonly chain: ChainId
  /** Absent in transfers of definition 1, which knew liquidity only. */
  readonly funding?: Funding
  /** The escrow's terms as far as they are known before its deadlines are; see hold.ts. */
  readonly hold: Omit<HoldTerms, 'refundAfter' | 'hardDeadline'> & {
    readonly softDeadlineMs: number
    readonly hardDeadlineMs: number
  }
}

/**
 * The customer's own escrow: he is its payer, the treasury its payee, and on expiry it is refunded. Or that of a deposit address, which is then the
 * payer, and whatever comes back there goes on to `refundTo`.
 */
export type Deposit = Finality & {
  readonly chain: ChainId
  /** Complete, since he locks it as it stands. `refundAfter` is as long as we may take to commit it. */
  readonly terms: HoldTerms
  /** Of a deposit address: the customer's own. */
  readonly refundTo?: string
  /** ISO 8601. What comes later is sent back. */
  readonly dueAt: string
  /**
   * What makes it ours to act on: `escrow`: a commit suspends the customer's soft deadline, a release collects it; `balance`: a claim takes
   * it out of the customer's balance into the treasury, which is both, so nothing is left to release.
   */
  readonly committedBy: 'escrow' | 'balance'
}

type Debit = {
  /** Milliseconds from settlement until the fiat debit counts as final enough to act on (DESIGN §2, rule 3). */
  readonly clearingMs: number
  /** So long from settlement the debit can come back, where that is longer: what is released before is an advance. Absent: nothing is. */
  readonly returnableMs?: number
  /** The bridge's own account at the bank that is debited into. */
  readonly bankAccount: string
}

type Payout = {
  /** The bridge's own account at the bank that pays out. */
  readonly payoutAccount: string
}

export type OnrampTerms = Priced & TreasuryHold & Debit
export type OfframpTerms = Priced & { readonly deposit: Deposit } & Payout
export type RemittanceTerms = Priced &
  TreasuryHold &
  Debit &
  Payout & {
    /** Whether the chain knows a point of no return; where only our own keys can move the escrow, our word is enough. */
    readonly commits: boolean
  }
export type CrosschainTerms = Priced & TreasuryHold & { readonly deposit: Deposit }
/** Between two accounts of ours: the source pays out, and the destination's own account number is who is paid. */
export type RebalanceTerms = Priced &
  Payout & {
    /** The bridge's own account at the bank that gets it. */
    readonly arrivalAccount: string
  }

/** Everything that is fixed when a transfer is created, by its route. */
export type TermsByRoute = {
  readonly onramp: OnrampTerms
  readonly offramp: OfframpTerms
  readonly remittance: RemittanceTerms
  readonly crosschain: CrosschainTerms
  readonly rebalance: RebalanceTerms
}
export type Terms = TermsByRoute[Route]

/** What of its pool a transfer reserves, in minor units: what it pays out, or what it locks where that is something else. */
export const reservedMinor = (terms: Terms): bigint =>
  BigInt('hold' in terms ? terms.hold.amountMinor : terms.destinationAmount.minor)

/** Who pays: the customer's bank account, or his address on a chain. */
export const payerOf = ({ source }: Terms): string => (source.kind === 'bank' ? source.account.accountNumber : source.address)

export const isMinted = ({ funding }: Pick<TreasuryHold, 'funding'>): boolean => funding === 'mint'
