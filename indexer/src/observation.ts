// Published: the bridge service imports these types.

export type Hash = `0x${string}`

/** CAIP-2: `evm:31337`. */
export type EvmChainId = `evm:${number}`

/** CAIP-2: `stellar:pubnet`, `stellar:testnet`. */
export type StellarChainId = `stellar:${string}`

export type EscrowObservation = 'escrowLocked' | 'escrowCommitted' | 'escrowReleased' | 'escrowRefunded' | 'escrowCredited'

/**
 * Of Stellar alone: the issuer took a balance back; a customer gave us money, in a balance or by a payment with a memo; what was left for a
 * customer to collect was collected, or taken back by us.
 */
export type StellarObservation = 'escrowClawedBack' | 'depositReceived' | 'deliveryClaimed' | 'deliveryReclaimed'

export type ObservationKind = EscrowObservation | StellarObservation

/** What a claimable balance is to us: a hold of ours, a customer's deposit, a delivery that waits for its customer. */
export type BalanceKind = 'hold' | 'deposit' | 'delivery'

/**
 * The payload of an inbox row whose source is a chain: the newest truth about one fact. The row's `kind` is an `ObservationKind`, its
 * `subject` is `ref`, its `fact` is `<tx hash>:<ordinal>`: on EVM that of the log among the escrow's logs of that transaction, on Stellar
 * the index of the operation. Integers are decimal strings, hashes are lower case; addresses have their EIP-55 checksum, or are strkeys.
 */
export type Observation = {
  /** `orphaned`: the block left the canonical chain. The same fact may be included again, in another block. */
  readonly status: 'included' | 'orphaned'
  /** Of a plain payment the id that its terms give it. Absent from a deposit that no terms can mean: under a memo of another type, or in another shape. */
  readonly escrowId?: Hash
  /** 0x and 64 hex digits; of a plain payment its memo, whatever that says. */
  readonly ref: string
  /** The contract, or `CODE:ISSUER`. */
  readonly token: string
  /** Of a lock, a refund and a deposit. What the treasury pays back of a deposit is a refund, too. */
  readonly payer?: string
  /** Of a release, a delivery and a plain payment; on EVM of a lock, too. */
  readonly payee?: string
  /** Of a credit: to whom the tokens belong that the token would not pay out. */
  readonly owner?: string
  /** Minor units of the token, on Stellar units of 10⁻⁷; a commit moves none. */
  readonly amount?: string
  /** On EVM the number of the event among those of its token: what is missing shows. `0` on Stellar. */
  readonly sequence: string
  /** Of a lock and of a deposit in a balance: Unix seconds from which its payer can have it back without us. */
  readonly refundAfter?: string
  /** Stellar: which kind of balance was claimed or clawed back. */
  readonly balance?: BalanceKind
  /** Stellar: the balance that a lock, a deposit or a release with a delivery has created. */
  readonly balanceId?: string
  /** Stellar: of the end of a balance, the fact that told of its making: two of the same terms have the same id. */
  readonly madeBy?: string
  /** Stellar: of a deposit that has no terms, or is a plain payment, where its `ref` comes from. */
  readonly memoType?: 'text' | 'id' | 'hash' | 'return' | 'muxed'
  /** Stellar: the outer hash, when somebody raised the fee; `txHash` is the inner one. */
  readonly feeBumpHash?: Hash
  readonly txHash: Hash
  readonly blockNumber: string
  readonly blockHash: Hash
  readonly logIndex: number
}

/** One escrow event as it stands in one block, on whichever branch. */
export type EscrowEvent = {
  readonly type: ObservationKind
  readonly escrowId?: Hash
  readonly ref: string
  readonly token: string
  readonly payer?: string
  readonly payee?: string
  /** Of every event but a commit. */
  readonly amount?: bigint
  /** Every argument of the event, integers as decimal strings. */
  readonly payload: Readonly<Record<string, unknown>>
  readonly txHash: Hash
  readonly ordinal: number
  readonly blockNumber: bigint
  readonly blockHash: Hash
  readonly logIndex: number
}
