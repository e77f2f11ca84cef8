import { xdr } from '@stellar/stellar-sdk/base'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Lost, StellarNode } from '../node.ts'
import type { Transaction } from '../transaction/transaction.ts'
import { awaitTransaction, ingestedTransaction } from './await-transaction.ts'
import type { HistoricTransaction } from './historic-transaction.ts'
import { linksTo } from './link.ts'
import { HorizonProblem, serverError, submissionTimeout } from './problem.ts'
import { refuseOnDemand } from './request.ts'
import { resultCodesOf } from './result-codes.ts'
import { transactionRecord } from './transaction-record.ts'

const httpStatus = { PENDING: 201, ERROR: 400, DUPLICATE: 409, TRY_AGAIN_LATER: 503 } as const

/** The two ways to submit: one that waits until the transaction is ingested, and one that hands on the queue's answer. */
export const submissionRoutes = (node: StellarNode, timeoutMs: number) => async (app: FastifyInstance) => {
  app.post('/transactions', async (request, reply) => {
    refuseOnDemand(node, 'sync')
    const { envelope, transaction } = read(node, request)
    const { hash } = transaction
    const show = (found: HistoricTransaction) => {
      if (!found.applied.successful) throw failed(envelope, found.applied.resultXdr, hash)
      return transactionRecord(linksTo(`http://${request.headers.host}`), found, hash)
    }
    const known = ingestedTransaction(node, hash)
    if (known) return show(known)

    const answer = node.submit(envelope, transaction, 'sync')
    if (answer.status === 'LOST') return lose(reply, answer, submissionTimeout(hash, envelope))
    if (answer.status === 'EXCEPTION') throw serverError(answer.detail)
    const gone = goneSignal(reply)
    if (answer.status === 'ERROR') {
      // A bad sequence number may come of the very same transaction, included already and not ingested yet.
      const late = isBadSequence(answer.resultXdr) ? await awaitOrCaughtUp(node, hash, timeoutMs, gone) : undefined
      if (late) return show(late)
      throw failed(envelope, answer.resultXdr, hash)
    }
    // Also after TRY_AGAIN_LATER: the real one waits then too, mostly in vain.
    const found = await awaitTransaction(node, hash, timeoutMs, gone)
    if (!found) throw submissionTimeout(hash, envelope)
    return show(found)
  })

  app.post('/transactions_async', async (request, reply) => {
    refuseOnDemand(node, 'async')
    const { envelope, transaction } = read(node, request)
    const answer = node.submit(envelope, transaction, 'async')
    if (answer.status === 'LOST')
      return lose(reply, answer, new HorizonProblem(504, 'timeout', 'Timeout', 'The request timed out.'))
    if (answer.status === 'EXCEPTION')
      throw new HorizonProblem(
        500,
        'transaction_submission_exception',
        'Transaction Submission Exception',
        'The core could not make sense of the transaction.',
        { envelope_xdr: envelope, error: answer.detail },
      )
    return reply.code(httpStatus[answer.status]).send({
      ...(answer.status === 'ERROR' ? { error_result_xdr: answer.resultXdr } : {}),
      tx_status: answer.status,
      hash: answer.hash,
    })
  })
}

const read = (node: StellarNode, { body, query }: FastifyRequest): { envelope: string; transaction: Transaction } => {
  const envelope = (body as { tx?: string } | undefined)?.tx ?? (query as { tx?: string }).tx ?? ''
  try {
    return { envelope, transaction: node.decode(envelope) }
  } catch {
    throw new HorizonProblem(
      400,
      'transaction_malformed',
      'Transaction Malformed',
      'The transaction envelope could not be decoded: it should be an XDR TransactionEnvelope in base64.',
      { envelope_xdr: envelope },
    )
  }
}

const failed = (envelope: string, resultXdr: string, hash: string) =>
  new HorizonProblem(400, 'transaction_failed', 'Transaction Failed', 'The network refused the transaction.', {
    envelope_xdr: envelope,
    result_codes: resultCodesOf(xdr.TransactionResult.fromXdr(resultXdr, 'base64'), hash),
    result_xdr: resultXdr,
  })

const isBadSequence = (resultXdr: string) => xdr.TransactionResult.fromXdr(resultXdr, 'base64').result.type === 'txBadSeq'

/** The transaction once it is ingested; undefined as soon as everything is and it is not there. */
const awaitOrCaughtUp = async (node: StellarNode, hash: string, timeoutMs: number, gone: AbortSignal) => {
  const caughtUp = new AbortController()
  const check = () => {
    const { latest, coreLatest } = node.now()
    if (latest >= coreLatest) caughtUp.abort()
  }
  const unsubscribe = node.onChange(check)
  const found = awaitTransaction(node, hash, timeoutMs, AbortSignal.any([gone, caughtUp.signal]))
  check()
  await found
  unsubscribe()
  return ingestedTransaction(node, hash)
}

/** Aborted when the client is gone. */
const goneSignal = (reply: FastifyReply): AbortSignal => {
  const controller = new AbortController()
  reply.raw.once('close', () => controller.abort())
  return controller.signal
}

const lose = (reply: FastifyReply, { by }: Lost, timeout: HorizonProblem) => {
  if (by === 'timeout') throw timeout
  reply.hijack()
  reply.raw.destroy()
  return reply
}
