import { xdr } from '@stellar/stellar-sdk/base'
import { claimableBalanceId } from '../../../../scripts/local/stellar/ledger/claimable-balance-id.ts'
import { minimumFee } from '../../../../scripts/local/stellar/transaction/fee.ts'
import { resultXdr } from '../../../../scripts/local/stellar/transaction/outcome.ts'
import type { Transaction } from '../../../../scripts/local/stellar/transaction/transaction.ts'

/** What can be wrong with an operation of ours, in the ledger's words. */
export type OperationFault =
  | Exclude<xdr.CreateClaimableBalanceResult['type'], 'createClaimableBalanceSuccess'>
  | Exclude<xdr.ClaimClaimableBalanceResult['type'], 'claimClaimableBalanceSuccess'>
  | Exclude<xdr.PaymentResult['type'], 'paymentSuccess'>

const baseFee = 100n

/** base64 TransactionResult of what a ledger has taken, as core gives it. `fault`: of the first operation that can have it; all others would have done. */
export const resultOf = (transaction: Transaction, fault?: OperationFault): string => {
  const inner = transaction.kind === 'plain' ? transaction : transaction.inner
  const code = fault === undefined ? 'txSuccess' : 'txFailed'
  let operations = inner.operations.map(({ body, rules }, index) =>
    body.type === 'createClaimableBalance' ? created(claimableBalanceId(inner, index)) : rules.success,
  )
  if (fault !== undefined) {
    const index = inner.operations.findIndex(({ body }) => isOf(body.type, fault))
    if (index < 0) throw new Error(`no operation of it fails with ${fault}`)
    operations = operations.with(index, xdr.OperationResult.opInner(failed(fault)))
  }
  return resultXdr({
    ...{ code, feeCharged: minimumFee(transaction, baseFee), operations },
    ...(transaction.kind === 'feeBump' && { inner: { code, feeCharged: 0n, operations, hash: transaction.inner.hash } }),
  }).toXdr('base64')
}

const created = (id: string): xdr.OperationResult =>
  xdr.OperationResult.opInner(
    xdr.OperationResultTr.createClaimableBalance(
      xdr.CreateClaimableBalanceResult.createClaimableBalanceSuccess(
        xdr.ClaimableBalanceId.claimableBalanceIdTypeV0(Buffer.from(id, 'hex')),
      ),
    ),
  )

const isOf = <K extends string>(kind: K, fault: OperationFault): fault is Extract<OperationFault, `${K}${string}`> =>
  fault.startsWith(kind)

const failed = (fault: OperationFault): xdr.OperationResultTr => {
  if (isOf('createClaimableBalance', fault))
    return xdr.OperationResultTr.createClaimableBalance(xdr.CreateClaimableBalanceResult[fault]())
  if (isOf('claimClaimableBalance', fault))
    return xdr.OperationResultTr.claimClaimableBalance(xdr.ClaimClaimableBalanceResult[fault]())
  return xdr.OperationResultTr.payment(xdr.PaymentResult[fault]())
}
