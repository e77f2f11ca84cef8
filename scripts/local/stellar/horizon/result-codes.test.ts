import { xdr } from '@stellar/stellar-sdk'
import { describe, expect, test } from 'vitest'
import { resultCodesOf } from './result-codes.ts'

const hash = 'ab'.repeat(32)

const codesOf = (result: xdr.TransactionResultResult, of = hash) =>
  resultCodesOf(new xdr.TransactionResult({ feeCharged: 100n, result, ext: xdr.TransactionResultExt.v0() }), of)

const failedWith = (tr: xdr.OperationResultTr) => codesOf(xdr.TransactionResultResult.txFailed([xdr.OperationResult.opInner(tr)]))

describe('result codes on the wire', () => {
  test.each([
    ['txBadSeq', 'tx_bad_seq'],
    ['txNoAccount', 'tx_no_source_account'],
    ['txBadMinSeqAgeOrGap', 'tx_bad_minseq_age_or_gap'],
    ['txBadAuthExtra', 'tx_bad_auth_extra'],
    ['txInsufficientFee', 'tx_insufficient_fee'],
  ] as const)('%s is %s', (type, code) => {
    expect(codesOf(xdr.TransactionResultResult[type]())).toEqual({ transaction: code })
  })

  test.each([
    [xdr.OperationResultTr.payment(xdr.PaymentResult.paymentSrcNoTrust()), 'op_src_no_trust'],
    [xdr.OperationResultTr.createAccount(xdr.CreateAccountResult.createAccountAlreadyExist()), 'op_already_exists'],
    [
      xdr.OperationResultTr.claimClaimableBalance(xdr.ClaimClaimableBalanceResult.claimClaimableBalanceCannotClaim()),
      'op_cannot_claim',
    ],
    [
      xdr.OperationResultTr.clawbackClaimableBalance(xdr.ClawbackClaimableBalanceResult.clawbackClaimableBalanceNotIssuer()),
      'op_no_issuer',
    ],
    [xdr.OperationResultTr.setTrustLineFlags(xdr.SetTrustLineFlagsResult.setTrustLineFlagsNoTrustLine()), 'op_no_trust'],
    [
      xdr.OperationResultTr.changeTrust(xdr.ChangeTrustResult.changeTrustNotAuthMaintainLiabilities()),
      'op_not_aut_maintain_liabilities',
    ],
    [xdr.OperationResultTr.manageData(xdr.ManageDataResult.manageDataNameNotFound()), 'op_data_name_not_found'],
    [xdr.OperationResultTr.bumpSequence(xdr.BumpSequenceResult.bumpSequenceBadSeq()), 'op_bad_seq'],
  ])('an operation: %#', (tr, code) => {
    expect(failedWith(tr)).toEqual({ transaction: 'tx_failed', operations: [code] })
  })

  test('what stopped before the operation itself', () => {
    expect(
      codesOf(xdr.TransactionResultResult.txFailed([xdr.OperationResult.opNoAccount(), xdr.OperationResult.opBadAuth()])),
    ).toEqual({
      transaction: 'tx_failed',
      operations: ['op_no_source_account', 'op_bad_auth'],
    })
  })

  test('a fee bump has an outer and an inner code, and under its inner hash the inner one only', () => {
    const inner = new xdr.InnerTransactionResultPair({
      transactionHash: 'cd'.repeat(32),
      result: new xdr.InnerTransactionResult({
        feeCharged: 0n,
        result: xdr.InnerTransactionResultResult.txBadSeq(),
        ext: xdr.InnerTransactionResultExt.v0(),
      }),
    })
    const result = xdr.TransactionResultResult.txFeeBumpInnerFailed(inner)
    expect(codesOf(result)).toEqual({ transaction: 'tx_fee_bump_inner_failed', inner_transaction: 'tx_bad_seq' })
    expect(codesOf(result, 'cd'.repeat(32))).toEqual({ transaction: 'tx_bad_seq' })
  })
})
