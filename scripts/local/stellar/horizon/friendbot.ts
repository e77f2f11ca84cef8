import { Account, Operation, TimeoutInfinite, TransactionBuilder } from '@stellar/stellar-sdk/base'
import type { FastifyInstance } from 'fastify'
import { rootKeypair } from '../genesis.ts'
import type { StellarNode } from '../node.ts'
import { awaitTransaction } from './await-transaction.ts'
import type { HistoricTransaction } from './historic-transaction.ts'
import { linksTo } from './link.ts'
import { badRequest, HorizonProblem, submissionTimeout } from './problem.ts'
import { accountParam } from './request.ts'
import { transactionRecord } from './transaction-record.ts'

const startingBalance = '10000'
const mostAtOnce = 100

/** Gives 10,000 lumens of the root account to a new account. Whoever asks while a ledger is open shares one transaction. */
export const friendbotRoutes = (node: StellarNode, timeoutMs: number) => async (app: FastifyInstance) => {
  const root = rootKeypair(node.passphrase)
  const waiting = new Map<string, (transaction: Promise<HistoricTransaction>) => void>()
  const promised = new Map<string, Promise<HistoricTransaction>>()
  let busy = false

  const build = (addresses: readonly string[]) => {
    const sequence = node.network().state.account(root.publicKey())!.sequence
    const builder = new TransactionBuilder(new Account(root.publicKey(), String(sequence)), {
      fee: '1000000',
      networkPassphrase: node.passphrase,
    }).setTimeout(TimeoutInfinite)
    for (const destination of addresses) builder.addOperation(Operation.createAccount({ destination, startingBalance }))
    const transaction = builder.build()
    transaction.sign(root)
    return { envelope: transaction.toXdr(), hash: Buffer.from(transaction.hash()).toString('hex') }
  }
  const fund = async (addresses: readonly string[]): Promise<HistoricTransaction> => {
    for (;;) {
      const { envelope, hash } = build(addresses)
      const { status } = node.network().submit(envelope)
      // The root account has something else in the queue: it is its turn in a later ledger.
      if (status === 'TRY_AGAIN_LATER') {
        await nextChange(node)
        continue
      }
      const found = await awaitTransaction(node, hash, timeoutMs)
      if (found?.applied.successful) return found
      if (found || status === 'ERROR') throw badRequest('addr', 'createAccountAlreadyExist')
      throw submissionTimeout(hash, envelope)
    }
  }
  const next = () => {
    if (busy || waiting.size === 0) return
    busy = true
    const batch = [...waiting].slice(0, mostAtOnce)
    for (const [address] of batch) waiting.delete(address)
    const funded = fund(batch.map(([address]) => address))
    for (const [, give] of batch) give(funded)
    const done = () => {
      busy = false
      next()
    }
    funded.then(done, done)
  }
  const ask = (address: string): Promise<HistoricTransaction> => {
    const asked = promised.get(address) ?? new Promise<HistoricTransaction>(resolve => waiting.set(address, resolve))
    promised.set(address, asked)
    const forget = () => promised.delete(address)
    asked.then(forget, forget)
    next()
    return asked
  }

  app.route<{ Querystring: { addr?: string }; Body: { addr?: string } | undefined }>({
    method: ['GET', 'POST'],
    url: '/friendbot',
    handler: async request => {
      const address = accountParam(request.query.addr ?? request.body?.addr ?? '', 'addr')
      if (node.network().state.account(address))
        throw new HorizonProblem(400, 'bad_request', 'Bad Request', 'createAccountAlreadyExist: the account is funded already')
      const transaction = await ask(address)
      return transactionRecord(linksTo(`http://${request.headers.host}`), transaction)
    },
  })
}

const nextChange = (node: StellarNode): Promise<void> =>
  new Promise(resolve => {
    const unsubscribe = node.onChange(() => {
      unsubscribe()
      resolve()
    })
  })
