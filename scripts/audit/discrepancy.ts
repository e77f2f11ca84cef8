import type { Address, Hash, Hex } from 'viem'

/** What can be wrong, by its stable code. docs/auditing.md says what each means to an auditor. */
export type DiscrepancyCode =
  | 'block_changed'
  | 'credit_mismatch'
  | 'credit_total_mismatch'
  | 'credit_unfounded'
  | 'domain_mismatch'
  | 'escrow_exists'
  | 'escrow_not_open'
  | 'escrow_without_transfer'
  | 'event_unknown'
  | 'id_mismatch'
  | 'ledger_amount_mismatch'
  | 'ledger_party_mismatch'
  | 'ledger_ref_mismatch'
  | 'ledger_state_mismatch'
  | 'ledger_total_mismatch'
  | 'limit_exceeded'
  | 'locked_total_mismatch'
  | 'log_misplaced'
  | 'posting_missing'
  | 'posting_mismatch'
  | 'sequence_gap'
  | 'sequence_repeated'
  | 'status_mismatch'
  | 'stopped_token_moved'
  | 'terms_mismatch'
  | 'token_insolvent'
  | 'token_state_mismatch'
  | 'too_late'
  | 'transfer_without_escrow'

/** Where a log stands. */
export type Place = { readonly block: bigint; readonly txHash: Hash; readonly logIndex: number }

export type Discrepancy = {
  readonly code: DiscrepancyCode
  readonly place?: Place
  readonly token?: Address
  readonly escrowId?: Hex
  readonly transferId?: string
  /** What the logs, the chain or the ledger had to say for the rest to be true. */
  readonly expected: string
  readonly found: string
}
