import { xdr } from '@stellar/stellar-sdk'
import { describe, expect, it } from 'vitest'
import { readFailure } from './result-code.ts'

const inner = (tr: xdr.OperationResultTr) => xdr.OperationResult.opInner(tr)
const claimed = (result: xdr.ClaimClaimableBalanceResult) => inner(xdr.OperationResultTr.claimClaimableBalance(result))
const paid = (result: xdr.PaymentResult) => inner(xdr.OperationResultTr.payment(result))
const ext = xdr.TransactionResultExt.v0()
const bytesOf = (result: xdr.TransactionResultResult) => new xdr.TransactionResult({ feeCharged: 100n, result, ext }).toXdr()

describe('a transaction that failed in a ledger', () => {
  it.each([
    ['a balance that is gone', [claimed(xdr.ClaimClaimableBalanceResult.claimClaimableBalanceDoesNotExist())], 'escrow_not_open'],
    ['a claim too late', [claimed(xdr.ClaimClaimableBalanceResult.claimClaimableBalanceCannotClaim())], 'escrow_expired'],
    [
      'a payment after a claim that "succeeded"',
      [claimed(xdr.ClaimClaimableBalanceResult.claimClaimableBalanceSuccess()), paid(xdr.PaymentResult.paymentNoTrust())],
      'trustline_missing',
    ],
    ['an account that is gone', [xdr.OperationResult.opNoAccount()], 'account_missing'],
    ['what has no code of its own', [xdr.OperationResult.opTooManySponsoring()], 'chain_refused'],
  ])('is refused for %s', (_what, results, code) => {
    expect(readFailure(bytesOf(xdr.TransactionResultResult.txFailed(results)))).toMatchObject({ kind: 'refused', code })
  })

  it('says the same inside a fee bump', () => {
    const results = [paid(xdr.PaymentResult.paymentLineFull())]
    const result = new xdr.InnerTransactionResult({
      feeCharged: 0n,
      result: xdr.InnerTransactionResultResult.txFailed(results),
      ext: xdr.InnerTransactionResultExt.v0(),
    })
    const innerResultPair = new xdr.InnerTransactionResultPair({ transactionHash: new Uint8Array(32), result })
    expect(readFailure(bytesOf(xdr.TransactionResultResult.txFeeBumpInnerFailed(innerResultPair)))).toMatchObject({
      kind: 'refused',
      code: 'line_full',
    })
  })

  it('is merely spoiled when none of its operations was tried', () => {
    expect(readFailure(bytesOf(xdr.TransactionResultResult.txBadSeq()))).toEqual({ kind: 'spoiled', detail: 'txBadSeq' })
  })
})
