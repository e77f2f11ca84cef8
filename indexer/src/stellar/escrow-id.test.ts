import { expect, test } from 'vitest'
import { holdVectors } from '../../../test/support/stellar-hold-vector.ts'
import { escrowIdOf } from './escrow-id.ts'

test.each(holdVectors)('the id of a hold of $hold.token is the published one', ({ hold, escrowId }) => {
  expect(escrowIdOf(hold)).toBe(escrowId)
})

const { hold, escrowId } = holdVectors[0]
test.each([
  ['another network', { passphrase: 'other' }],
  ['another ref', { ref: `0x${'11'.repeat(32)}` as const }],
  ['another asset code', { token: hold.token.replace('USDC', 'EURC') }],
  ['a stroop less', { amount: hold.amount - 1n }],
  ['another payer', { payer: hold.cold }],
  ['another hot', { hot: hold.cold }],
  ['another cold', { cold: hold.hot }],
  ['a second later', { refundAfter: hold.refundAfter + 1n }],
])('%s is another id', (_, change) => {
  expect(escrowIdOf({ ...hold, ...change })).not.toBe(escrowId)
})
