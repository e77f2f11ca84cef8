import { decimal } from './amount.ts'
import type { HistoricLedger } from './history.ts'
import { isoTime } from './iso-time.ts'
import type { Link } from './link.ts'

/** `operation_count` counts the operations of successful transactions, `tx_set_operation_count` all. */
export const ledgerRecord = (link: Link, { id, closed, transactions }: HistoricLedger) => {
  const operationsOf = (wanted: typeof transactions) => wanted.reduce((sum, { applied }) => sum + applied.operationCount, 0)
  const successful = transactions.filter(({ applied }) => applied.successful)
  const self = `/ledgers/${closed.sequence}`
  return {
    _links: {
      self: link(self),
      transactions: link(`${self}/transactions{?cursor,limit,order}`),
      operations: link(`${self}/operations{?cursor,limit,order}`),
      payments: link(`${self}/payments{?cursor,limit,order}`),
      effects: link(`${self}/effects{?cursor,limit,order}`),
    },
    id: closed.hash,
    paging_token: String(id),
    hash: closed.hash,
    ...(/^0*$/.test(closed.previousHash) ? {} : { prev_hash: closed.previousHash }),
    sequence: closed.sequence,
    successful_transaction_count: successful.length,
    failed_transaction_count: transactions.length - successful.length,
    operation_count: operationsOf(successful),
    tx_set_operation_count: operationsOf(transactions),
    closed_at: isoTime(closed.closeTime),
    total_coins: decimal(closed.totalCoins),
    fee_pool: decimal(closed.feePool),
    base_fee_in_stroops: closed.baseFee,
    base_reserve_in_stroops: closed.baseReserve,
    max_tx_set_size: closed.maxTxSetSize,
    protocol_version: closed.protocol,
    header_xdr: closed.headerXdr,
  }
}
