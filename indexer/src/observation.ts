// Published: the bridge service imports these types.

export type Hash = `0x${string}`

/** CAIP-2: `evm:31337`. */
export type EvmChainId = `evm:${number}`

export type ObservationKind = 'escrowLocked' | 'escrowCommitted' | 'escrowReleased' | 'escrowRefunded' | 'escrowCredited'

/**
 * The payload of an inbox row whose source is a chain: the newest truth about one fact. The row's `kind` is an `ObservationKind`, its
 * `subject` is `ref`, its `fact` is `<tx hash>:<ordinal of the log among the escrow's logs of that transaction>`.
 * Integers are decimal strings, addresses have their EIP-55 checksum, hashes are lower case.
 */
export type Observation = {
  /** `orphaned`: the block left the canonical chain. The same fact may be included again, in another block. */
  readonly status: 'included' | 'orphaned'
  readonly escrowId: Hash
  readonly ref: Hash
  readonly token: string
  /** Of a lock and a refund. */
  readonly payer?: string
  /** Of a lock and a release. */
  readonly payee?: string
  /** Of a credit: to whom the tokens belong that the token would not pay out. */
  readonly owner?: string
  /** Minor units of the token; a commit moves none. */
  readonly amount?: string
  /** The number of the event among those of its token: what is missing shows. */
  readonly sequence: string
  readonly txHash: Hash
  readonly blockNumber: string
  readonly blockHash: Hash
  readonly logIndex: number
}

/** One escrow event as it stands in one block, on whichever branch. */
export type EscrowEvent = {
  readonly type: ObservationKind
  readonly escrowId: Hash
  readonly ref: Hash
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
