import type { FastifyInstance } from 'fastify'
import type { StellarNode } from '../node.ts'
import { type FeedOptions, feed, type Selection } from './feed.ts'
import type { HistoricOperation, HistoricTransaction } from './historic-transaction.ts'
import type { HistoricLedger } from './history.ts'
import { ledgerRecord } from './ledger-record.ts'
import { isPayment, operationRecord } from './operation-record.ts'
import { badRequest, beforeHistory, notFound } from './problem.ts'
import { accountParam, balanceParam, hashParam, ledgerParam, type Reading, readingOf } from './request.ts'
import { ledgerOf } from './toid.ts'
import { transactionRecord } from './transaction-record.ts'

/** Ledgers, transactions, operations and payments: all that Horizon calls history. */
export const historyRoutes = (node: StellarNode, streamMs: number) => async (app: FastifyInstance) => {
  const transactionsFrom = (items: (reading: Reading) => readonly HistoricTransaction[]) =>
    feed(optionsOf('transactions'), reading => transactions(reading, items(reading)))
  const operationsFrom = (items: (reading: Reading) => readonly HistoricOperation[], wanted = everything) =>
    feed(optionsOf('operations'), reading => operations(reading, items(reading), wanted))
  const optionsOf = (route: FeedOptions['route']): FeedOptions => ({ node, route, streamMs })

  app.get(
    '/ledgers',
    feed(optionsOf('ledgers'), ({ view, link }) => ({
      items: view.history.ledgers,
      record: (ledger: HistoricLedger) => ledgerRecord(link, ledger),
    })),
  )
  app.get('/ledgers/:ledger', async request => {
    const reading = readingOf(node, request, 'ledgers')
    return ledgerRecord(reading.link, ledgerOfParam(reading))
  })
  app.get('/ledgers/:ledger/transactions', transactionsFrom(inLedger))
  app.get(
    '/ledgers/:ledger/operations',
    operationsFrom(reading => inLedger(reading).flatMap(each => each.operations())),
  )
  app.get(
    '/ledgers/:ledger/payments',
    operationsFrom(reading => inLedger(reading).flatMap(each => each.operations()), isPayment),
  )

  app.get(
    '/transactions',
    transactionsFrom(({ view }) => view.history.transactions),
  )
  app.get('/transactions/:hash', async request => {
    const reading = readingOf(node, request, 'transactions')
    return transactionRecord(reading.link, transactionOfParam(reading), reading.params.hash)
  })
  // Whoever asks for one transaction knows its fate: its operations are shown also when it failed.
  app.get(
    '/transactions/:hash/operations',
    feed(optionsOf('operations'), reading => ofTransaction(reading, everything)),
  )
  app.get(
    '/transactions/:hash/payments',
    feed(optionsOf('operations'), reading => ofTransaction(reading, isPayment)),
  )

  app.get(
    '/operations',
    operationsFrom(({ view }) => view.history.operations()),
  )
  app.get(
    '/payments',
    operationsFrom(({ view }) => view.history.operations(), isPayment),
  )
  app.get('/operations/:id', async request => {
    const { view, link, params, query } = readingOf(node, request, 'operations')
    if (!/^\d{1,19}$/.test(params.id!)) throw badRequest('id', 'Operation ID must be an integer higher than 0')
    const id = BigInt(params.id!)
    if (ledgerOf(id) < view.elder) throw beforeHistory()
    const operation = view.history.operations().find(each => each.id === id)
    if (!operation || ledgerOf(id) > view.latest) throw notFound()
    return operationRecord(link, operation, joined(query))
  })

  const ofAccount = ({ params }: Reading) => accountParam(params.account!)
  app.get(
    '/accounts/:account/transactions',
    transactionsFrom(reading => known(reading, reading.view.history.transactionsOf(ofAccount(reading)))),
  )
  app.get(
    '/accounts/:account/operations',
    operationsFrom(reading => known(reading, reading.view.history.operationsOf(ofAccount(reading)))),
  )
  app.get(
    '/accounts/:account/payments',
    operationsFrom(reading => known(reading, reading.view.history.operationsOf(ofAccount(reading))), isPayment),
  )

  const ofBalance = ({ params }: Reading) => balanceParam(params.balance!, 'claimable_balance_id')
  app.get(
    '/claimable_balances/:balance/transactions',
    transactionsFrom(reading => known(reading, reading.view.history.transactionsOf(ofBalance(reading)))),
  )
  app.get(
    '/claimable_balances/:balance/operations',
    operationsFrom(reading => known(reading, reading.view.history.operationsOf(ofBalance(reading)))),
  )
}

const everything = (_operation: HistoricOperation) => true

const transactions = ({ link, query }: Reading, items: readonly HistoricTransaction[]): Selection<HistoricTransaction> => {
  const failedToo = includesFailed(query)
  return {
    items,
    wanted: ({ applied }) => applied.successful || failedToo,
    record: transaction => transactionRecord(link, transaction),
  }
}

const operations = (
  { link, query }: Reading,
  items: readonly HistoricOperation[],
  wanted: (operation: HistoricOperation) => boolean,
): Selection<HistoricOperation> => {
  const [failedToo, options] = [includesFailed(query), joined(query)]
  return {
    items,
    wanted: operation => (operation.transaction.applied.successful || failedToo) && wanted(operation),
    record: operation => operationRecord(link, operation, options),
  }
}

const ofTransaction = (reading: Reading, wanted: (operation: HistoricOperation) => boolean): Selection<HistoricOperation> => {
  const options = joined(reading.query)
  return {
    items: transactionOfParam(reading).operations(),
    wanted,
    record: operation => operationRecord(reading.link, operation, options),
  }
}

const includesFailed = ({ include_failed }: Reading['query']): boolean => {
  if (include_failed === undefined || include_failed === '' || include_failed === 'false') return false
  if (include_failed === 'true') return true
  throw badRequest('include_failed', 'Filter should be true or false')
}

const joined = ({ join }: Reading['query']) => {
  if (join !== undefined && join !== '' && join !== 'transactions') throw badRequest('join', 'Accepted values: transactions')
  return { joinTransaction: join === 'transactions' }
}

const transactionOfParam = ({ view, params }: Reading): HistoricTransaction => {
  const transaction = view.history.transaction(hashParam(params.hash!))
  const sequence = transaction?.ledger.sequence ?? 0
  if (!transaction || sequence > view.latest || sequence < view.elder) throw notFound()
  return transaction
}

const ledgerOfParam = ({ view, params }: Reading): HistoricLedger => {
  const sequence = ledgerParam(params.ledger!)
  if (sequence < view.elder) throw beforeHistory()
  const ledger = view.history.ledger(sequence)
  if (!ledger || sequence > view.latest) throw notFound()
  return ledger
}

const inLedger = (reading: Reading): readonly HistoricTransaction[] => ledgerOfParam(reading).transactions

/** Nothing is known of whom history has not met yet: 404, and not an empty page. */
const known = <T extends { readonly id: bigint }>({ view }: Reading, items: readonly T[]): readonly T[] => {
  if (!items[0] || ledgerOf(items[0].id) > view.latest) throw notFound()
  return items
}
