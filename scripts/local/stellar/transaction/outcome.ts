import { xdr } from '@stellar/stellar-sdk/base'

type InnerCode = xdr.InnerTransactionResultResult['type']
/** Codes that say nothing of single operations. */
export type Refusal = Exclude<InnerCode, 'txSuccess' | 'txFailed'>

export type PlainOutcome = {
  readonly code: InnerCode
  readonly feeCharged: bigint
  /** One each, meant only when the code is txSuccess or txFailed. */
  readonly operations: readonly xdr.OperationResult[]
}

/** What became of a transaction, or why it was refused. */
export type Outcome = PlainOutcome & {
  /** Of a fee bump that was sound itself: what became of the transaction inside; the code above is then that one's. */
  readonly inner?: PlainOutcome & { readonly hash: string }
}

export const isSuccess = ({ code }: Outcome): boolean => code === 'txSuccess'

export const resultXdr = (outcome: Outcome): xdr.TransactionResult =>
  new xdr.TransactionResult({
    feeCharged: outcome.feeCharged,
    result: outcome.inner ? bumpResult(outcome.inner) : plainResult(outcome),
    ext: xdr.TransactionResultExt.v0(),
  })

const plainResult = ({ code, operations }: PlainOutcome): xdr.TransactionResultResult =>
  code === 'txSuccess' || code === 'txFailed'
    ? xdr.TransactionResultResult[code]([...operations])
    : xdr.TransactionResultResult[code]()

const bumpResult = (inner: PlainOutcome & { hash: string }): xdr.TransactionResultResult => {
  const { code, operations, feeCharged } = inner
  const pair = new xdr.InnerTransactionResultPair({
    transactionHash: inner.hash,
    result: new xdr.InnerTransactionResult({
      feeCharged,
      result:
        code === 'txSuccess' || code === 'txFailed'
          ? xdr.InnerTransactionResultResult[code]([...operations])
          : xdr.InnerTransactionResultResult[code](),
      ext: xdr.InnerTransactionResultExt.v0(),
    }),
  })
  return code === 'txSuccess'
    ? xdr.TransactionResultResult.txFeeBumpInnerSuccess(pair)
    : xdr.TransactionResultResult.txFeeBumpInnerFailed(pair)
}
