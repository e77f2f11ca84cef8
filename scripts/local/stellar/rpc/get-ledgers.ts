import type { ClosedLedger } from '../closed-ledger.ts'
import type { View } from '../node.ts'
import { closeMeta, headerEntry } from './close-meta.ts'
import { pageStart, type RpcMethod, rangeParams, readParams } from './method.ts'
import { invalidParams } from './rpc-error.ts'

export const getLedgers: RpcMethod = (node, params) => {
  const view = node.view('rpc')
  const { cursor, startLedger, limit } = pageStart(readParams(rangeParams, params), view)
  const start = startLedger ?? Number(cursor) + 1
  // A cursor at the latest ledger is refused, and not answered with an empty page: so does the real one.
  if (start < view.elder || start > view.latest)
    throw invalidParams(
      `cursor ('${cursor}') must be between the oldest ledger: ${view.elder} and the latest ledger: ${view.latest} for this rpc instance`,
    )
  const keep = node.faults.take('short_page', { on: 'rpc' })?.keep ?? limit
  const end = Math.min(start + Math.min(keep, limit) - 1, view.latest)
  const ledgers = Array.from({ length: end - start + 1 }, (_, at) => ledgerAt(view, start + at))
  return {
    ledgers: ledgers.map(ledger => ({
      hash: ledger.hash,
      sequence: ledger.sequence,
      ledgerCloseTime: String(ledger.closeTime),
      headerXdr: headerEntry(ledger).toXdr('base64'),
      metadataXdr: closeMeta(ledger).toXdr('base64'),
    })),
    latestLedger: view.latest,
    latestLedgerCloseTime: ledgerAt(view, view.latest).closeTime,
    oldestLedger: view.elder,
    oldestLedgerCloseTime: ledgerAt(view, view.elder).closeTime,
    cursor: String(end),
  }
}

export const getLatestLedger: RpcMethod = node => {
  const view = node.view('rpc')
  const ledger = ledgerAt(view, view.latest)
  return {
    id: ledger.hash,
    protocolVersion: ledger.protocol,
    sequence: ledger.sequence,
    closeTime: String(ledger.closeTime),
    headerXdr: ledger.headerXdr,
    metadataXdr: closeMeta(ledger).toXdr('base64'),
  }
}

/** Of a ledger that the view holds. */
export const ledgerAt = ({ history }: View, sequence: number): ClosedLedger => history.ledger(sequence)!.closed
