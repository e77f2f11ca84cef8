import type { DepositOrder } from '../../../bridge-service/src/deposits/orders.ts'
import type { StrayRow } from '../../../bridge-service/src/deposits/stray-row.ts'
import type { LeasedIntent } from '../../../bridge-service/src/intents/queue.ts'
import type { AccountDefinition } from '../../../bridge-service/src/ledger/chart.ts'
import type { Layer } from '../../../bridge-service/src/ledger/entry.ts'
import type { Action } from '../../../bridge-service/src/operators/action.ts'
import type { LineVerdict } from '../../../bridge-service/src/rails/judge-line.ts'
import type { Refund } from '../../../bridge-service/src/refunds/refund.ts'
import type { TransferEvent } from '../../../bridge-service/src/transfer/event.ts'
import type { QuoteId, TransferId } from '../../../bridge-service/src/transfer/id.ts'
import type { TimerKind } from '../../../bridge-service/src/transfer/input.ts'
import type { FinalityRequirement } from '../../../bridge-service/src/transfer/terms.ts'
import type { Transfer } from '../../../bridge-service/src/transfer/transfer.ts'
import type { WaitKind } from '../../../bridge-service/src/transfer/wait.ts'

// The columns of the migrations under their own names. Times are ms since the epoch, amounts bigints. Rows are replaced, never changed.

export type TransferRow = {
  readonly transfer: Transfer
  readonly escrow_ref: string | null
  readonly parked_reason: string | null
  readonly created_at: number
  readonly updated_at: number
}
export type EventRow = {
  readonly transfer_id: TransferId
  readonly version: number
  readonly type: TransferEvent['type']
  readonly payload: TransferEvent
  readonly from_state: string
  readonly to_state: string
  readonly at: number
}
export type OutboxRow = Pick<EventRow, 'transfer_id' | 'version' | 'type'> & { readonly position: number }
export type AuditRow = Pick<EventRow, 'transfer_id' | 'version' | 'at'> & { readonly actor: string; readonly cause: string }
export type IntentRow = {
  readonly key: string
  readonly transfer_id: TransferId
  readonly step: LeasedIntent['step']
  readonly attempt: number
  readonly target: string
  readonly request: LeasedIntent['request']
  readonly status: 'PENDING' | 'IN_FLIGHT' | 'SUCCEEDED' | 'FAILED' | 'UNKNOWN'
  readonly outcome: null
  readonly withdrawn_at: number | null
  readonly attempts: number
  readonly abandoned: number
  readonly lease_epoch: number
  readonly lease_owner: string | null
  readonly next_at: number
  readonly created_at: number
  readonly updated_at: number
}
export type EntryRow = {
  readonly position: number
  readonly transfer_id: string
  readonly version: number
  readonly kind: string
  readonly at: number
}
export type PostingRow = {
  readonly entry: number
  readonly line: number
  readonly account_id: string
  readonly currency: string
  readonly layer: Layer
  readonly amount: bigint
}
export type DeadlineRow = { readonly transfer_id: TransferId; readonly kind: TimerKind; readonly due_at: number }
export type WaitRow = {
  readonly transfer_id: TransferId
  readonly kind: WaitKind
  readonly chain: string
  readonly level: FinalityRequirement['level']
  readonly height: bigint
  readonly fact: string
}
export type InboxRow = {
  readonly source: string
  readonly fact: string
  readonly subject: string
  readonly kind: string
  readonly payload: Readonly<Record<string, unknown>>
  readonly revision: number
  readonly consumed: number
  readonly unmatched: boolean
  readonly received_at: number
}
export type PoolRow = {
  readonly id: string
  readonly currency: string
  readonly total: bigint
  readonly reserved: bigint
  readonly version: number
  readonly account_id: string | null
}
export type ReservationRow = {
  readonly transfer_id: TransferId
  readonly pool_id: string
  readonly amount: bigint
  readonly status: 'reserved' | 'consumed' | 'freed' | 'restored'
}
export type ReceivableRow = {
  readonly transfer_id: TransferId
  readonly currency: string
  readonly tenant: string
  readonly payer: string
  readonly owed: bigint
  readonly recovered: bigint
  readonly written_off: bigint
  readonly opened_at: number
  readonly updated_at: number
}
export type AdvanceRow = {
  readonly transfer_id: TransferId
  readonly tenant: string
  readonly currency: string
  readonly amount: bigint
  readonly returnable_until: number | null
}
export type QuoteRow = {
  readonly id: QuoteId
  readonly tenant: string
  readonly expires_at: number
  readonly transfer_id: TransferId | null
}
export type InHandRow = { readonly transfer_id: TransferId; readonly times: number; readonly since: number }
export type KeyRow = {
  readonly tenant: string
  readonly key: string
  readonly route: string
  readonly request_hash: Buffer
  readonly status: number
  readonly response: unknown
  readonly location: string
  readonly created_at: number
}

/** A case as its table has it, but for times and amounts. */
export type StrayTableRow = Omit<StrayRow, 'units' | 'booked' | 'reclaim_after' | 'received_at' | 'updated_at'> & {
  readonly units: bigint
  readonly booked: bigint
  readonly reclaim_after: number | null
  readonly look_at: number
  readonly received_at: number
  readonly updated_at: number
}
export type DepositOrderRow = DepositOrder & {
  readonly status: 'PENDING' | 'IN_FLIGHT' | 'SUCCEEDED' | 'FAILED'
  readonly tx_hash: string | null
  readonly code: string | null
  readonly detail: string | null
  readonly attempts: number
  readonly next_at: number
  readonly created_at: number
  readonly updated_at: number
}
/** `look_at` null: no longer looked at. */
export type AddressRow = {
  readonly transfer_id: TransferId
  readonly chain: string
  readonly seen: bigint
  readonly look_at: number | null
}
export type StatementRow = {
  readonly rail: string
  readonly account: string
  readonly cursor: string | null
  readonly read_at: number
}
export type StatementLineRow = {
  readonly rail: string
  readonly account: string
  readonly cursor: string
  readonly bank_transfer_id: string
  readonly external_id: string
  readonly currency: string
  readonly amount: bigint
  readonly at: number
  readonly intent_key: string | null
  readonly verdict: LineVerdict
  readonly read_at: number
  readonly explained_by: string | null
}
export type RefundRow = Pick<
  Refund,
  'id' | 'tenant' | 'kind' | 'reason' | 'currency' | 'rail' | 'request' | 'state' | 'failure'
> & {
  readonly refund_of: string
  readonly requested_by: string
  readonly minor: bigint
  readonly bank_transfer_id: string | null
  readonly attempts: number
  readonly lease_epoch: number
  readonly next_at: number
  readonly created_at: number
  readonly updated_at: number
}

export type ActionRow = Pick<Action, 'id' | 'type' | 'scope' | 'reason' | 'payload' | 'decision' | 'refusal'> & {
  readonly transfer_id: Action['transferId']
  readonly payload_hash: string
  readonly four_eyes: boolean
  readonly requested_by: string
  readonly requested_person: string
  readonly requested_at: number
  readonly expires_at: number
  readonly decided_by: string | null
  readonly decided_person: string | null
  readonly decided_at: number | null
  readonly obeyed_at: number | null
}
export type ActionAuditRow = {
  readonly action_id: string
  readonly event: string
  readonly actor: string
  readonly reason: string | null
  readonly at: number
}

export type Tables = ReturnType<typeof emptyTables>

/** Every table by its primary key, joined by spaces; `by_…` are the unique indexes. */
export const emptyTables = () => ({
  transfers: new Map<string, TransferRow>(),
  by_ref: new Map<string, TransferId>(),
  transfer_events: new Map<string, EventRow>(),
  outbox: new Map<string, OutboxRow>(),
  audit_log: new Map<string, AuditRow>(),
  intents: new Map<string, IntentRow>(),
  by_wish: new Map<string, string>(),
  by_reference: new Map<string, string>(),
  ledger_accounts: new Map<string, AccountDefinition>(),
  ledger_entries: new Map<string, EntryRow>(),
  ledger_postings: new Map<string, PostingRow>(),
  ledger_balances: new Map<string, Record<Layer, bigint>>(),
  deadlines: new Map<string, DeadlineRow>(),
  finality_waits: new Map<string, WaitRow>(),
  inbox: new Map<string, InboxRow>(),
  liquidity_pools: new Map<string, PoolRow>(),
  reservations: new Map<string, ReservationRow>(),
  receivables: new Map<string, ReceivableRow>(),
  advances: new Map<string, AdvanceRow>(),
  transfers_in_hand: new Map<string, InHandRow>(),
  quotes: new Map<string, QuoteRow>(),
  idempotency_keys: new Map<string, KeyRow>(),
  stray_deposits: new Map<string, StrayTableRow>(),
  by_stray_fact: new Map<string, string>(),
  deposit_orders: new Map<string, DepositOrderRow>(),
  deposit_addresses: new Map<string, AddressRow>(),
  bank_statements: new Map<string, StatementRow>(),
  bank_statement_lines: new Map<string, StatementLineRow>(),
  refunds: new Map<string, RefundRow>(),
  by_refund_reference: new Map<string, string>(),
  operator_actions: new Map<string, ActionRow>(),
  operator_audit: new Map<string, ActionAuditRow>(),
})
