import type { HoldTerms } from '../chains/chain.ts'
import type { Currency } from '../money/currency.ts'
import type { TransferId } from '../transfer/id.ts'
import type { StrayDeposit, StrayReason, StrayState } from './stray-deposit.ts'

/** A case as it stands in the table. */
export type StrayRow = {
  id: string
  chain: string
  fact: string
  ref: string
  transfer_id: TransferId | null
  tenant: string | null
  escrow_id: string | null
  balance_id: string | null
  token: string
  currency: Currency | null
  units: string
  booked: string
  payer: string
  reason: StrayReason
  state: StrayState
  reclaim_after: string | null
  code: string | null
  detail: string | null
  tx_hash: string | null
  address_terms: HoldTerms | null
  received_at: Date
  updated_at: Date
}

export type KnownStray = StrayDeposit & {
  readonly code: string | null
  readonly detail: string | null
  readonly txHash: string | null
  readonly receivedAt: Date
  readonly updatedAt: Date
}

const names = [
  ...['id', 'chain', 'fact', 'ref', 'transfer_id', 'tenant', 'escrow_id', 'balance_id', 'token', 'currency', 'units', 'booked'],
  ...['payer', 'reason', 'state', 'reclaim_after', 'code', 'detail', 'tx_hash', 'address_terms', 'received_at', 'updated_at'],
]

export const strayColumns = (table: string): string => names.map(name => `${table}.${name}`).join(', ')

export const readStray = (row: StrayRow): KnownStray => ({
  id: row.id,
  chain: row.chain,
  fact: row.fact,
  ref: row.ref,
  transferId: row.transfer_id,
  tenant: row.tenant,
  escrowId: row.escrow_id,
  balanceId: row.balance_id,
  token: row.token,
  currency: row.currency,
  units: row.units,
  bookedMinor: BigInt(row.booked),
  payer: row.payer,
  reason: row.reason,
  state: row.state,
  address: row.address_terms,
  refundAfter: row.reclaim_after === null ? null : Number(row.reclaim_after),
  code: row.code,
  detail: row.detail,
  txHash: row.tx_hash,
  receivedAt: row.received_at,
  updatedAt: row.updated_at,
})
