import fc from 'fast-check'
import type { Currency } from '../../bridge-service/src/money/currency.ts'
import type { Input, OperatorInput } from '../../bridge-service/src/transfer/input.ts'
import type { Transfer } from '../../bridge-service/src/transfer/transfer.ts'
import type { books } from './books.ts'

type Resolve = Extract<OperatorInput, { type: 'resolveCommand' }>

/** What a person may say at any time. What he closes is known only when he looks: see `asSeen`. */
export const anyWord: fc.Arbitrary<OperatorInput> = fc.oneof(
  fc.constant<OperatorInput>({ type: 'retryCommand' }),
  fc.constant<OperatorInput>({ type: 'compensateCommand', reason: 'x' }),
  // A gift.
  fc
    .record({
      type: fc.constantFrom('refundSettled', 'refundSettled', 'refundCameBack'),
      refundId: fc.constantFrom('rf_1', 'rf_2'),
    })
    .map((said): OperatorInput => ({ ...said, kind: 'goodwill', currency: 'USD', minor: '500' })),
  // Of what it owes, which is known only when somebody looks.
  fc
    .constantFrom('USD', 'EUR')
    .map((currency): OperatorInput => ({ type: 'refundSettled', refundId: 'rf_owed', kind: 'owed', currency, minor: '0' })),
  fc.constantFrom('completed', 'compensated', 'failed').map(
    (outcome): OperatorInput => ({
      ...{ type: 'resolveCommand', version: 0, outcome, evidence: 'seen', document: null, closing: [] },
    }),
  ),
)

const closable = /^(?:customer_clearing|payout_partner|in_transit|receivable):\w+$/

/** A resolution, or a refund of what is owed, as somebody gives it who has the transfer and its books in front of him; anything else as it is. */
export const asSeen = (
  transfer: Transfer,
  ledger: ReturnType<typeof books>,
  input: Input | OperatorInput,
): Input | OperatorInput => {
  if (input.type === 'refundSettled' && input.kind === 'owed') {
    const owed = -ledger.balance(`customer_clearing:${input.currency}`)
    return owed > 0n && transfer.state === 'review' ? { ...input, minor: String(owed) } : { type: 'retryCommand' }
  }
  if (input.type !== 'resolveCommand') return input
  const accounts = ledger.open('posted').map(key => key.split(' ')[0]!)
  const closing: Resolve['closing'] = accounts
    .filter(account => closable.test(account))
    .map(account => {
      const currency = account.split(':')[1] as Currency
      return { account, into: `written_off:${currency}`, currency, minor: String(ledger.balance(account)) }
    })
  return { ...input, version: transfer.version, closing }
}
