import { z } from 'zod'
import type { HistoricTransaction } from '../horizon/historic-transaction.ts'
import { pageOf } from '../horizon/page.ts'
import { afterLedger, toid } from '../horizon/toid.ts'
import type { View } from '../node.ts'
import { ledgerAt } from './get-ledgers.ts'
import { pageStart, type RpcMethod, rangeParams, readParams } from './method.ts'
import { invalidParams } from './rpc-error.ts'

/** Failed transactions too, in the order of application; the cursor is the last one's id with operation 1, or the end of what was looked at. */
export const getTransactions: RpcMethod = (node, params) => {
  const view = node.view('rpc')
  const { cursor, startLedger, limit } = pageStart(readParams(rangeParams, params), view)
  const first = toid(view.elder)
  const after = startLedger === undefined ? BigInt(cursor!) : toid(startLedger)
  if (after < first) throw invalidParams(`database does not contain metadata for ledger: ${after >> 32n}`)
  const keep = node.faults.take('short_page', { on: 'rpc' })?.keep ?? limit
  const page = pageOf(
    view.history.transactions,
    { after, before: afterLedger(view.latest) + 1n },
    { order: 'asc', limit: Math.min(keep, limit) },
  )
  const last = page.at(-1)
  return {
    transactions: page.map(transaction => ({
      ...detailsOf(transaction),
      createdAt: transaction.ledger.closeTime,
    })),
    latestLedger: view.latest,
    latestLedgerCloseTimestamp: ledgerAt(view, view.latest).closeTime,
    oldestLedger: view.elder,
    oldestLedgerCloseTimestamp: ledgerAt(view, view.elder).closeTime,
    cursor: String(page.length === limit ? last!.id + 1n : endOf(view)),
  }
}

export const getTransaction: RpcMethod = (node, params) => {
  const view = node.view('rpc')
  const { hash } = readParams(hashParams, params)
  const found = view.history.transaction(hash)
  const range = {
    latestLedger: view.latest,
    latestLedgerCloseTime: String(ledgerAt(view, view.latest).closeTime),
    oldestLedger: view.elder,
    oldestLedgerCloseTime: String(ledgerAt(view, view.elder).closeTime),
  }
  const sequence = found?.ledger.sequence ?? 0
  if (!found || sequence < view.elder || sequence > view.latest)
    return {
      ...range,
      status: 'NOT_FOUND',
      txHash: hash,
      applicationOrder: 0,
      feeBump: false,
      events: {},
      ledger: 0,
      createdAt: '0',
    }
  return { ...range, ...detailsOf(found), createdAt: String(found.ledger.closeTime), txHash: hash }
}

const hashParams = z.looseObject({ hash: z.string().regex(/^[0-9a-f]{64}$/) })

const detailsOf = ({ applied, ledger }: HistoricTransaction) => ({
  status: applied.successful ? 'SUCCESS' : 'FAILED',
  txHash: applied.hash,
  applicationOrder: applied.index,
  feeBump: applied.innerHash !== undefined,
  envelopeXdr: applied.envelopeXdr,
  resultXdr: applied.resultXdr,
  resultMetaXdr: applied.resultMetaXdr,
  events: {},
  ledger: ledger.sequence,
})

/** The last place of the last ledger. */
const endOf = (view: View) => toid(view.latest, ledgerAt(view, view.latest).transactions.length, 1)
