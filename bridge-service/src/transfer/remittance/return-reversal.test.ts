import { it } from 'vitest'
import { given } from '../../../../test/support/given.ts'
import { debit } from '../../../../test/support/inputs.ts'
import { debitReturned, debitReturnedLate, settledAtMs } from '../../../../test/support/onramp.ts'
import { canceledAfterLock, history, remittance } from '../../../../test/support/remittance.ts'
import { paidIn } from '../../../../test/support/remittance-lines.ts'
import type { TransferEvent } from '../event.ts'

const reversal = debit('returnReversed')
const reversed: TransferEvent = { type: 'debitReturnReversed', at: new Date(settledAtMs).toISOString() }
const claimGone = ['receivable:USD -100.25', 'bank_cash:USD +100.25']

it.each(['locking', 'refunding', 'refunded'] as const)('a return taken back before the payout: %s', state => {
  given(remittance(), [...history[state], debitReturned])
    .when(reversal)
    .then([reversed], { state, entries: [paidIn] })
})

it.each(['payingOut', 'releasing', 'released'] as const)('a return taken back after the payout was wished: %s', state => {
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
  const refunded = { type: 'escrowRefunded', fact: '0x30:0', txHash: '0x30', blockNumber: '7', blockHash: '0xa' } as const
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
