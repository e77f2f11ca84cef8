import { afterAll, expect, it } from 'vitest'
import { given, isOfReversals, unseen } from '../../../../test/support/given.ts'
import { debit } from '../../../../test/support/inputs.ts'
import { bankSays, debitReturned, debitReturnedLate, settledAtMs } from '../../../../test/support/onramp.ts'
import { paidIn } from '../../../../test/support/onramp-lines.ts'
import { canceledAfterLock, history, refunded, remittance } from '../../../../test/support/remittance.ts'
import type { RailFact } from '../../rails/rail.ts'
import type { TransferEvent } from '../event.ts'
import type { Input } from '../input.ts'
import type { State } from '../state.ts'
import { remittanceTransitions } from './transitions.ts'

const reversal = debit('returnReversed')
const reversed: TransferEvent = { type: 'debitReturnReversed', at: new Date(settledAtMs).toISOString() }
const returnedBefore: Input = {
  ...{ type: 'railFact', step: 'debitFiat' },
  fact: { ...bankSays('returned'), at: new Date(settledAtMs - 1).toISOString() },
}
const claimGone = ['receivable:USD -100.25', 'bank_cash:bank:sim:USD +100.25']

it.each(['locking', 'refunding', 'refunded'] as const)('a return taken back before the payout: %s', state => {
  given(remittance(), [...history[state], debitReturned])
    .when(reversal)
    .then([reversed], { state, entries: [paidIn] })
})

it('a return taken back while the payout is only asked about has it sent after all', () => {
  given(remittance(), [...history.payingOut, debitReturnedLate])
    .when(reversal)
    .then([reversed], { state: 'payingOut', answered: ['payoutFiat REINSTATED'], entries: [claimGone] })
})

it('a return taken back while the credit is only asked about has it sent after all', () => {
  given(remittance(), [...history.crediting, debitReturnedLate])
    .when(reversal)
    .then([reversed, 'creditOwed'], { state: 'crediting', answered: ['creditFiat REINSTATED'], entries: [claimGone] })
})

it.each(['releasing', 'released'] as const)('a return taken back after the payout was wished: %s', state => {
  given(remittance(), [...history[state], debitReturnedLate])
    .when(reversal)
    .then([reversed], { state, entries: [claimGone] })
})

it('a return taken back that alone had brought the transfer to a person leaves him nothing to do', () => {
  given(remittance(), history.review)
    .when(reversal)
    .then([reversed, 'receivableClosed'], { state: 'completed', entries: [claimGone] })
})

it('a return taken back after it had ended it all has the customer credited', () => {
  const ended = [
    ...canceledAfterLock,
    debitReturned,
    refunded,
    { type: 'refundFinalized' },
    { type: 'transferCompensated' },
  ] as const
  given(remittance(), ended)
    .when(reversal)
    .then([reversed, 'creditOwed'], { state: 'crediting', intents: ['creditFiat'], entries: [paidIn] })
})

it.each([
  'locked',
  'clearing',
  'committing',
  'committed',
  'payingOut',
  'releasing',
  'released',
  'completed',
  'crediting',
  'compensated',
] as const)(
  'news of a reversal that overtake those of its return book nothing, and then the return is none, when the transfer is %s',
  state => {
    given(remittance(), history[state]).when(reversal).then([reversed], { state })
    given(remittance(), [...history[state], reversed])
      .when(returnedBefore)
      .thenNothing()
  },
)

it('a return taken back of a transfer whose customer has been credited after his own refund compensates it', () => {
  const credited = [
    { type: 'refundFinalized' },
    { type: 'creditSettled', bankTransferId: 'bt_2' },
    { type: 'transferCompensated' },
  ] as const
  given(remittance(), [...canceledAfterLock, refunded, ...credited, debitReturnedLate])
    .when(reversal)
    .then([reversed, 'transferCompensated'], { state: 'compensated', entries: [claimGone] })
})

it('a return taken back that had failed the transfer brings it to a person', () => {
  const failed = [...history.debiting, { type: 'debitRefused', code: 'debit_returned', detail: 'R01' }] as const
  given(remittance(), failed)
    .when(reversal)
    .then(['debitSettled', reversed], { state: 'review', entries: [paidIn] })
})

it('a return that follows a refusal is kept, so that a settlement behind it counts for nothing', () => {
  given(remittance(), history.failed).when(debit('returned', 'R01')).then(['debitReturned'], { state: 'failed' })
  given(remittance(), [...history.failed, debitReturned])
    .when(debit('settled'))
    .thenNothing()
})

const at = (ms: number) => ({ at: new Date(settledAtMs + ms).toISOString() })
const early: TransferEvent = { ...debitReturned, ...at(1) }
const late: TransferEvent = { ...debitReturnedLate, ...at(1) }
const returned: Readonly<Record<string, readonly TransferEvent[]>> = {
  locking: [...history.locking, early],
  payingOut: [...history.payingOut, late],
  releasing: [...history.releasing, late],
  released: [...history.released, late],
  refunding: [...history.refunding, early],
  refunded: [...history.refunded, early],
  compensated: [...canceledAfterLock, early, refunded, { type: 'refundFinalized' }, { type: 'transferCompensated' }],
  failed: [...history.failed, early],
  review: [...history.completed, late, { type: 'receivableOpened' }],
}

it.each(Object.entries(returned) as [State, readonly TransferEvent[]][])(
  'a return after a reversal of which nothing is known yet moves nothing, and outlives the reversal: %s',
  (state, past) => {
    const again: TransferEvent = { type: 'debitReturnedAgain', ...at(3) }
    const says = (type: RailFact['type'], ms: number): Input => ({
      ...{ type: 'railFact', step: 'debitFiat' },
      fact: { ...bankSays(type), ...at(ms) },
    })
    given(remittance(), past).when(says('returned', 3)).then([again], { state })
    given(remittance(), [...past, again])
      .when(says('returnReversed', 2))
      .thenNothing()
  },
)

afterAll(() => {
  const isWanted = (transition: string) => isOfReversals(transition) || transition === 'failed debitReturned'
  expect(unseen(remittanceTransitions, isWanted), 'transitions that no test has seen').toEqual([])
})
