import type { AccountId } from './ledger/account-id.ts'
import type { Change } from './ledger/scope.ts'

/** A transaction as it stands in a ledger. Hashes are 64 hex digits, XDR is base64, amounts are stroops. */
export type AppliedTransaction = {
  /** Of the contents: what wallets know it by; of the outer transaction for a fee bump. */
  readonly hash: string
  /** Of a fee bump: the transaction inside, which can be looked up as well. */
  readonly innerHash?: string
  /** From 1, in the order of application. */
  readonly index: number
  readonly envelopeXdr: string
  readonly resultXdr: string
  /** TransactionMeta; made when first asked for. */
  readonly resultMetaXdr: string
  /** LedgerEntryChanges of taking the fee; made when first asked for. */
  readonly feeMetaXdr: string
  readonly feeCharged: bigint
  readonly maxFee: bigint
  readonly feeAccount: AccountId
  readonly sourceAccount: AccountId
  readonly sequence: bigint
  readonly operationCount: number
  readonly successful: boolean
}

export type ClosedLedger = {
  readonly sequence: number
  /** sha256 of `headerXdr`. */
  readonly hash: string
  readonly previousHash: string
  /** LedgerHeader. */
  readonly headerXdr: string
  /** Unix seconds. */
  readonly closeTime: number
  readonly protocol: number
  /** What an operation costs at least, and what surge made of it in this ledger. */
  readonly baseFee: number
  readonly chargedBaseFee: bigint
  readonly baseReserve: number
  /** In operations. */
  readonly maxTxSetSize: number
  readonly totalCoins: bigint
  readonly feePool: bigint
  /** In the order of application. */
  readonly transactions: readonly AppliedTransaction[]
  /** Every entry that differs from the ledger before. */
  readonly changes: readonly Change[]
}
