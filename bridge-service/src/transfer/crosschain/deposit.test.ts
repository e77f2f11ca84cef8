import { afterAll, describe, expect, it } from 'vitest'
import { crosschain, escrowLocked, escrowRefunded, history, hold, unhold } from '../../../../test/support/crosschain.ts'
import { hearsOfOthers } from '../../../../test/support/deposit-behaviour/by-others.ts'
import { commitsItsDeposit } from '../../../../test/support/deposit-behaviour/commit.ts'
import type { DepositRoute } from '../../../../test/support/deposit-behaviour/route.ts'
import {
  cancel,
  collectedIn,
  commitOrphaned,
  deadline,
  depositOrphaned,
  final,
  included as includedDeposit,
  orphaned as orphanedDeposit,
  paidBack,
  refusal,
  screened,
} from '../../../../test/support/deposit-behaviour/telling.ts'
import { givesItsDepositBack } from '../../../../test/support/deposit-behaviour/way-back.ts'
import { waitsForItsDeposit } from '../../../../test/support/deposit-behaviour/way-in.ts'
import { collectsItsDeposit } from '../../../../test/support/deposit-behaviour/way-out.ts'
import { exercised, given, unseen } from '../../../../test/support/given.ts'
import {
  commitPlace,
  commitRefused,
  deposit,
  depositRefunded,
  dueAtMs,
  escrowCommitted,
  giveBackPlace,
} from '../../../../test/support/offramp.ts'
import { bankSays, place, settledAtMs } from '../../../../test/support/onramp.ts'
import { request } from '../decide.ts'
import type { TransferEvent } from '../event.ts'
import type { Input } from '../input.ts'
import { crosschainTransitions } from './transitions.ts'

// What moves the treasury's escrow has tests of its own.
const ofHold =
  / (escrow(Locked|Released|Refunded|ClawedBack)|lock|release|refund|delivery)|^lock(ing|ed) cancelRequested|^collecting depositReleaseFinalized/

const route: DepositRoute<'crosschain'> = {
  make: committedBy => crosschain({ deposit: deposit(committedBy) }),
  history,
  reservedMinor: 100_000_000n,
  reserved: hold,
  freed: unhold,
  next: { state: 'locking', intent: 'lockEscrow' },
  // A deposit that goes back turns a transfer that is locked back with it: see below.
  underWay: ['locking', 'releasing', 'released', 'refunding', 'refunded'],
}
waitsForItsDeposit(route)
commitsItsDeposit(route)
collectsItsDeposit(route)
givesItsDepositBack(route)
hearsOfOthers(route)

type Kind = Extract<Input, { type: 'chainFact' }>['kind']
const included = (kind: Kind, fact: string, block?: string): Input => ({
  type: 'chainFact',
  kind,
  status: 'included',
  place: place(fact, block),
})
const depositGone: TransferEvent = { type: 'compensationStarted', reason: 'deposit_refunded' }

describe('a new crosschain transfer', () => {
  it('is screened before anything else', () => {
    const { after, events, intents } = request(crosschain(), settledAtMs)
    exercised().add('none transferRequested')
    expect(events).toEqual([{ version: 1, from: 'none', to: 'requested', event: { type: 'transferRequested' } }])
    expect(after).toMatchObject({ state: 'requested', version: 1 })
    expect(intents).toEqual([{ step: 'screen', attempt: 0 }])
  })

  it('reserves what it will deliver, and waits for the deposit', () => {
    given(crosschain(), history.requested)
      .when(screened(100_000_000n))
      .then(['screeningPassed', 'liquidityReserved'], {
        state: 'awaitingDeposit',
        answered: ['screen SUCCEEDED'],
        entries: [hold],
        timers: { deposit: dueAtMs },
        liquidity: 'reserve',
      })
  })

  it('reserves nothing where what it delivers is minted', () => {
    given(crosschain({ funding: 'mint' }), history.requested)
      .when(screened(0n))
      .then(['screeningPassed', 'mintPlanned'], {
        state: 'awaitingDeposit',
        answered: ['screen SUCCEEDED'],
        entries: [['issued:evm:2:USDC -100.000000 pending', 'escrow:evm:2:USDC +100.000000 pending']],
        timers: { deposit: dueAtMs },
      })
  })

  it('fails when the pool lacks one minor unit, or the screening refuses it', () => {
    given(crosschain(), history.requested)
      .when(screened(99_999_999n))
      .then(['screeningPassed', { type: 'liquidityRefused', code: 'liquidity_insufficient' }], {
        state: 'failed',
        answered: ['screen SUCCEEDED'],
      })
    given(crosschain(), history.requested)
      .when(refusal('screen'))
      .then(['screeningRefused'], { state: 'failed', answered: ['screen FAILED'] })
    given(crosschain(), history.awaitingDeposit).when(screened(100_000_000n)).thenNothing()
  })

  it('is canceled on the spot while nothing has come', () => {
    given(crosschain(), history.requested)
      .when(cancel)
      .then(['transferCanceled'], { state: 'canceled', answered: ['screen FAILED'] })
    given(crosschain(), history.awaitingDeposit)
      .when(cancel)
      .then(['transferCanceled'], { state: 'canceled', entries: [unhold], timers: { deposit: null }, liquidity: 'free' })
  })

  it('knows nothing of banks, and of the unknown on a chain', () => {
    given(crosschain(), history.releasing)
      .when({ type: 'railFact', step: 'payoutFiat', fact: bankSays('settled') })
      .thenNothing()
    given(crosschain(), history.releasing).when({ type: 'intentUnknown', step: 'releaseEscrow', detail: 'silence' }).thenNothing()
    given(crosschain(), history.releasing).when(deadline('clearing')).thenNothing()
  })
})

describe('a deposit that goes back while the treasury’s escrow is on its way', () => {
  const givenBack = includedDeposit('escrowRefunded', giveBackPlace)

  it('is heard of when the transfer is locked, and nothing is delivered for it', () => {
    given(crosschain(), history.locked)
      .when(givenBack)
      .then([depositRefunded, depositGone], {
        state: 'refunding',
        intents: ['refundEscrow'],
        waits: { depositRefund: giveBackPlace.fact, lock: null },
      })
    given(crosschain(), [...history.locking, depositRefunded])
      .when(included('escrowLocked', '10'))
      .then([escrowLocked, depositGone], {
        state: 'refunding',
        answered: ['lockEscrow SUCCEEDED'],
        intents: ['refundEscrow'],
        waits: { lock: null },
      })
  })

  it('is where it belongs when the treasury has its own again', () => {
    const turned = [...history.locked, depositRefunded, depositGone, escrowRefunded]
    given(crosschain(), turned)
      .when(final('refund', place('30')))
      .then(['refundFinalized', depositRefunded], {
        state: 'refundedDeposit',
        entries: [unhold],
        timers: { deposit: null, retryCommit: null, retryDepositRefund: null },
        waits: { refund: null, deposit: null, commit: null, depositRefund: giveBackPlace.fact },
        liquidity: 'free',
      })
    given(crosschain(), [...turned, { type: 'depositRefundFinalized' }])
      .when(final('refund', place('30')))
      .then(['refundFinalized', 'transferCompensated'], {
        state: 'compensated',
        entries: [unhold],
        waits: { refund: null },
        liquidity: 'free',
      })
  })

  it('and everything else of it is told while it is locked', () => {
    const { locked } = history
    given(crosschain(), locked)
      .when(orphanedDeposit('escrowLocked'))
      .then([depositOrphaned], { state: 'locked', entries: [paidBack], waits: { deposit: null } })
    const gone = [...locked, depositOrphaned]
    given(crosschain(), gone)
      .when(includedDeposit('escrowLocked'))
      .then(['depositLocked'], { state: 'locked', timers: { deposit: null }, waits: { deposit: '0xd1:0' } })
    given(crosschain(), [...gone, { type: 'depositLocked', ...place('d1') }])
      .when(final('deposit'))
      .then(['depositFinalized'], {
        state: 'locked',
        entries: [['customer_clearing:USDC -100.250000', 'escrow:evm:1:USDC +100.250000']],
        waits: { deposit: null },
      })
    given(crosschain(), locked)
      .when(orphanedDeposit('escrowCommitted', commitPlace))
      .then([commitOrphaned], { state: 'locked', answered: ['commitEscrow IN_FLIGHT'], waits: { commit: null } })
    const uncommitted = [...locked, commitOrphaned]
    given(crosschain(), uncommitted)
      .when(includedDeposit('escrowCommitted', commitPlace))
      .then([escrowCommitted], {
        state: 'locked',
        answered: ['commitEscrow SUCCEEDED'],
        waits: { commit: commitPlace.fact },
      })
    given(crosschain(), [...uncommitted, escrowCommitted])
      .when(final('commit', commitPlace))
      .then(['commitFinalized'], { state: 'locked', waits: { commit: null } })
    given(crosschain(), uncommitted)
      .when(refusal('commitEscrow'))
      .then([commitRefused], {
        state: 'locked',
        answered: ['commitEscrow FAILED'],
        timers: { retryCommit: settledAtMs + 2_000 },
      })
    given(crosschain(), [...uncommitted, commitRefused])
      .when(deadline('retryCommit'))
      .then(['commitRetried'], { state: 'locked', intents: ['commitEscrow 1'], timers: { retryCommit: null } })
  })
})

describe('a deposit that is a balance, on its way through a crosschain transfer', () => {
  it('is the treasury’s from the claim on, and goes back out of the treasury', () => {
    const back = [...history.locking, { type: 'lockRefused', code: 'chain_refused', detail: 'no' } as const, depositRefunded]
    given(route.make('balance'), back)
      .when(final('depositRefund', giveBackPlace))
      .then(['depositRefundFinalized'], {
        state: 'compensated',
        entries: [['treasury:evm:1:USDC -100.250000', 'customer_clearing:USDC +100.250000']],
        waits: { depositRefund: null },
      })
    given(route.make('balance'), history.committed)
      .when(final('commit', commitPlace))
      .then(['commitFinalized'], {
        state: 'locking',
        entries: [collectedIn],
        intents: ['lockEscrow'],
        waits: { commit: null },
      })
  })
})

afterAll(() => {
  expect(
    unseen(crosschainTransitions, transition => !ofHold.test(transition)),
    'transitions that no test has seen',
  ).toEqual([])
})
