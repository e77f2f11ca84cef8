import { createHash } from 'node:crypto'
import {
  Account,
  Asset,
  Claimant,
  type FeeBumpTransaction,
  Keypair,
  Memo,
  Operation,
  type Transaction,
  TransactionBuilder,
  xdr,
} from '@stellar/stellar-sdk/base'
import type { Hash } from '../src/observation.ts'
import type { RawTransaction } from '../src/stellar/transaction.ts'
import type { Watched } from '../src/stellar/watched.ts'

/** Throw-away keys, the same in every run. */
export const keyOf = (name: string): Keypair =>
  Keypair.fromRawEd25519Seed(createHash('sha256').update(`causeway test ${name}`).digest())

const account = (name: string) => keyOf(name).publicKey()

export const [hot, cold, issuer, customer, channel, stranger] = [
  ...[account('hot'), account('cold'), account('issuer')],
  ...[account('customer'), account('channel'), account('stranger')],
] as [string, string, string, string, string, string]
export const usdc = new Asset('USDC', issuer)
export const token = `USDC:${issuer}`
export const passphrase = 'Causeway Unit Tests'
export const networkId = createHash('sha256').update(passphrase).digest()
export const watched: Watched = { passphrase, hot, cold, tokens: new Set([token]) }
export const ref: Hash = `0x${'5a'.repeat(32)}`
export const deadline = 1_900_000_000n

const before = (time: bigint) => Claimant.predicateBeforeAbsoluteTime(String(time))
const from = (time: bigint) => Claimant.predicateNot(before(time))
export const always = Claimant.predicateUnconditional()
export const split = (early: string, late: string, time = deadline) => [
  new Claimant(early, before(time)),
  new Claimant(late, from(time)),
]
export const delivery = (to: string) => [new Claimant(to, always), new Claimant(hot, from(deadline + 100n))]

export const create = (source: string, claimants: Claimant[], amount = '100.25', asset = usdc) =>
  Operation.createClaimableBalance({ source, asset, amount, claimants })
export const claim = (source: string, balanceId: string) => Operation.claimClaimableBalance({ source, balanceId })
export const clawBack = (balanceId: string) => Operation.clawbackClaimableBalance({ source: issuer, balanceId })
export const pay = (source: string, destination: string, amount = '100.25', asset = usdc) =>
  Operation.payment({ source, destination, asset, amount })
export const refMemo = Memo.hash(Buffer.from(ref.slice(2), 'hex'))

let sequence = 0

export const build = (operations: xdr.Operation[], memo: Memo = refMemo): Transaction => assemble(operations, memo, sequence++)

const assemble = (operations: xdr.Operation[], memo: Memo, after: number): Transaction => {
  const account = new Account(channel, String(after))
  const builder = new TransactionBuilder(account, { fee: '100', networkPassphrase: passphrase, memo })
  for (const operation of operations) builder.addOperation(operation)
  const transaction = builder.setTimeout(0).build()
  transaction.sign(keyOf('channel'))
  return transaction
}

/** Of the first operation of the transaction that is built next: the id depends on source, sequence number and index alone. */
export const nextBalanceId = (): string => balanceIdIn(assemble([create(hot, split(hot, cold))], refMemo, sequence), 0)

export const bump = (inner: Transaction): FeeBumpTransaction =>
  TransactionBuilder.buildFeeBumpTransaction(keyOf('stranger'), '1000', inner, passphrase)

export const balanceIdIn = (transaction: Transaction, index: number): string => transaction.getClaimableBalanceId(index)

export const hashOf = (transaction: Transaction | FeeBumpTransaction): Hash =>
  `0x${Buffer.from(transaction.hash()).toString('hex')}`

/** What a ledger says of a transaction that did what it wanted. */
export const successful = (transaction: Transaction, results = resultsOf(transaction)) =>
  new xdr.TransactionResult({
    feeCharged: 100n,
    result: xdr.TransactionResultResult.txSuccess(results),
    ext: xdr.TransactionResultExt.v0(),
  })

export const bumped = (inner: Transaction) =>
  new xdr.TransactionResult({
    feeCharged: 200n,
    result: xdr.TransactionResultResult.txFeeBumpInnerSuccess(
      new xdr.InnerTransactionResultPair({
        transactionHash: inner.hash(),
        result: new xdr.InnerTransactionResult({
          feeCharged: 0n,
          result: xdr.InnerTransactionResultResult.txSuccess(resultsOf(inner)),
          ext: xdr.InnerTransactionResultExt.v0(),
        }),
      }),
    ),
    ext: xdr.TransactionResultExt.v0(),
  })

const resultsOf = (transaction: Transaction): xdr.OperationResult[] =>
  envelopeOf(transaction).v1.tx.operations.map(({ body }, index) =>
    xdr.OperationResult.opInner(resultOf(transaction, body, index)),
  )

const resultOf = (transaction: Transaction, body: xdr.OperationBody, index: number): xdr.OperationResultTr => {
  switch (body.type) {
    case 'createClaimableBalance': {
      const id = xdr.ClaimableBalanceId.fromXdr(balanceIdIn(transaction, index), 'hex')
      return xdr.OperationResultTr.createClaimableBalance(xdr.CreateClaimableBalanceResult.createClaimableBalanceSuccess(id))
    }
    case 'claimClaimableBalance':
      return xdr.OperationResultTr.claimClaimableBalance(xdr.ClaimClaimableBalanceResult.claimClaimableBalanceSuccess())
    case 'clawbackClaimableBalance':
      return xdr.OperationResultTr.clawbackClaimableBalance(xdr.ClawbackClaimableBalanceResult.clawbackClaimableBalanceSuccess())
    case 'payment':
      return xdr.OperationResultTr.payment(xdr.PaymentResult.paymentSuccess())
    case 'pathPaymentStrictReceive':
    case 'pathPaymentStrictSend':
      throw new Error('has a result of its own: give it')
    default:
      return xdr.OperationResultTr.manageData(xdr.ManageDataResult.manageDataSuccess())
  }
}

const envelopeOf = (transaction: Transaction) => transaction.toEnvelope() as xdr.TransactionEnvelopeTx

let order = 0

/** As a node would serve it from ledger 7. */
export const raw = (
  transaction: Transaction | FeeBumpTransaction,
  result: xdr.TransactionResult = successful(transaction as Transaction),
): RawTransaction => ({
  ledger: 7n,
  order: ++order,
  hash: hashOf(transaction),
  envelopeXdr: transaction.toEnvelope().toXdr('base64'),
  resultXdr: result.toXdr('base64'),
})
