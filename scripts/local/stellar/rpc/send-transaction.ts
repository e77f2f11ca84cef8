import { z } from 'zod'
import type { StellarNode } from '../node.ts'
import { ledgerAt } from './get-ledgers.ts'
import { type RpcMethod, readParams } from './method.ts'
import { internalError, invalidParams } from './rpc-error.ts'

/** Hands on the queue's answer, like Horizon's asynchronous submission. */
export const sendTransaction: RpcMethod = (node, params, { lose }) => {
  const { transaction: envelope } = readParams(transactionParams, params)
  const answer = node.submit(envelope, decoded(node, envelope), 'rpc')
  if (answer.status === 'LOST') return lose(answer.by)
  if (answer.status === 'EXCEPTION') throw internalError('received exception from stellar-core')
  const view = node.now()
  return {
    ...(answer.status === 'ERROR' ? { errorResultXdr: answer.resultXdr } : {}),
    status: answer.status,
    hash: answer.hash,
    latestLedger: view.latest,
    latestLedgerCloseTime: String(ledgerAt(view, view.latest).closeTime),
  }
}

const transactionParams = z.looseObject({ transaction: z.string() })

const decoded = (node: StellarNode, envelope: string) => {
  try {
    return node.decode(envelope)
  } catch {
    throw invalidParams('invalid_xdr')
  }
}
