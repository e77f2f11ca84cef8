import { afterAll, describe, expect, it } from 'vitest'
import { given, unseen } from '../../../../test/support/given.ts'
import { cancel, deadline, debit, final, included, orphaned, refusal } from '../../../../test/support/inputs.ts'
import { debitReturned, finalAtMs, history, onramp, place, refundAfterMs } from '../../../../test/support/onramp.ts'
import { fileOf } from '../../../../test/support/onramp-files.ts'
import { hold, intoEscrow, outOfEscrow, paidBack, unhold } from '../../../../test/support/onramp-lines.ts'
import { onrampTransitions } from './transitions.ts'

describe('the lock', () => {
  it('waits for finality when it is on chain', () => {
    given(onramp(), history.locking)
      .when(included('escrowLocked', '10'))
      .then(['escrowLocked'], { state: 'locked', answered: ['lockEscrow SUCCEEDED'], waits: { lock: '0x10:0' } })
  })

  it('credits the customer back when the chain refuses it', () => {
    given(onramp(), history.locking)
      .when(refusal('lockEscrow'))
      .then(['lockRefused'], {
        state: 'crediting',
        answered: ['lockEscrow FAILED'],
        intents: ['creditFiat'],
        entries: [unhold],
        liquidity: 'free',
      })
    given(onramp(), history.locked).when(refusal('lockEscrow')).thenNothing()
  })

  it('ends it all when the chain refuses it and the bank has taken the debit back already', () => {
    given(onramp(), [...history.locking, debitReturned])
      .when(refusal('lockEscrow'))
      .then(['lockRefused', 'transferCompensated'], {
        state: 'compensated',
        answered: ['lockEscrow FAILED'],
        entries: [unhold],
        liquidity: 'free',
      })
  })

  it.each([
    ['the customer canceled', { type: 'cancelRequested', reason: 'x' } as const],
    ['the debit was returned', debitReturned],
  ])('is refunded as soon as it is there when %s meanwhile', (_why, meanwhile) => {
    given(onramp(), [...history.locking, meanwhile])
      .when(included('escrowLocked', '10'))
      .then(['escrowLocked', 'compensationStarted'], {
        state: 'refunding',
        answered: ['lockEscrow SUCCEEDED'],
        intents: ['refundEscrow'],
        timers: { clearing: null },
        waits: { lock: null },
      })
  })

  it('is only asked for while it is not on chain', () => {
    given(onramp(), history.locking).when(cancel).then(['cancelRequested'], { state: 'locking' })
    given(onramp(), history.locking)
      .when(debit('returned', 'R01'))
      .then([debitReturned], { state: 'locking', entries: [paidBack] })
  })

  it('is waited for again when a reorg takes it away', () => {
    given(onramp(), history.locked)
      .when(orphaned('escrowLocked', '10'))
      .then(['lockOrphaned'], {
        state: 'locking',
        answered: ['lockEscrow IN_FLIGHT'],
        timers: { clearing: null },
        waits: { lock: null },
      })
  })

  it('is a hold again in the books when even the final one goes', () => {
    given(onramp(), history.clearing)
      .when(orphaned('escrowLocked', '10'))
      .then(['lockOrphaned'], {
        state: 'locking',
        answered: ['lockEscrow IN_FLIGHT'],
        entries: [[...outOfEscrow, ...hold]],
        timers: { clearing: null },
        waits: { lock: null },
      })
  })

  it('waits for the finality of its new place when it was mined again elsewhere', () => {
    given(onramp(), history.locked)
      .when(included('escrowLocked', '10', 'b'))
      .then(['lockOrphaned', { type: 'escrowLocked', ...place('10', 'b') }], {
        state: 'locked',
        timers: { clearing: null },
        waits: { lock: '0x10:0' },
      })
    given(onramp(), history.clearing)
      .when(included('escrowLocked', '10', 'b'))
      .then(['lockOrphaned', 'escrowLocked'], {
        state: 'locked',
        entries: [[...outOfEscrow, ...hold]],
        timers: { clearing: null },
        waits: { lock: '0x10:0' },
      })
  })

  it('is waited for again when a reorg takes it away while it is refunded, since without it there is nothing to refund', () => {
    const over = ['lockEscrow IN_FLIGHT', 'refundEscrow FAILED']
    given(onramp(), history.refunding)
      .when(orphaned('escrowLocked', '10'))
      .then(['lockOrphaned'], {
        state: 'locking',
        answered: over,
        entries: [[...outOfEscrow, ...hold]],
        timers: { clearing: null, retryRefund: null },
        waits: { lock: null },
      })
    given(onramp(), history.refunded)
      .when(orphaned('escrowLocked', '10'))
      .then(['refundOrphaned', 'lockOrphaned'], {
        state: 'locking',
        answered: over,
        entries: [[...outOfEscrow, ...hold]],
        timers: { clearing: null, retryRefund: null },
        waits: { lock: null, refund: null },
      })
  })

  it('is refunded by another wish when it is back, and by none when the chain no longer takes it', () => {
    const gone = [...history.refunding, { type: 'lockOrphaned', fact: place('10').fact } as const]
    given(onramp(), [...gone, debitReturned])
      .when(included('escrowLocked', '10', 'b'))
      .then(['escrowLocked', 'compensationStarted'], {
        state: 'refunding',
        answered: ['lockEscrow SUCCEEDED'],
        intents: ['refundEscrow 1'],
        timers: { clearing: null },
        waits: { lock: null },
      })
    given(onramp(), gone)
      .when(refusal('lockEscrow'))
      .then(['lockRefused'], {
        state: 'crediting',
        answered: ['lockEscrow FAILED'],
        intents: ['creditFiat'],
        entries: [unhold],
        liquidity: 'free',
      })
  })

  it('is known once, and only the one that we wait for can be orphaned', () => {
    given(onramp(), history.locked).when(included('escrowLocked', '10')).thenNothing()
    given(onramp(), history.clearing).when(included('escrowLocked', '10')).thenNothing()
    given(onramp(), history.locked).when(orphaned('escrowLocked', '11')).thenNothing()
    given(onramp(), history.releasing).when(orphaned('escrowLocked', '10')).thenNothing()
  })

  it('stands in the ledger when it is final, and waits for the debit to be final', () => {
    given(onramp(), history.locked)
      .when(final('lock', '10'))
      .then(['lockFinalized'], {
        state: 'clearing',
        entries: [[...unhold, ...intoEscrow]],
        timers: { clearing: finalAtMs },
        waits: { lock: null },
      })
    given(onramp(), history.locked).when(final('lock', '11')).thenNothing()
    given(onramp(), history.clearing).when(final('lock', '10')).thenNothing()
  })

  it('is released at once when the debit is final by then', () => {
    given(onramp(), history.locked)
      .when(final('lock', '10'), finalAtMs)
      .then(['lockFinalized', 'clearingPassed'], {
        state: 'releasing',
        intents: ['releaseEscrow'],
        entries: [[...unhold, ...intoEscrow]],
        timers: { clearing: null },
        waits: { lock: null },
      })
  })

  it('is refunded when it became final so late that a release could race with the deadline', () => {
    const tooLate = {
      state: 'refunding',
      intents: ['refundEscrow'],
      entries: [[...unhold, ...intoEscrow]],
      timers: { clearing: null },
      waits: { lock: null },
    } as const
    given(onramp(), history.locked)
      .when(final('lock', '10'), refundAfterMs - 60_000)
      .then(['lockFinalized', { type: 'compensationStarted', reason: 'deadline_passed' }], tooLate)
    given(onramp(), history.locked)
      .when(final('lock', '10'), refundAfterMs - 60_001)
      .then(['lockFinalized', 'clearingPassed'], { ...tooLate, state: 'releasing', intents: ['releaseEscrow'] })
  })

  it.each(['locked', 'clearing'] as const)('is refunded when the customer cancels a transfer that is %s', state => {
    given(onramp(), history[state])
      .when(cancel)
      .then(['cancelRequested', 'compensationStarted'], {
        state: 'refunding',
        intents: ['refundEscrow'],
        timers: { clearing: null },
        waits: { lock: null },
      })
  })

  it.each(['locked', 'clearing'] as const)('is refunded when the debit of a transfer that is %s comes back', state => {
    given(onramp(), history[state])
      .when(debit('returned', 'R01'))
      .then([debitReturned, { type: 'compensationStarted', reason: 'debit_returned' }], {
        state: 'refunding',
        intents: ['refundEscrow'],
        entries: [paidBack],
        timers: { clearing: null },
        waits: { lock: null },
      })
  })

  it.each(['locked', 'clearing'] as const)('may be refunded by anybody when its deadline has passed: %s', state => {
    given(onramp(), history[state])
      .when(included('escrowRefunded', '30'))
      .then(['escrowRefunded'], {
        state: 'refunded',
        timers: { clearing: null, retryRelease: null, retryRefund: null },
        waits: { lock: null, refund: '0x30:0' },
      })
  })
})

describe('a refund by anybody that is heard of before its lock', () => {
  it('is a refund all the same, and the lock is no news any more', () => {
    given(onramp(), history.locking)
      .when(included('escrowRefunded', '30'))
      .then(['escrowRefunded'], {
        state: 'refunded',
        answered: ['lockEscrow SUCCEEDED'],
        timers: { clearing: null, retryRelease: null, retryRefund: null },
        waits: { lock: null, refund: '0x30:0' },
      })
    const refunded = [...history.locking, { type: 'escrowRefunded', ...place('30') } as const]
    given(onramp(), refunded).when(included('escrowLocked', '10')).thenNothing()
    given(onramp(), refunded)
      .when(final('refund', '30'))
      .then(['refundFinalized'], {
        state: 'crediting',
        intents: ['creditFiat'],
        entries: [unhold],
        liquidity: 'free',
        waits: { refund: null },
      })
  })
})

describe('clearing', () => {
  it('ends on the millisecond on which the debit is final', () => {
    given(onramp(), history.clearing)
      .when(deadline('clearing'), finalAtMs)
      .then(['clearingPassed'], { state: 'releasing', intents: ['releaseEscrow'], timers: { clearing: null } })
  })

  it('ends when the database says that its time has come, though our own clock is behind', () => {
    // The timer would be deleted as meaningless, and nothing would ever wake the transfer again.
    given(onramp(), history.clearing)
      .when(deadline('clearing'), finalAtMs - 1)
      .then(['clearingPassed'], { state: 'releasing', intents: ['releaseEscrow'], timers: { clearing: null } })
  })

  it('turns back when nobody looked until it was too late', () => {
    given(onramp(), history.clearing)
      .when(deadline('clearing'), refundAfterMs - 60_000)
      .then([{ type: 'compensationStarted', reason: 'deadline_passed' }], {
        state: 'refunding',
        intents: ['refundEscrow'],
        timers: { clearing: null },
        waits: { lock: null },
      })
  })

  it('is over once', () => {
    for (const state of ['locking', 'locked', 'releasing', 'refunding'] as const)
      given(onramp(), history[state]).when(deadline('clearing'), finalAtMs).thenNothing()
  })
})

afterAll(() => {
  expect(
    unseen(onrampTransitions, transition => fileOf(transition) === 'lock'),
    'transitions that no test has seen',
  ).toEqual([])
})
