import { afterAll, describe, expect, it } from 'vitest'
import {
  commitFinalized,
  crosschain,
  escrowLocked,
  escrowRefunded,
  escrowReleased,
  exchanged,
  history,
  holdRefundAfterMs,
  intoEscrow,
  outOfEscrow,
  unhold,
} from '../../../../test/support/crosschain.ts'
import {
  cancel,
  canceled,
  commitOrphaned,
  deadline,
  depositOrphaned,
  final,
  lastChanceMs,
  nothingMore,
  owedByCustomer,
  paidBack,
  refusal,
  turnedBack,
} from '../../../../test/support/deposit-behaviour/telling.ts'
import { given, unseen } from '../../../../test/support/given.ts'
import {
  commitPlace,
  commitRefused,
  deposit,
  depositHardDeadlineMs,
  depositRefunded,
  escrowCommitted,
  giveBackPlace,
} from '../../../../test/support/offramp.ts'
import { place, settledAtMs } from '../../../../test/support/onramp.ts'
import type { TransferEvent } from '../event.ts'
import type { Input } from '../input.ts'
import { crosschainTransitions } from './transitions.ts'

// What moves the deposit has tests of its own.
const ofHold =
  / (escrow(Locked|Released|Refunded|ClawedBack)|lock|release|refund|delivery)|^lock(ing|ed) cancelRequested|^collecting depositReleaseFinalized/

const balance = () => crosschain({ deposit: deposit('balance') })
type Kind = Extract<Input, { type: 'chainFact' }>['kind']
const included = (kind: Kind, fact: string, block?: string): Input => ({
  type: 'chainFact',
  kind,
  status: 'included',
  place: place(fact, block),
})
const orphaned = (kind: Kind, fact: string): Input => ({ type: 'chainFact', kind, status: 'orphaned', place: place(fact) })
const tooLate: TransferEvent = { type: 'compensationStarted', reason: 'deadline_passed' }

describe('the treasury’s escrow', () => {
  it('gets its deadlines from the commit of the deposit, once', () => {
    given(crosschain(), history.committed)
      .when(final('commit', commitPlace))
      .then([commitFinalized], { state: 'locking', intents: ['lockEscrow'], waits: { commit: null } })
    given(crosschain(), [...history.locking, commitOrphaned, escrowCommitted])
      .when(final('commit', commitPlace), settledAtMs + 1)
      .then([{ type: 'commitFinalized' }], { state: 'locking', waits: { commit: null } })
  })

  it('waits for finality when it is on the chain', () => {
    given(crosschain(), history.locking)
      .when(included('escrowLocked', '10'))
      .then([escrowLocked], { state: 'locked', answered: ['lockEscrow SUCCEEDED'], waits: { lock: '0x10:0' } })
    given(crosschain(), history.locked).when(included('escrowLocked', '10')).thenNothing()
  })

  it('is released to the customer when it is final', () => {
    given(crosschain(), history.locked)
      .when(final('lock', place('10')))
      .then(['lockFinalized'], {
        state: 'releasing',
        entries: [[...unhold, ...intoEscrow]],
        intents: ['releaseEscrow'],
        waits: { lock: null },
      })
    given(crosschain(), history.releasing)
      .when(final('lock', place('10')))
      .thenNothing()
  })

  it.each([
    ['the deposit’s hard deadline', depositHardDeadlineMs - 3_600_000],
    ['its own soft deadline', holdRefundAfterMs - 60_000],
  ])('turns back when %s is too near', (_which, nowMs) => {
    given(crosschain(), history.locked)
      .when(final('lock', place('10')), nowMs)
      .then([tooLate], { state: 'refunding', intents: ['refundEscrow'], waits: { lock: null } })
  })

  it('may be gone and come again', () => {
    given(crosschain(), history.locked)
      .when(orphaned('escrowLocked', '10'))
      .then(['lockOrphaned'], { state: 'locking', answered: ['lockEscrow IN_FLIGHT'], waits: { lock: null } })
    given(crosschain(), history.locked)
      .when(included('escrowLocked', '10', 'b'))
      .then(['lockOrphaned', 'escrowLocked'], { state: 'locked', waits: { lock: '0x10:0' } })
    given(crosschain(), history.locking).when(orphaned('escrowLocked', '10')).thenNothing()
  })

  it('gives the deposit back when the chain refuses it', () => {
    given(crosschain(), history.locking)
      .when(refusal('lockEscrow'))
      .then(['lockRefused'], {
        state: 'refundingDeposit',
        answered: ['lockEscrow FAILED'],
        entries: [unhold],
        intents: ['refundDeposit'],
        liquidity: 'free',
      })
    given(crosschain(), history.locked).when(refusal('lockEscrow')).thenNothing()
  })

  it('lets a commit rest that was to be made again', () => {
    given(crosschain(), [...history.locking, commitOrphaned])
      .when(refusal('lockEscrow'))
      .then(['lockRefused'], {
        state: 'refundingDeposit',
        answered: ['lockEscrow FAILED', 'commitEscrow FAILED'],
        entries: [unhold],
        intents: ['refundDeposit'],
        liquidity: 'free',
      })
    given(crosschain(), [...history.released, commitOrphaned, commitRefused])
      .when(final('release', place('20')))
      .then(['releaseFinalized'], {
        state: 'collecting',
        entries: [exchanged],
        intents: ['releaseDeposit'],
        timers: { retryCommit: null },
        waits: { release: null },
        liquidity: 'consume',
      })
    given(crosschain(), [...history.released, commitOrphaned, escrowCommitted])
      .when(final('release', place('20')))
      .then(['releaseFinalized'], {
        state: 'collecting',
        entries: [exchanged],
        intents: ['releaseDeposit'],
        waits: { release: null, commit: null },
        liquidity: 'consume',
      })
  })
})

describe('the delivery', () => {
  it('waits for finality, and then the deposit is collected', () => {
    given(crosschain(), history.releasing)
      .when(included('escrowReleased', '20'))
      .then([escrowReleased], {
        state: 'released',
        answered: ['releaseEscrow SUCCEEDED'],
        timers: { retryRelease: null },
        waits: { release: '0x20:0' },
      })
    given(crosschain(), history.released)
      .when(final('release', place('20')))
      .then(['releaseFinalized'], {
        state: 'collecting',
        entries: [exchanged],
        intents: ['releaseDeposit'],
        waits: { release: null },
        liquidity: 'consume',
      })
    given(crosschain(), history.collecting)
      .when(final('release', place('20')))
      .thenNothing()
  })

  it('completes the transfer where the deposit was claimed out of a balance', () => {
    given(balance(), history.released)
      .when(final('release', place('20')))
      .then(['releaseFinalized', 'depositReleaseFinalized'], {
        state: 'completed',
        entries: [exchanged],
        waits: { release: null, depositRelease: null },
        liquidity: 'consume',
      })
  })

  it('looks for a deposit that the chain has forgotten once more', () => {
    given(crosschain(), [...history.released, depositOrphaned])
      .when(final('release', place('20')))
      .then(['releaseFinalized'], {
        state: 'collecting',
        entries: [exchanged],
        intents: ['releaseDeposit'],
        timers: { deposit: lastChanceMs },
        waits: { release: null },
        liquidity: 'consume',
      })
  })

  it('is owed by the customer when his deposit went back to him', () => {
    given(crosschain(), [...history.released, depositRefunded, { type: 'depositRefundFinalized' }])
      .when(final('release', place('20')))
      .then(['releaseFinalized', 'receivableOpened'], {
        state: 'review',
        entries: [exchanged, owedByCustomer],
        timers: nothingMore.timers,
        waits: { release: null, ...nothingMore.waits },
        liquidity: 'consume',
      })
  })

  it('is wished again later when the chain refuses it', () => {
    const refused: TransferEvent = { type: 'releaseRefused', code: 'chain_refused', detail: 'no' }
    given(crosschain(), history.releasing)
      .when(refusal('releaseEscrow'))
      .then([refused], {
        state: 'releasing',
        answered: ['releaseEscrow FAILED'],
        timers: { retryRelease: settledAtMs + 2_000 },
      })
    given(crosschain(), [...history.releasing, refused])
      .when(deadline('retryRelease'))
      .then(['releaseRetried'], { state: 'releasing', intents: ['releaseEscrow 1'], timers: { retryRelease: null } })
    given(crosschain(), history.releasing).when(deadline('retryRelease')).thenNothing()
    given(crosschain(), history.released).when(refusal('releaseEscrow')).thenNothing()
  })

  it('is sent again when a reorg takes it back', () => {
    given(crosschain(), history.released)
      .when(orphaned('escrowReleased', '20'))
      .then(['releaseOrphaned'], { state: 'releasing', answered: ['releaseEscrow IN_FLIGHT'], waits: { release: null } })
    given(crosschain(), history.released)
      .when(included('escrowReleased', '20', 'b'))
      .then(['releaseOrphaned', 'escrowReleased'], {
        state: 'released',
        timers: { retryRelease: null },
        waits: { release: '0x20:0' },
      })
    given(crosschain(), history.released).when(included('escrowReleased', '20')).thenNothing()
    given(crosschain(), history.releasing).when(orphaned('escrowReleased', '20')).thenNothing()
  })

  const reclaimed = included('deliveryReclaimed', '50')

  it('is owed to the customer again when he never fetched it', () => {
    given(crosschain(), history.completed)
      .when(reclaimed)
      .then([{ type: 'deliveryReclaimed', ...place('50') }], {
        state: 'review',
        entries: [
          [
            ...['exchange:USDC -100.000000', 'treasury:evm:2:USDC +100.000000'],
            ...['customer_clearing:USDC -100.000000', 'exchange:USDC +100.000000'],
          ],
        ],
        liquidity: 'restore',
      })
    given(crosschain(), history.review).when(reclaimed).thenNothing()
    given(crosschain(), history.compensated).when(reclaimed).thenNothing()
    given(crosschain(), history.completed).when(included('deliveryClaimed', '51')).thenNothing()
  })

  it('comes back to a person who has the transfer already', () => {
    const owed = [...history.released, depositRefunded, { type: 'depositRefundFinalized' }] as const
    given(crosschain(), [...owed, { type: 'releaseFinalized' }, { type: 'receivableOpened' }])
      .when(reclaimed)
      .then(['deliveryReclaimed'], {
        state: 'review',
        entries: [
          [
            ...['exchange:USDC -100.000000', 'treasury:evm:2:USDC +100.000000'],
            ...['customer_clearing:USDC -100.000000', 'exchange:USDC +100.000000'],
          ],
        ],
        liquidity: 'restore',
      })
  })
})

describe('turning back once the deposit is committed for good', () => {
  it('waits for the other chain’s answer', () => {
    given(crosschain(), history.locking).when(cancel).then([canceled], { state: 'locking' })
    given(crosschain(), [...history.locking, canceled])
      .when(included('escrowLocked', '10'))
      .then([escrowLocked, turnedBack], {
        state: 'refunding',
        answered: ['lockEscrow SUCCEEDED'],
        intents: ['refundEscrow'],
        waits: { lock: null },
      })
    given(crosschain(), history.locked)
      .when(cancel)
      .then([canceled, turnedBack], { state: 'refunding', intents: ['refundEscrow'], waits: { lock: null } })
    given(crosschain(), [...history.locked, canceled])
      .when(final('lock', place('10')))
      .then([turnedBack], { state: 'refunding', intents: ['refundEscrow'], waits: { lock: null } })
    given(crosschain(), [...history.locking, canceled])
      .when(cancel)
      .thenNothing()
  })

  it.each(['releasing', 'released'] as const)('is refused when the transfer is %s', state => {
    given(crosschain(), history[state]).when(cancel).thenRefused('transfer_not_cancelable')
  })

  it('gives the deposit back when the treasury has its own again', () => {
    given(crosschain(), history.refunding)
      .when(included('escrowRefunded', '30'))
      .then([escrowRefunded], {
        state: 'refunded',
        answered: ['refundEscrow SUCCEEDED'],
        timers: { retryRelease: null, retryRefund: null },
        waits: { lock: null, refund: '0x30:0' },
      })
    given(crosschain(), history.refunded)
      .when(final('refund', place('30')))
      .then(['refundFinalized'], {
        state: 'refundingDeposit',
        entries: [unhold],
        intents: ['refundDeposit'],
        waits: { refund: null },
        liquidity: 'free',
      })
    given(crosschain(), [...history.releasing, escrowRefunded])
      .when(final('refund', place('30')))
      .then(['refundFinalized'], {
        state: 'refundingDeposit',
        entries: [outOfEscrow],
        intents: ['refundDeposit'],
        waits: { refund: null },
        liquidity: 'free',
      })
    given(crosschain(), history.refunding)
      .when(final('refund', place('30')))
      .thenNothing()
  })

  it('wishes a refund again later when the chain refuses it', () => {
    const refused: TransferEvent = { type: 'refundRefused', code: 'chain_refused', detail: 'no' }
    given(crosschain(), history.refunding)
      .when(refusal('refundEscrow'))
      .then([refused], {
        state: 'refunding',
        answered: ['refundEscrow FAILED'],
        timers: { retryRefund: settledAtMs + 2_000 },
      })
    given(crosschain(), [...history.refunding, refused])
      .when(deadline('retryRefund'))
      .then(['refundRetried'], { state: 'refunding', intents: ['refundEscrow 1'], timers: { retryRefund: null } })
    given(crosschain(), history.refunding).when(deadline('retryRefund')).thenNothing()
  })

  it.each([
    ['locking', ['lockEscrow SUCCEEDED']],
    ['locked', []],
    ['releasing', ['releaseEscrow FAILED']],
  ] as const)('follows somebody’s refund when the transfer is %s', (state, answered) => {
    given(crosschain(), history[state])
      .when(included('escrowRefunded', '30'))
      .then([escrowRefunded], {
        state: 'refunded',
        answered,
        timers: { retryRelease: null, retryRefund: null },
        waits: { lock: null, refund: '0x30:0' },
      })
  })

  it('sends a refund again when a reorg takes it back, and makes it ours when it was somebody else’s', () => {
    given(crosschain(), history.refunded)
      .when(orphaned('escrowRefunded', '30'))
      .then(['refundOrphaned'], { state: 'refunding', answered: ['refundEscrow IN_FLIGHT'], waits: { refund: null } })
    given(crosschain(), [...history.locked, escrowRefunded])
      .when(orphaned('escrowRefunded', '30'))
      .then(['refundOrphaned', 'refundRetried'], {
        state: 'refunding',
        intents: ['refundEscrow 1'],
        timers: { retryRefund: null },
        waits: { refund: null },
      })
    given(crosschain(), history.refunded)
      .when(included('escrowRefunded', '30', 'b'))
      .then(['refundOrphaned', 'escrowRefunded'], {
        state: 'refunded',
        timers: { retryRelease: null, retryRefund: null },
        waits: { lock: null, refund: '0x30:0' },
      })
    given(crosschain(), history.refunded).when(included('escrowRefunded', '30')).thenNothing()
    given(crosschain(), history.refunding).when(orphaned('escrowRefunded', '30')).thenNothing()
    given(crosschain(), history.completed).when(included('escrowRefunded', '30')).thenNothing()
  })

  it('waits for the lock again when a reorg takes that away, since without it there is nothing to refund', () => {
    const gone = { state: 'locking', waits: { lock: null }, timers: { retryRefund: null } } as const
    const over = ['lockEscrow IN_FLIGHT', 'refundEscrow FAILED']
    given(crosschain(), history.refunding)
      .when(orphaned('escrowLocked', '10'))
      .then(['lockOrphaned'], { ...gone, answered: over })
    given(crosschain(), history.refunded)
      .when(orphaned('escrowLocked', '10'))
      .then(['refundOrphaned', 'lockOrphaned'], { ...gone, answered: over, waits: { lock: null, refund: null } })
    given(crosschain(), [...history.locked, escrowRefunded])
      .when(orphaned('escrowLocked', '10'))
      .then(['refundOrphaned', 'lockOrphaned'], {
        ...gone,
        answered: ['lockEscrow IN_FLIGHT'],
        waits: { lock: null, refund: null },
      })
    given(crosschain(), history.refunding).when(orphaned('escrowLocked', '11')).thenNothing()
    // What was signed for a lock that was final may be mined with it again.
    given(crosschain(), [...history.releasing, escrowRefunded])
      .when(orphaned('escrowLocked', '10'))
      .thenNothing()
  })

  it('wishes another refund when the lock is back, and gives the deposit back when the chain no longer takes it', () => {
    const lost = [...history.refunding, { type: 'lockOrphaned', fact: place('10').fact } as const]
    given(crosschain(), [...lost, canceled])
      .when(included('escrowLocked', '10', 'b'))
      .then(['escrowLocked', turnedBack], {
        state: 'refunding',
        answered: ['lockEscrow SUCCEEDED'],
        intents: ['refundEscrow 1'],
        waits: { lock: null },
      })
    given(crosschain(), lost)
      .when(refusal('lockEscrow'))
      .then(['lockRefused'], {
        state: 'refundingDeposit',
        answered: ['lockEscrow FAILED'],
        entries: [unhold],
        intents: ['refundDeposit'],
        liquidity: 'free',
      })
  })

  it('follows the true chain when release and refund take turns', () => {
    given(crosschain(), history.released)
      .when(included('escrowRefunded', '30'))
      .then(['releaseOrphaned', 'escrowRefunded'], {
        state: 'refunded',
        answered: ['releaseEscrow FAILED'],
        timers: { retryRelease: null, retryRefund: null },
        waits: { release: null, lock: null, refund: '0x30:0' },
      })
    const refunded = [...history.releasing, escrowRefunded]
    given(crosschain(), refunded)
      .when(included('escrowReleased', '20'))
      .then(['refundOrphaned', 'escrowReleased'], {
        state: 'released',
        answered: ['releaseEscrow SUCCEEDED', 'refundEscrow FAILED'],
        timers: { retryRelease: null, retryRefund: null },
        waits: { refund: null, release: '0x20:0' },
      })
    given(crosschain(), [...refunded, { type: 'refundOrphaned', fact: '0x30:0' }, { type: 'refundRetried' }])
      .when(included('escrowReleased', '20'))
      .then(['escrowReleased'], {
        state: 'released',
        answered: ['releaseEscrow SUCCEEDED', 'refundEscrow 1 FAILED'],
        timers: { retryRelease: null, retryRefund: null },
        waits: { release: '0x20:0' },
      })
    given(crosschain(), history.refunding).when(included('escrowReleased', '20')).thenNothing()
  })
})

describe('an escrow of the treasury’s that the issuer claws back', () => {
  const clawedBack = included('escrowClawedBack', '40')
  const taken: TransferEvent = { type: 'escrowClawedBack', ...place('40') }
  const lostBeforeFinality = [...unhold, 'treasury:evm:2:USDC -100.000000', 'exposure:evm:2:USDC +100.000000']
  const lost = ['escrow:evm:2:USDC -100.000000', 'exposure:evm:2:USDC +100.000000']

  it.each([
    ['locking', lostBeforeFinality, ['lockEscrow SUCCEEDED']],
    ['locked', lostBeforeFinality, []],
    ['releasing', lost, ['releaseEscrow FAILED']],
    ['refunding', lostBeforeFinality, ['refundEscrow FAILED']],
  ] as const)('is our loss, and the customer gets his deposit back: %s', (state, entry, answered) => {
    given(crosschain(), history[state])
      .when(clawedBack)
      .then([taken], {
        state: 'refundingDeposit',
        answered,
        entries: [entry],
        intents: ['refundDeposit'],
        timers: { retryRelease: null, retryRefund: null },
        waits: { lock: null, release: null, refund: null },
        liquidity: 'consume',
      })
  })

  it('is owed to nobody any more where it was minted', () => {
    given(crosschain({ funding: 'mint' }), history.releasing)
      .when(clawedBack)
      .then([taken], {
        state: 'refundingDeposit',
        answered: ['releaseEscrow FAILED'],
        entries: [['escrow:evm:2:USDC -100.000000', 'issued:evm:2:USDC +100.000000']],
        intents: ['refundDeposit'],
        timers: { retryRelease: null, retryRefund: null },
        waits: { lock: null, release: null, refund: null },
      })
  })

  it('is no news once it has left the escrow', () => {
    given(crosschain(), history.released).when(clawedBack).thenNothing()
    given(crosschain(), history.released).when(included('escrowCredited', '41')).thenNothing()
    given(crosschain(), history.released).when(included('escrowCommitted', '42')).thenNothing()
    given(crosschain(), history.released).when(included('depositReceived', '43')).thenNothing()
  })

  it('books the deposit’s way back as ever', () => {
    given(crosschain(), [...history.releasing, taken, depositRefunded])
      .when(final('depositRefund', giveBackPlace))
      .then(['depositRefundFinalized'], { state: 'compensated', entries: [paidBack], waits: { depositRefund: null } })
  })
})

afterAll(() => {
  expect(
    unseen(crosschainTransitions, transition => ofHold.test(transition)),
    'transitions that no test has seen',
  ).toEqual([])
})
