import { xdr } from '@stellar/stellar-sdk/base'
import type { AppliedTransaction, ClosedLedger } from '../closed-ledger.ts'
import { type Envelope, openEnvelope } from './envelope.ts'
import { toid } from './toid.ts'

/** A transaction of a closed ledger. What must be decoded is decoded when somebody asks, once. */
export type HistoricTransaction = {
  readonly id: bigint
  readonly ledger: ClosedLedger
  readonly applied: AppliedTransaction
  readonly envelope: () => Envelope
  readonly result: () => xdr.TransactionResult
  readonly operations: () => readonly HistoricOperation[]
}

export type HistoricOperation = {
  readonly id: bigint
  readonly transaction: HistoricTransaction
  readonly source: xdr.MuxedAccount
  readonly body: xdr.OperationBody
  /** Absent when the transaction did not come as far as its operations. */
  readonly result: xdr.OperationResult | undefined
  /** None when the transaction failed. */
  readonly changes: readonly xdr.LedgerEntryChange[]
}

/** `order` is the transaction's place in its ledger, from 1. */
export const historicTransaction = (ledger: ClosedLedger, applied: AppliedTransaction, order: number): HistoricTransaction => {
  const transaction: HistoricTransaction = {
    id: toid(ledger.sequence, order),
    ledger,
    applied,
    envelope: once(() => openEnvelope(applied.envelopeXdr)),
    result: once(() => xdr.TransactionResult.fromXdr(applied.resultXdr, 'base64')),
    operations: once(() => {
      const { operations, source } = transaction.envelope()
      const results = operationResults(transaction.result())
      const changes = operationChanges(xdr.TransactionMeta.fromXdr(applied.resultMetaXdr, 'base64'))
      return operations.map(({ sourceAccount, body }, at) => ({
        id: toid(ledger.sequence, order, at + 1),
        transaction,
        source: sourceAccount ?? source,
        body,
        result: results[at],
        changes: changes[at] ?? [],
      }))
    }),
  }
  return transaction
}

const operationResults = ({ result }: xdr.TransactionResult): readonly xdr.OperationResult[] => {
  const inner =
    result.type === 'txFeeBumpInnerSuccess' || result.type === 'txFeeBumpInnerFailed'
      ? result.innerResultPair.result.result
      : result
  return inner.type === 'txSuccess' || inner.type === 'txFailed' ? inner.results : []
}

const operationChanges = (meta: xdr.TransactionMeta): (readonly xdr.LedgerEntryChange[])[] =>
  (meta.type === 'operations' ? meta.value : meta.value.operations).map(({ changes }) => changes)

const once = <T>(make: () => T): (() => T) => {
  let made: { readonly value: T } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}
