import { expect, test } from 'vitest'
import { paymentVectors } from '../../../../test/support/stellar-payment-vector.ts'
import { assetOf } from './asset.ts'
import { stellarPaymentId } from './payment-id.ts'

test.each(paymentVectors)('the id of a payment of $payment.token is what the indexer computes from the ledger', vector => {
  const { passphrase, token, amount, ...rest } = vector.payment
  const terms = { networkPassphrase: passphrase, asset: assetOf(token), stroops: amount, ...rest }
  expect(stellarPaymentId(terms)).toBe(vector.paymentId)
})
