import { afterAll, describe, expect, it } from 'vitest'
import { given, isOfPaymentReturns, isOfReversals, unseen } from '../../../../test/support/given.ts'
import {
  cancel,
  credit,
  deadline,
  debit,
  final,
  included,
  orphaned,
  payout,
  refusal,
  unknown,
  withdrawn,
} from '../../../../test/support/inputs.ts'
import {
  debitReturned,
  debitReturnedLate,
  place,
  refundRefused,
  settledAtMs,
  turnedBack,
} from '../../../../test/support/onramp.ts'
import { hold, lost, notOwed, outOfEscrow, paidBack, paidIn, unhold } from '../../../../test/support/onramp-lines.ts'
import { canceledAfterLock, history, payoutSettled, refunded, released, remittance } from '../../../../test/support/remittance.ts'
import { outOfEscrowAs, partnerPaid, served, servedFrom } from '../../../../test/support/remittance-lines.ts'
import { remittanceTransitions } from './transitions.ts'

const refundSeen = {
  timers: { clearing: null, retryCommit: null, retryRelease: null, retryRefund: null },
  waits: { lock: null, commit: null, refund: '0x30:0' },
} as const
const releaseSeen = { timers: { retryCommit: null, retryRefund: null }, waits: { commit: null, release: '0x20:0' } } as const

describe('the refund', () => {
  it('gives the liquidity back and credits the customer when it is final', () => {
    given(remittance(), history.refunding)
      .when(included('escrowRefunded', '30'))
      .then(['escrowRefunded'], { state: 'refunded', answered: ['refundEscrow SUCCEEDED'], ...refundSeen })
    given(remittance(), history.refunded)
      .when(final('refund', '30'))
      .then(['refundFinalized'], {
        state: 'crediting',
        intents: ['creditFiat'],
        entries: [outOfEscrow],
        liquidity: 'free',
        waits: { refund: null },
      })
    given(remittance(), history.refunded).when(final('refund', '31')).thenNothing()
    given(remittance(), history.crediting).when(final('refund', '30')).thenNothing()
  })

  it('leaves nothing to credit when the debit came back', () => {
    for (const state of ['refunding', 'refunded'] as const)
      given(remittance(), history[state])
        .when(debit('returned', 'R01'))
        .then([debitReturned], { state, entries: [paidBack] })
    given(remittance(), [...history.refunded, debitReturned])
      .when(final('refund', '30'))
      .then(['refundFinalized', 'transferCompensated'], {
        state: 'compensated',
        entries: [outOfEscrow],
        liquidity: 'free',
        waits: { refund: null },
      })
  })

  it('closes the receivable of a debit that came back before the bank refused the payout', () => {
    const returnedFirst = history.refunded.flatMap(event =>
      event.type === 'payoutRefused' ? [debitReturnedLate, event] : [event],
    )
    given(remittance(), returnedFirst)
      .when(final('refund', '30'))
      .then(['refundFinalized', 'transferCompensated'], {
        state: 'compensated',
        entries: [outOfEscrow, ['receivable:USD -100.25', 'customer_clearing:USD +100.25']],
        liquidity: 'free',
        waits: { refund: null },
      })
  })

  it('is wished again some time after a refusal', () => {
    given(remittance(), history.refunding)
      .when(refusal('refundEscrow'))
      .then(['refundRefused'], {
        state: 'refunding',
        answered: ['refundEscrow FAILED'],
        timers: { retryRefund: settledAtMs + 2_000 },
      })
    given(remittance(), [...history.refunding, refundRefused])
      .when(deadline('retryRefund'))
      .then(['refundRetried'], { state: 'refunding', intents: ['refundEscrow 1'], timers: { retryRefund: null } })
    given(remittance(), history.refunding).when(deadline('retryRefund')).thenNothing()
  })

  it('is waited for again when a reorg takes it away, and becomes ours when it was somebody else’s', () => {
    given(remittance(), history.refunded)
      .when(orphaned('escrowRefunded', '30'))
      .then(['refundOrphaned'], { state: 'refunding', answered: ['refundEscrow IN_FLIGHT'], waits: { refund: null } })
    given(remittance(), [...history.locked, refunded])
      .when(orphaned('escrowRefunded', '30'))
      .then(['refundOrphaned', 'refundRetried'], {
        state: 'refunding',
        intents: ['refundEscrow 1'],
        timers: { retryRefund: null },
        waits: { refund: null },
      })
    given(remittance(), history.refunded)
      .when(included('escrowRefunded', '30', 'b'))
      .then(['refundOrphaned', 'escrowRefunded'], { state: 'refunded', ...refundSeen })
    given(remittance(), history.refunded).when(included('escrowRefunded', '30')).thenNothing()
    given(remittance(), history.refunded).when(orphaned('escrowRefunded', '31')).thenNothing()
  })

  it('waits for the lock again when a reorg takes that away, since without it there is nothing to refund', () => {
    const over = ['lockEscrow IN_FLIGHT', 'refundEscrow FAILED']
    const gone = {
      state: 'locking',
      timers: { clearing: null, retryRefund: null },
      entries: [[...outOfEscrow, ...hold]],
    } as const
    given(remittance(), canceledAfterLock)
      .when(orphaned('escrowLocked', '10'))
      .then(['lockOrphaned'], { ...gone, answered: over, waits: { lock: null } })
    given(remittance(), [...canceledAfterLock, refunded])
      .when(orphaned('escrowLocked', '10'))
      .then(['refundOrphaned', 'lockOrphaned'], { ...gone, answered: over, waits: { lock: null, refund: null } })
    given(remittance(), [...history.clearing, refunded])
      .when(orphaned('escrowLocked', '10'))
      .then(['refundOrphaned', 'lockOrphaned'], {
        ...gone,
        answered: ['lockEscrow IN_FLIGHT'],
        waits: { lock: null, refund: null },
      })
    given(remittance(), canceledAfterLock).when(orphaned('escrowLocked', '11')).thenNothing()
    // What was signed for a lock that was final may be mined with it again.
    for (const state of ['refunding', 'refunded'] as const)
      given(remittance(), history[state]).when(orphaned('escrowLocked', '10')).thenNothing()
  })

  it('is another wish when the lock is back, and none when the chain no longer takes it', () => {
    const gone = [...canceledAfterLock, { type: 'lockOrphaned', fact: place('10').fact } as const]
    given(remittance(), gone)
      .when(included('escrowLocked', '10', 'b'))
      .then(['escrowLocked', turnedBack], {
        state: 'refunding',
        answered: ['lockEscrow SUCCEEDED'],
        intents: ['refundEscrow 1'],
        timers: { clearing: null, retryCommit: null },
        waits: { lock: null, commit: null },
      })
    given(remittance(), gone)
      .when(refusal('lockEscrow'))
      .then(['lockRefused'], {
        state: 'crediting',
        answered: ['lockEscrow FAILED'],
        intents: ['creditFiat'],
        entries: [unhold],
        liquidity: 'free',
      })
  })

  it('is wished whatever becomes of its reason: the one that is signed may be mined after a payout', () => {
    const reversed = [
      ...history.clearing,
      debitReturned,
      { type: 'compensationStarted', reason: 'debit_returned' },
      { type: 'lockOrphaned', fact: place('10').fact },
      { type: 'debitReturnReversed', at: new Date(settledAtMs).toISOString() },
    ] as const
    given(remittance(), reversed)
      .when(included('escrowLocked', '10', 'b'))
      .then(['escrowLocked', { type: 'compensationStarted', reason: 'refund_wished' }], {
        state: 'refunding',
        answered: ['lockEscrow SUCCEEDED'],
        intents: ['refundEscrow 1'],
        timers: { clearing: null, retryCommit: null },
        waits: { lock: null, commit: null },
      })
  })

  it('comes to a person when the partner was paid instead', () => {
    given(remittance(), history.refunding)
      .when(included('escrowReleased', '20'))
      .then(['escrowReleased'], { state: 'review', answered: ['refundEscrow FAILED'], ...releaseSeen })
    given(remittance(), history.refunded)
      .when(included('escrowReleased', '20'))
      .then(['refundOrphaned', 'escrowReleased'], {
        state: 'review',
        answered: ['refundEscrow FAILED'],
        timers: releaseSeen.timers,
        waits: { refund: null, ...releaseSeen.waits },
      })
    given(remittance(), [...canceledAfterLock, debitReturned])
      .when(included('escrowReleased', '20'))
      .then(['escrowReleased'], {
        state: 'review',
        answered: ['refundEscrow FAILED'],
        entries: [['customer_clearing:USD -100.25', 'receivable:USD +100.25']],
        ...releaseSeen,
      })
  })

  it('is our exposure when the issuer takes the hold meanwhile', () => {
    given(remittance(), history.refunding)
      .when(included('escrowClawedBack', '40'))
      .then(['escrowClawedBack'], {
        state: 'crediting',
        answered: ['refundEscrow FAILED'],
        intents: ['creditFiat'],
        entries: [outOfEscrowAs('exposure:evm:1:USDC')],
        timers: refundSeen.timers,
        waits: { lock: null, commit: null },
        liquidity: 'consume',
      })
  })
})

describe('a bank that settles the payout it had refused', () => {
  it('leaves it to a person whether the hold still pays the partner', () => {
    given(remittance(), history.refunding)
      .when(payout('settled'))
      .then(['payoutSettled'], {
        state: 'review',
        answered: ['payoutFiat SUCCEEDED', 'refundEscrow FAILED'],
        entries: [served],
        timers: { retryRefund: null },
      })
    given(remittance(), history.refunded)
      .when(payout('settled'))
      .then(['payoutSettled'], { state: 'review', answered: ['payoutFiat SUCCEEDED'], entries: [served] })
    given(remittance(), history.crediting)
      .when(payout('settled'))
      .then(['payoutSettled'], {
        state: 'review',
        answered: ['payoutFiat SUCCEEDED', 'creditFiat WITHDRAWN'],
        entries: [served],
      })
    // The customer has what he wanted, and the partner is still to be paid.
    given(remittance(), [...history.crediting, payoutSettled])
      .when(withdrawn('creditFiat'))
      .then(['creditRefused'], { state: 'review', answered: ['creditFiat FAILED'] })
  })

  it('has served the customer twice, which he owes us', () => {
    given(remittance(), history.compensated)
      .when(payout('settled'))
      .then(['payoutSettled'], {
        state: 'review',
        answered: ['payoutFiat SUCCEEDED'],
        entries: [servedFrom('receivable:USD')],
      })
    const serving = [...history.crediting, payoutSettled]
    given(remittance(), serving)
      .when(credit('settled'))
      .then(['creditSettled'], { state: 'review', answered: ['creditFiat SUCCEEDED'], entries: [lost] })
    given(remittance(), [...serving, { type: 'creditSettled', bankTransferId: 'bt_2' }])
      .when(credit('returned', 'AC04'))
      .then(['creditReturned'], {
        state: 'review',
        answered: ['creditFiat FAILED'],
        entries: [['receivable:USD -100.25', 'bank_cash:bank:sim:USD +100.25']],
      })
  })

  it('is not believed about a payout that was never wished', () => {
    given(remittance(), canceledAfterLock).when(payout('settled')).thenNothing()
  })
})

describe('the credit back', () => {
  it('compensates the transfer when it has settled', () => {
    given(remittance(), history.crediting)
      .when(credit('settled'))
      .then(['creditSettled', 'transferCompensated'], {
        state: 'compensated',
        answered: ['creditFiat SUCCEEDED'],
        entries: [paidBack],
      })
  })

  it('is asked about again while it is under way or unknown', () => {
    given(remittance(), history.crediting)
      .when(credit('submitted'))
      .then(['creditSubmitted'], { state: 'crediting', answered: ['creditFiat IN_FLIGHT'] })
    given(remittance(), history.crediting)
      .when(unknown('creditFiat'))
      .then(['creditUnknown'], { state: 'crediting', answered: ['creditFiat UNKNOWN'] })
    given(remittance(), history.compensated).when(unknown('creditFiat')).thenNothing()
  })

  it('comes to a person when it does not arrive, or the debit comes back', () => {
    given(remittance(), history.crediting)
      .when(refusal('creditFiat'))
      .then(['creditRefused'], { state: 'review', answered: ['creditFiat FAILED'] })
    given(remittance(), history.crediting)
      .when(credit('returned', 'AC04'))
      .then(['creditReturned'], { state: 'review', answered: ['creditFiat FAILED'] })
    given(remittance(), history.compensated)
      .when(credit('returned', 'AC04'))
      .then(['creditReturned'], { state: 'review', answered: ['creditFiat FAILED'], entries: [paidIn] })
    given(remittance(), history.crediting)
      .when(debit('returned', 'R10'))
      .then(['debitReturned'], { state: 'review', answered: ['creditFiat WITHDRAWN'], entries: [lost] })
    given(remittance(), history.compensated)
      .when(debit('returned', 'R10'))
      .then(['debitReturned'], { state: 'review', entries: [lost] })
  })
})

describe('a remittance in a person’s hands', () => {
  const releasedByAnybody = [...history.payingOut, released]
  const refundedByAnybody = [...history.payingOut, refunded]

  it('books what the bank still does', () => {
    given(remittance(), releasedByAnybody)
      .when(payout('settled'))
      .then(['payoutSettled'], { state: 'review', answered: ['payoutFiat SUCCEEDED'], entries: [served] })
    given(remittance(), releasedByAnybody)
      .when(refusal('payoutFiat'))
      .then(['payoutRefused'], { state: 'review', answered: ['payoutFiat FAILED'] })
    given(remittance(), [...releasedByAnybody, payoutSettled])
      .when(payout('returned'))
      .then(['payoutReturned'], {
        state: 'review',
        answered: ['payoutFiat FAILED'],
        entries: [['customer_clearing:EUR -90.00', 'payout_partner:EUR +90.00']],
      })
    given(remittance(), releasedByAnybody)
      .when(debit('returned', 'R10'))
      .then(['debitReturned'], { state: 'review', answered: ['payoutFiat WITHDRAWN'], entries: [lost] })
    const returnedMeanwhile = [...history.crediting, debitReturnedLate]
    given(remittance(), returnedMeanwhile)
      .when(credit('settled'))
      .then(['creditSettled'], { state: 'review', answered: ['creditFiat SUCCEEDED'], entries: [paidBack] })
    const nothingOwed = { state: 'compensated', answered: ['creditFiat FAILED'] } as const
    for (const input of [credit('rejected'), withdrawn('creditFiat')])
      given(remittance(), returnedMeanwhile)
        .when(input)
        .then(['creditRefused', 'transferCompensated'], { ...nothingOwed, entries: [notOwed] })
    given(remittance(), [...returnedMeanwhile, { type: 'creditSettled', bankTransferId: 'bt_2' }])
      .when(credit('returned'))
      .then(['creditReturned'], { state: 'review', answered: ['creditFiat FAILED'], entries: [paidIn] })
    const neverGot = { type: 'creditRefused', code: 'withdrawn', detail: 'x' } as const
    given(remittance(), [...returnedMeanwhile, neverGot, { type: 'transferCompensated' }])
      .when(credit('settled'))
      .then(['creditSettled'], { state: 'review', answered: ['creditFiat SUCCEEDED'], entries: [lost] })
  })

  it('books each of them once', () => {
    given(remittance(), [...releasedByAnybody, payoutSettled])
      .when(payout('settled'))
      .thenNothing()
    given(remittance(), [...releasedByAnybody, payoutSettled])
      .when(payout('rejected'))
      .thenNothing()
    given(remittance(), history.review).when(debit('returned')).thenNothing()
    given(remittance(), history.review).when(payout('settled')).thenNothing()
  })

  it('follows its hold until the chain has said for good where it went', () => {
    given(remittance(), releasedByAnybody)
      .when(final('release', '20'))
      .then(['releaseFinalized'], {
        state: 'review',
        entries: [partnerPaid],
        liquidity: 'consume',
        waits: { release: null },
      })
    given(remittance(), releasedByAnybody)
      .when(orphaned('escrowReleased', '20'))
      .then(['releaseOrphaned'], { state: 'review', waits: { release: null } })
    given(remittance(), refundedByAnybody)
      .when(final('refund', '30'))
      .then(['refundFinalized'], { state: 'review', entries: [outOfEscrow], liquidity: 'free', waits: { refund: null } })
    given(remittance(), refundedByAnybody)
      .when(orphaned('escrowRefunded', '30'))
      .then(['refundOrphaned'], { state: 'review', waits: { refund: null } })
    given(remittance(), refundedByAnybody)
      .when(included('escrowReleased', '20'))
      .then(['refundOrphaned', 'escrowReleased'], {
        state: 'review',
        timers: releaseSeen.timers,
        waits: { refund: null, ...releaseSeen.waits },
      })
    given(remittance(), releasedByAnybody)
      .when(included('escrowRefunded', '30'))
      .then(['releaseOrphaned', 'escrowRefunded'], {
        state: 'review',
        timers: refundSeen.timers,
        waits: { release: null, ...refundSeen.waits },
      })
    const back = [...releasedByAnybody, { type: 'releaseOrphaned', fact: place('20').fact } as const]
    given(remittance(), back)
      .when(included('escrowClawedBack', '40'))
      .then(['escrowClawedBack'], {
        state: 'review',
        entries: [outOfEscrowAs('exposure:evm:1:USDC')],
        timers: refundSeen.timers,
        waits: { lock: null, commit: null },
        liquidity: 'consume',
      })
  })

  it('knows of nothing more once that is said', () => {
    const ended = [...releasedByAnybody, { type: 'releaseFinalized' } as const]
    for (const input of [
      included('escrowReleased', '20', 'b'),
      included('escrowRefunded', '30'),
      included('escrowClawedBack', '40'),
      orphaned('escrowReleased', '20'),
      final('release', '20'),
      final('refund', '30'),
    ])
      given(remittance(), ended).when(input).thenNothing()
    given(remittance(), ended)
      .when(included('deliveryReclaimed', '50'))
      .then(['deliveryReclaimed'], {
        state: 'review',
        entries: [
          [
            ...['exchange:USDC -100.000000', 'treasury:evm:1:USDC +100.000000'],
            ...['payout_partner:EUR -90.00', 'exchange:EUR +90.00'],
          ],
        ],
        liquidity: 'restore',
      })
    given(remittance(), [...ended, { type: 'deliveryReclaimed', ...place('50') }])
      .when(included('deliveryReclaimed', '50'))
      .thenNothing()
  })

  it.each([
    ...(['payingOut', 'releasing', 'released', 'completed', 'refunded'] as const),
    ...(['crediting', 'compensated', 'failed', 'review'] as const),
  ])('cannot be canceled any more than one that is %s', state => {
    given(remittance(), history[state]).when(cancel).thenRefused('transfer_not_cancelable')
  })
})

it('is owed by the customer once what was paid out after his debit had come back, though the hold goes to the partner', () => {
  given(remittance(), [...history.refunding, debitReturned, payoutSettled])
    .when(included('escrowReleased', '20'))
    .then(['escrowReleased'], {
      state: 'review',
      timers: { retryCommit: null, retryRefund: null },
      waits: { commit: null, release: '0x20:0' },
    })
})

afterAll(() => {
  const states = ['refunding', 'refunded', 'crediting', 'compensated', 'canceled', 'review']
  const isWanted = (transition: string) =>
    states.includes(transition.split(' ')[0]!) && !isOfReversals(transition) && !isOfPaymentReturns(transition)
  expect(unseen(remittanceTransitions, isWanted), 'transitions that no test has seen').toEqual([])
})
