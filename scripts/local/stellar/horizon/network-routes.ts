import type { FastifyInstance } from 'fastify'
import type { StellarNode } from '../node.ts'
import { feeStats } from './fee-stats.ts'
import { isoTime } from './iso-time.ts'
import { readingOf } from './request.ts'

const paged = '{?cursor,limit,order}'

/** The root, which tells how far ingestion is, and what fees are like. */
export const networkRoutes = (node: StellarNode) => async (app: FastifyInstance) => {
  app.get('/', async request => {
    const { view, link } = readingOf(node, request, 'root')
    const latest = view.history.ledger(view.latest)!.closed
    return {
      _links: {
        self: link('/'),
        account: link('/accounts/{account_id}'),
        accounts: link('/accounts{?signer,sponsor,asset,cursor,limit,order}'),
        account_transactions: link(`/accounts/{account_id}/transactions${paged}`),
        claimable_balances: link('/claimable_balances{?asset,sponsor,claimant,cursor,limit,order}'),
        fee_stats: link('/fee_stats'),
        friendbot: link('/friendbot{?addr}'),
        ledger: link('/ledgers/{sequence}'),
        ledgers: link(`/ledgers${paged}`),
        operation: link('/operations/{id}'),
        operations: link('/operations{?cursor,limit,order,include_failed}'),
        payments: link('/payments{?cursor,limit,order,include_failed}'),
        transaction: link('/transactions/{hash}'),
        transactions: link(`/transactions${paged}`),
      },
      horizon_version: 'causeway-local',
      core_version: 'causeway-local',
      ingest_latest_ledger: view.latest,
      history_latest_ledger: view.latest,
      history_latest_ledger_closed_at: isoTime(latest.closeTime),
      history_elder_ledger: view.elder,
      core_latest_ledger: view.coreLatest,
      network_passphrase: node.passphrase,
      current_protocol_version: latest.protocol,
      supported_protocol_version: latest.protocol,
      core_supported_protocol_version: latest.protocol,
    }
  })

  app.get('/health', async () => ({ database_connected: true, core_up: true, core_synced: true }))

  app.get('/fee_stats', async request => {
    const { view } = readingOf(node, request, 'fee_stats')
    return feeStats(view, node.faults.current('surge')?.baseFee)
  })
}
