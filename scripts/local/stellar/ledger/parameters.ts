/** What a transaction is judged by besides the entries. */
export type LedgerParameters = {
  readonly sequence: number
  /** Unix seconds. */
  readonly closeTime: bigint
  /** Stroops an operation. */
  readonly baseFee: bigint
  readonly baseReserve: bigint
}
