import { expect, test } from 'vitest'
import { paymentVectors } from '../../../test/support/stellar-payment-vector.ts'
import { paymentIdOf } from './payment-id.ts'

test.each(paymentVectors)('the id of a payment of $payment.token is the published one', ({ payment, paymentId }) => {
  expect(paymentIdOf(payment)).toBe(paymentId)
})

const { payment, paymentId } = paymentVectors[0]
test.each([
  ['another network', { passphrase: 'other' }],
  ['another ref', { ref: `0x${'11'.repeat(32)}` as const }],
  ['another asset', { token: 'native' }],
  ['a stroop less', { amount: payment.amount - 1n }],
  ['another customer', { payer: payment.hot }],
  ['another treasury', { hot: payment.payer }],
])('%s is another id', (_, change) => {
  expect(paymentIdOf({ ...payment, ...change })).not.toBe(paymentId)
})
