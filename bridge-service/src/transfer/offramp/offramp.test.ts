import { afterAll, describe, expect, it } from 'vitest'
import { exercised, given } from '../../../../test/support/given.ts'
import {
  collectPlace,
  commitPlace,
  commitRefused,
  deposit,
  depositHardDeadlineMs,
  depositLocked,
  depositRefundAfterMs,
  depositRefunded,
  dueAtMs,
  escrowCommitted,
  giveBackPlace,
  history,
  lockPlace,
  offramp,
  payoutRefused,
  payoutReturned,
  payoutSays,
  payoutSettled,
} from '../../../../test/support/offramp.ts'
import { place, settledAtMs } from '../../../../test/support/onramp.ts'
import { request } from '../decide.ts'
import type { TransferEvent } from '../event.ts'
import type { Input } from '../input.ts'
import { offrampTransitions } from './transitions.ts'

type Kind = Extract<Input, { type: 'depositFact' }>['kind']

const screened = (availableMinor: bigint): Input => ({ type: 'screened', list: 'test', availableMinor })
const payout = (type: Parameters<typeof payoutSays>[0], rawCode?: string): Input => ({
  type: 'railFact',
  step: 'payoutFiat',
  fact: payoutSays(type, rawCode),
})
const refusal = (step: Extract<Input, { type: 'intentRefused' }>['step'], attempt = 0): Input => ({
  type: 'intentRefused',
  step,
  attempt,
  code: 'chain_refused',
  detail: 'no',
})
const included = (kind: Kind, at = lockPlace): Input => ({ type: 'depositFact', kind, status: 'included', place: at })
const orphaned = (kind: Kind, at = lockPlace): Input => ({ type: 'depositFact', kind, status: 'orphaned', place: at })
const final = (kind: Extract<Input, { type: 'finalityReached' }>['kind'], { fact } = lockPlace): Input => ({
  type: 'finalityReached',
  kind,
  fact,
})
const deadline = (kind: Extract<Input, { type: 'deadlineReached' }>['kind']): Input => ({ type: 'deadlineReached', kind })
const cancel: Input = { type: 'cancelCommand', reason: 'changed my mind' }
/** The same transaction in another block. */
const elsewhere = ({ fact }: typeof lockPlace) => place(fact.slice(2, -2), 'b', 8)

const canceled: TransferEvent = { type: 'cancelRequested', reason: 'changed my mind' }
const turnedBack: TransferEvent = { type: 'compensationStarted', reason: 'changed my mind' }
const depositOrphaned: TransferEvent = { type: 'depositOrphaned', fact: lockPlace.fact }
const commitOrphaned: TransferEvent = { type: 'commitOrphaned', fact: commitPlace.fact }
const newsMarginMs = 600_000

const paidIn = ['customer_clearing:USDC -100.250000', 'escrow:evm:1:USDC +100.250000']
const paidBack = ['escrow:evm:1:USDC -100.250000', 'customer_clearing:USDC +100.250000']
const collectedIn = ['escrow:evm:1:USDC -100.250000', 'treasury:evm:1:USDC +100.250000']
const exchanged = [
  ...['bank_cash:USD -100.00', 'exchange:USD +100.00'],
  ...['exchange:USDC -100.000000', 'customer_clearing:USDC +100.000000'],
  ...['fee_income:USDC -0.250000', 'customer_clearing:USDC +0.250000'],
]
const owedByCustomer = ['customer_clearing:USDC -100.250000', 'receivable:USDC +100.250000']

describe('a new off-ramp', () => {
  it('is screened before anything else', () => {
    const { after, events, intents } = request(offramp(), settledAtMs)
    exercised.add('none transferRequested')
    expect(events).toEqual([{ version: 1, from: 'none', to: 'requested', event: { type: 'transferRequested' } }])
    expect(after).toMatchObject({ state: 'requested', version: 1 })
    expect(intents).toEqual([{ step: 'screen', attempt: 0 }])
  })

  it('reserves the fiat that it will pay out, and waits for the deposit', () => {
    given(offramp(), history.requested)
      .when(screened(10_000n))
      .then(['screeningPassed', 'liquidityReserved'], {
        state: 'awaitingDeposit',
        answered: ['screen SUCCEEDED'],
        timers: { deposit: dueAtMs },
        liquidity: 'reserve',
      })
  })

  it('fails when the bank account lacks one cent', () => {
    given(offramp(), history.requested)
      .when(screened(9_999n))
      .then(['screeningPassed', { type: 'liquidityRefused', code: 'liquidity_insufficient' }], {
        state: 'failed',
        answered: ['screen SUCCEEDED'],
      })
  })

  it('fails when the screening refuses it', () => {
    given(offramp(), history.requested)
      .when(refusal('screen'))
      .then(['screeningRefused'], { state: 'failed', answered: ['screen FAILED'] })
  })

  it('is canceled on the spot while nothing has come', () => {
    given(offramp(), history.requested)
      .when(cancel)
      .then([{ type: 'transferCanceled', reason: 'changed my mind' }], { state: 'canceled', answered: ['screen FAILED'] })
    given(offramp(), history.awaitingDeposit)
      .when(cancel)
      .then(['transferCanceled'], { state: 'canceled', timers: { deposit: null }, liquidity: 'free' })
  })

  it('is screened once', () => {
    given(offramp(), history.awaitingDeposit).when(screened(10_000n)).thenNothing()
    given(offramp(), history.canceled).when(refusal('screen')).thenNothing()
  })

  it('knows nothing of a debit, nor of an escrow of the treasury’s', () => {
    given(offramp(), history.payingOut)
      .when({ type: 'railFact', step: 'debitFiat', fact: payoutSays('settled') })
      .thenNothing()
    given(offramp(), history.collecting)
      .when({ ...included('escrowReleased'), type: 'chainFact' } as Input)
      .thenNothing()
    given(offramp(), history.collected).when(final('release')).thenNothing()
    given(offramp(), history.collected).when(deadline('clearing')).thenNothing()
  })
})

describe('a deposit that comes before its transfer is screened', () => {
  const early = [...history.requested, depositLocked]

  it('is remembered, and counts from the screening on', () => {
    given(offramp(), history.requested).when(included('escrowLocked')).then([depositLocked], { state: 'requested' })
    given(offramp(), early)
      .when(screened(10_000n))
      .then(['screeningPassed', 'liquidityReserved', depositLocked], {
        state: 'deposited',
        answered: ['screen SUCCEEDED'],
        timers: { deposit: null },
        waits: { deposit: lockPlace.fact },
        liquidity: 'reserve',
      })
  })

  it.each([
    ['is refused', refusal('screen'), ['screeningRefused', depositLocked], 'screen FAILED'],
    ['has no liquidity', screened(0n), ['screeningPassed', 'liquidityRefused', depositLocked], 'screen SUCCEEDED'],
    ['is canceled', cancel, ['transferCanceled', depositLocked], 'screen FAILED'],
  ] as const)('goes back when the transfer %s', (_how, input, events, answer) => {
    given(offramp(), early)
      .when(input)
      .then([...events], {
        state: 'refundingDeposit',
        answered: [answer],
        intents: ['refundDeposit'],
        timers: { deposit: null },
        waits: { deposit: lockPlace.fact },
      })
  })

  it('may be gone by then', () => {
    given(offramp(), early).when(orphaned('escrowLocked')).then([depositOrphaned], { state: 'requested' })
    given(offramp(), [...early, depositOrphaned])
      .when(screened(10_000n))
      .then(['screeningPassed', 'liquidityReserved'], {
        state: 'awaitingDeposit',
        answered: ['screen SUCCEEDED'],
        timers: { deposit: dueAtMs },
        liquidity: 'reserve',
      })
  })

  it('may be committed by then, where it came as a payment', () => {
    const paid = () => offramp({ deposit: deposit('balance') })
    given(paid(), early).when(included('escrowReleased', commitPlace)).then([escrowCommitted], { state: 'requested' })
    given(paid(), [...early, escrowCommitted])
      .when(included('escrowReleased', commitPlace))
      .thenNothing()
    given(paid(), [...early, escrowCommitted])
      .when(orphaned('escrowReleased', commitPlace))
      .then([commitOrphaned], { state: 'requested' })
    given(paid(), [...history.requested, escrowCommitted])
      .when(screened(10_000n))
      .then(['screeningPassed', 'liquidityReserved', { ...depositLocked, ...commitPlace }, escrowCommitted], {
        state: 'committed',
        answered: ['screen SUCCEEDED'],
        timers: { deposit: null },
        waits: { deposit: commitPlace.fact, commit: commitPlace.fact },
        liquidity: 'reserve',
      })
  })

  it('may be refunded by then, and the transfer does not start', () => {
    const refunded = [...early, depositRefunded]
    given(offramp(), early).when(included('escrowRefunded', giveBackPlace)).then([depositRefunded], { state: 'requested' })
    given(offramp(), refunded)
      .when(orphaned('escrowRefunded', giveBackPlace))
      .then(['depositRefundOrphaned'], { state: 'requested' })
    given(offramp(), refunded)
      .when(screened(10_000n))
      .then(['screeningPassed', { type: 'liquidityRefused', code: 'deposit_expired' }, depositRefunded], {
        state: 'refundedDeposit',
        answered: ['screen SUCCEEDED'],
        timers: { deposit: null, retryCommit: null, retryDepositRefund: null },
        waits: { deposit: null, commit: null, depositRefund: giveBackPlace.fact },
      })
  })

  it('may be its issuer’s by then', () => {
    const taken = { type: 'depositClawedBack', ...place('50') } as const
    given(offramp(), early)
      .when(included('escrowClawedBack', place('50')))
      .then([taken], { state: 'requested' })
    given(offramp(), [...early, taken])
      .when(screened(10_000n))
      .then(['screeningPassed', 'liquidityRefused'], { state: 'failed', answered: ['screen SUCCEEDED'] })
  })
})

describe('the deposit', () => {
  it.each(['escrowLocked', 'depositReceived'] as const)('is waited for until it is final: %s', kind => {
    given(offramp(), history.awaitingDeposit)
      .when(included(kind))
      .then([depositLocked], { state: 'deposited', timers: { deposit: null }, waits: { deposit: lockPlace.fact } })
  })

  it('is committed when it is final', () => {
    given(offramp(), history.deposited)
      .when(final('deposit'))
      .then(['depositFinalized'], {
        state: 'committing',
        entries: [paidIn],
        intents: ['commitEscrow'],
        waits: { deposit: null },
      })
  })

  it('goes back when it is final too late to be committed before anybody may refund it', () => {
    given(offramp(), history.deposited)
      .when(final('deposit'), depositRefundAfterMs - 60_000)
      .then([{ type: 'compensationStarted', reason: 'deadline_passed' }, 'depositFinalized'], {
        state: 'refundingDeposit',
        entries: [paidIn],
        intents: ['refundDeposit'],
        waits: { deposit: null },
        liquidity: 'free',
      })
  })

  it('is waited for again when the chain forgets it, for as long as it can be mined again', () => {
    given(offramp(), history.deposited)
      .when(orphaned('escrowLocked'))
      .then([depositOrphaned], {
        state: 'awaitingDeposit',
        timers: { deposit: depositRefundAfterMs + newsMarginMs },
        waits: { deposit: null },
      })
  })

  it('may stand in another block', () => {
    const moved = elsewhere(lockPlace)
    given(offramp(), history.deposited)
      .when(included('escrowLocked', moved))
      .then([{ ...depositLocked, ...moved }], { state: 'deposited', timers: { deposit: null }, waits: { deposit: moved.fact } })
    given(offramp(), history.deposited).when(included('escrowLocked')).thenNothing()
    given(offramp(), history.deposited)
      .when(orphaned('escrowLocked', place('d9')))
      .thenNothing()
    given(offramp(), history.deposited)
      .when(final('deposit', place('d9')))
      .thenNothing()
  })

  it.each(['committing', 'committed', 'payingOut', 'collecting', 'collected', 'refundingDeposit'] as const)(
    'may be gone and come again when the transfer is %s',
    state => {
      const gone = [...history[state], depositOrphaned]
      const awaited = state === 'committing' || state === 'collecting' || state === 'refundingDeposit'
      given(offramp(), history[state])
        .when(orphaned('escrowLocked'))
        .then([depositOrphaned], {
          state,
          entries: [paidBack],
          timers: awaited ? { deposit: depositRefundAfterMs + newsMarginMs } : {},
          waits: { deposit: null },
        })
      given(offramp(), gone)
        .when(included('escrowLocked', elsewhere(lockPlace)))
        .then(['depositLocked'], { state, timers: { deposit: null }, waits: { deposit: lockPlace.fact } })
      given(offramp(), [...gone, depositLocked])
        .when(final('deposit'))
        .then(['depositFinalized'], { state, entries: [paidIn], waits: { deposit: null } })
      given(offramp(), history[state]).when(final('deposit')).thenNothing()
    },
  )

  it('fails the transfer when nothing comes in time', () => {
    given(offramp(), history.awaitingDeposit)
      .when(deadline('deposit'), dueAtMs)
      .then(['depositExpired'], {
        state: 'failed',
        timers: { deposit: null, retryCommit: null, retryDepositRelease: null, retryDepositRefund: null },
        waits: { deposit: null, commit: null, depositRefund: null },
        liquidity: 'free',
      })
    given(offramp(), history.deposited).when(deadline('deposit')).thenNothing()
    given(offramp(), [...history.committed, depositOrphaned])
      .when(deadline('deposit'))
      .thenNothing()
  })

  it('fails the transfer when it is gone for good', () => {
    const end = {
      state: 'failed',
      timers: { deposit: null, retryCommit: null, retryDepositRelease: null, retryDepositRefund: null },
      waits: { deposit: null, commit: null, depositRefund: null },
    } as const
    given(offramp(), [...history.committing, depositOrphaned])
      .when(deadline('deposit'))
      .then(['depositExpired'], { ...end, answered: ['commitEscrow FAILED'], liquidity: 'free' })
    given(offramp(), [...history.refundingDeposit, depositOrphaned])
      .when(deadline('deposit'))
      .then(['depositExpired'], { ...end, answered: ['refundDeposit FAILED'] })
  })

  it.each(['failed', 'canceled'] as const)('goes back when it comes late: %s', state => {
    given(offramp(), history[state])
      .when(included('escrowLocked'))
      .then([depositLocked], {
        state: 'refundingDeposit',
        intents: ['refundDeposit'],
        timers: { deposit: null },
        waits: { deposit: lockPlace.fact },
      })
    given(offramp(), history[state])
      .when(included('escrowRefunded', giveBackPlace))
      .then([depositRefunded], {
        state: 'refundedDeposit',
        timers: { deposit: null, retryCommit: null, retryDepositRefund: null },
        waits: { deposit: null, commit: null, depositRefund: giveBackPlace.fact },
      })
    given(offramp(), history[state]).when(orphaned('escrowLocked')).thenNothing()
  })

  it('is given back under a new key when the old wish ended without it', () => {
    given(offramp(), [...history.refundingDeposit, depositOrphaned, { type: 'depositExpired' }])
      .when(included('escrowLocked'))
      .then([depositLocked, 'depositRefundRetried'], {
        state: 'refundingDeposit',
        intents: ['refundDeposit 1'],
        timers: { deposit: null, retryDepositRefund: null },
        waits: { deposit: lockPlace.fact },
      })
  })

  it.each(['completed', 'compensated', 'review'] as const)('counts once: %s', state => {
    given(offramp(), history[state])
      .when(included('escrowLocked', place('d2')))
      .thenNothing()
    given(offramp(), history[state]).when(orphaned('escrowLocked')).thenNothing()
    given(offramp(), history[state])
      .when(included('escrowRefunded', place('f2')))
      .thenNothing()
  })
})

describe('the commit', () => {
  it('is waited for until it is final', () => {
    given(offramp(), history.committing)
      .when(included('escrowCommitted', commitPlace))
      .then([escrowCommitted], { state: 'committed', answered: ['commitEscrow SUCCEEDED'], waits: { commit: commitPlace.fact } })
  })

  it('is evidence of the deposit when its news come first', () => {
    given(offramp(), history.awaitingDeposit)
      .when(included('escrowCommitted', commitPlace))
      .then([{ ...depositLocked, ...commitPlace }, escrowCommitted], {
        state: 'committed',
        timers: { deposit: null },
        waits: { deposit: commitPlace.fact, commit: commitPlace.fact },
      })
    given(offramp(), history.deposited)
      .when(included('escrowCommitted', commitPlace))
      .then([escrowCommitted], { state: 'committed', waits: { commit: commitPlace.fact } })
    given(offramp(), [...history.committed, depositOrphaned])
      .when(final('commit', commitPlace))
      .then([{ ...depositLocked, ...commitPlace }, 'depositFinalized', 'commitFinalized'], {
        state: 'payingOut',
        entries: [paidIn],
        intents: ['payoutFiat'],
        timers: { deposit: null },
        waits: { deposit: null, commit: null },
      })
  })

  it('lets the fiat out when it is final', () => {
    given(offramp(), history.committed)
      .when(final('commit', commitPlace))
      .then(['commitFinalized'], { state: 'payingOut', intents: ['payoutFiat'], waits: { commit: null } })
  })

  it('books the deposit as well where that was not final before it', () => {
    given(offramp(), [...history.deposited, escrowCommitted])
      .when(final('commit', commitPlace))
      .then(['depositFinalized', 'commitFinalized'], {
        state: 'payingOut',
        entries: [paidIn],
        intents: ['payoutFiat'],
        waits: { deposit: null, commit: null },
      })
  })

  it('is too late when anybody might refund before the payout could be collected', () => {
    given(offramp(), history.committed)
      .when(final('commit', commitPlace), depositHardDeadlineMs - 3_600_000)
      .then([{ type: 'compensationStarted', reason: 'deadline_passed' }], {
        state: 'refundingDeposit',
        intents: ['refundDeposit'],
        waits: { commit: null },
        liquidity: 'free',
      })
  })

  it('is wished again later when the chain refuses it', () => {
    given(offramp(), history.committing)
      .when(refusal('commitEscrow'))
      .then([commitRefused], {
        state: 'committing',
        answered: ['commitEscrow FAILED'],
        timers: { retryCommit: settledAtMs + 2_000 },
      })
    given(offramp(), [...history.committing, commitRefused])
      .when(deadline('retryCommit'))
      .then(['commitRetried'], { state: 'committing', intents: ['commitEscrow 1'], timers: { retryCommit: null } })
    given(offramp(), [...history.committing, commitRefused, { type: 'commitRetried' }])
      .when(refusal('commitEscrow'))
      .thenNothing()
    given(offramp(), history.committed).when(deadline('retryCommit')).thenNothing()
    given(offramp(), history.committed).when(refusal('commitEscrow')).thenNothing()
  })

  it('turns back when the chain refuses it until it is too late', () => {
    const back = { type: 'compensationStarted', reason: 'deadline_passed' } as const
    given(offramp(), history.committing)
      .when(refusal('commitEscrow'), depositRefundAfterMs)
      .then([commitRefused, back], {
        state: 'refundingDeposit',
        answered: ['commitEscrow FAILED'],
        intents: ['refundDeposit'],
        timers: { retryCommit: null },
        liquidity: 'free',
      })
    given(offramp(), [...history.committing, commitRefused])
      .when(deadline('retryCommit'), depositRefundAfterMs)
      .then([back], { state: 'refundingDeposit', intents: ['refundDeposit'], timers: { retryCommit: null }, liquidity: 'free' })
    given(offramp(), [...history.refundingDeposit])
      .when(deadline('retryCommit'))
      .thenNothing()
  })

  it('is sent again when a reorg takes it back', () => {
    given(offramp(), history.committed)
      .when(orphaned('escrowCommitted', commitPlace))
      .then([commitOrphaned], { state: 'committing', answered: ['commitEscrow IN_FLIGHT'], waits: { commit: null } })
    given(offramp(), history.committed)
      .when(included('escrowCommitted', elsewhere(commitPlace)))
      .then([commitOrphaned, 'escrowCommitted'], { state: 'committed', waits: { commit: commitPlace.fact } })
    given(offramp(), history.committed).when(included('escrowCommitted', commitPlace)).thenNothing()
    given(offramp(), history.committed)
      .when(orphaned('escrowCommitted', place('c9')))
      .thenNothing()
  })

  it('is wished for where it came as a payment, and the chain forgets it', () => {
    given(offramp(), [...history.deposited, escrowCommitted])
      .when(orphaned('escrowCommitted', commitPlace))
      .then([commitOrphaned, 'commitRetried'], {
        state: 'committing',
        intents: ['commitEscrow 1'],
        timers: { retryCommit: null },
        waits: { commit: null },
      })
  })

  it('waits for a deposit that the chain has forgotten too', () => {
    given(offramp(), [...history.committed, depositOrphaned])
      .when(orphaned('escrowCommitted', commitPlace))
      .then([commitOrphaned], {
        state: 'committing',
        answered: ['commitEscrow IN_FLIGHT'],
        timers: { deposit: depositRefundAfterMs + newsMarginMs },
        waits: { commit: null },
      })
    given(offramp(), [...history.committing, depositOrphaned])
      .when(included('escrowCommitted', commitPlace))
      .then([escrowCommitted], {
        state: 'committed',
        answered: ['commitEscrow SUCCEEDED'],
        timers: { deposit: null },
        waits: { commit: commitPlace.fact },
      })
  })

  it('is made again while the fiat is leaving, and nobody is paid twice for it', () => {
    const gone = [...history.payingOut, commitOrphaned]
    given(offramp(), history.payingOut)
      .when(orphaned('escrowCommitted', commitPlace))
      .then([commitOrphaned], { state: 'payingOut', answered: ['commitEscrow IN_FLIGHT'], waits: { commit: null } })
    given(offramp(), gone)
      .when(included('escrowCommitted', commitPlace))
      .then([escrowCommitted], { state: 'payingOut', answered: ['commitEscrow SUCCEEDED'], waits: { commit: commitPlace.fact } })
    given(offramp(), [...gone, escrowCommitted])
      .when(final('commit', commitPlace))
      .then(['commitFinalized'], { state: 'payingOut', waits: { commit: null } })
    given(offramp(), gone)
      .when(refusal('commitEscrow'))
      .then([commitRefused], {
        state: 'payingOut',
        answered: ['commitEscrow FAILED'],
        timers: { retryCommit: settledAtMs + 2_000 },
      })
    given(offramp(), [...gone, commitRefused])
      .when(deadline('retryCommit'))
      .then(['commitRetried'], { state: 'payingOut', intents: ['commitEscrow 1'], timers: { retryCommit: null } })
    given(offramp(), [...gone, escrowCommitted])
      .when(payout('settled'))
      .then(['payoutSettled'], {
        state: 'collecting',
        answered: ['payoutFiat SUCCEEDED'],
        entries: [exchanged],
        intents: ['releaseDeposit'],
        waits: { commit: null },
        liquidity: 'consume',
      })
    given(offramp(), [...gone, commitRefused])
      .when(payout('settled'))
      .then(['payoutSettled'], {
        state: 'collecting',
        answered: ['payoutFiat SUCCEEDED'],
        entries: [exchanged],
        intents: ['releaseDeposit'],
        timers: { retryCommit: null },
        liquidity: 'consume',
      })
  })
})

describe('the payout', () => {
  it('is told once that it was submitted', () => {
    given(offramp(), history.payingOut)
      .when(payout('submitted'))
      .then(['payoutSubmitted'], { state: 'payingOut', answered: ['payoutFiat IN_FLIGHT'] })
    given(offramp(), [...history.payingOut, { type: 'payoutSubmitted', bankTransferId: 'bt_9' }])
      .when(payout('submitted'))
      .thenNothing()
  })

  it('holds everything as it is while its outcome is unknown', () => {
    const unknown: Input = { type: 'intentUnknown', step: 'payoutFiat', detail: 'silence' }
    given(offramp(), history.payingOut)
      .when(unknown)
      .then(['payoutUnknown'], { state: 'payingOut', answered: ['payoutFiat UNKNOWN'] })
    given(offramp(), history.collecting).when(unknown).thenNothing()
  })

  it('is exchanged for the deposit when it has settled, and the deposit is collected', () => {
    given(offramp(), history.payingOut)
      .when(payout('settled'))
      .then([payoutSettled], {
        state: 'collecting',
        answered: ['payoutFiat SUCCEEDED'],
        entries: [exchanged],
        intents: ['releaseDeposit'],
        liquidity: 'consume',
      })
    given(offramp(), history.collecting).when(payout('settled')).thenNothing()
    given(offramp(), history.committed).when(payout('settled')).thenNothing()
    given(offramp(), history.compensated).when(payout('settled')).thenNothing()
    given(offramp(), history.refundingDeposit).when(payout('settled')).thenNothing()
  })

  it.each([
    ['rejects', payout('rejected', 'R01'), 'rail_refused'],
    ['refuses', refusal('payoutFiat'), 'chain_refused'],
  ])('gives the deposit back when the bank definitely %s it', (_verb, input, code) => {
    given(offramp(), history.payingOut)
      .when(input)
      .then(['payoutRefused', { type: 'compensationStarted', reason: code }], {
        state: 'refundingDeposit',
        answered: ['payoutFiat FAILED'],
        intents: ['refundDeposit'],
        liquidity: 'free',
      })
    given(offramp(), history.collecting).when(input).thenNothing()
  })

  it('gives the deposit back when the news of its return overtakes the news of its settlement', () => {
    const back = [...history.payingOut, payoutReturned, { type: 'compensationStarted', reason: 'payout_returned' } as const]
    given(offramp(), history.payingOut)
      .when(payout('returned', 'R01'))
      .then([payoutReturned, 'compensationStarted'], {
        state: 'refundingDeposit',
        answered: ['payoutFiat FAILED'],
        intents: ['refundDeposit'],
        liquidity: 'free',
      })
    given(offramp(), back).when(payout('settled')).thenNothing()
    given(offramp(), back).when(payout('returned')).thenNothing()
  })

  it.each(['collecting', 'collected'] as const)('owes the customer what came back after it settled: %s', state => {
    given(offramp(), history[state])
      .when(payout('returned', 'R01'))
      .then([payoutReturned], {
        state,
        answered: ['payoutFiat FAILED'],
        entries: [['customer_clearing:USD -100.00', 'bank_cash:USD +100.00']],
        liquidity: 'restore',
      })
  })

  it('comes to a person when it comes back and the deposit is ours', () => {
    given(offramp(), history.completed)
      .when(payout('returned', 'R01'))
      .then([payoutReturned, 'receivableOpened'], {
        state: 'review',
        answered: ['payoutFiat FAILED'],
        entries: [['customer_clearing:USD -100.00', 'bank_cash:USD +100.00']],
        liquidity: 'restore',
      })
    given(offramp(), [...history.collected, payoutReturned])
      .when(final('depositRelease', collectPlace))
      .then(['depositReleaseFinalized', 'receivableOpened'], {
        state: 'review',
        entries: [collectedIn],
        waits: { depositRelease: null },
      })
    given(offramp(), history.review).when(payout('returned')).thenNothing()
  })

  describe('that the bank settles although it had refused it', () => {
    const refused = [...history.payingOut, payoutRefused, { type: 'compensationStarted', reason: 'rail_refused' } as const]
    const going = [...refused, depositRefunded]

    it.each([
      ['refundingDeposit', refused],
      ['refundedDeposit', going],
    ] as const)('is booked while the deposit goes back: %s', (state, events) => {
      given(offramp(), events)
        .when(payout('settled'))
        .then(['payoutSettled'], { state, answered: ['payoutFiat SUCCEEDED'], entries: [exchanged] })
      given(offramp(), [...events, payoutSettled])
        .when(payout('returned'))
        .then(['payoutReturned'], {
          state,
          answered: ['payoutFiat FAILED'],
          entries: [
            [
              ...['exchange:USD -100.00', 'bank_cash:USD +100.00'],
              ...['customer_clearing:USDC -100.000000', 'exchange:USDC +100.000000'],
              ...['customer_clearing:USDC -0.250000', 'fee_income:USDC +0.250000'],
            ],
          ],
        })
      given(offramp(), events).when(payout('returned')).thenNothing()
    })

    it('is owed by the customer when the deposit is his again', () => {
      given(offramp(), [...going, payoutSettled])
        .when(final('depositRefund', giveBackPlace))
        .then(['depositRefundFinalized', 'receivableOpened'], {
          state: 'review',
          entries: [paidBack, owedByCustomer],
          waits: { depositRefund: null },
        })
      given(offramp(), [...going, { type: 'depositRefundFinalized' }])
        .when(payout('settled'))
        .then(['payoutSettled', 'receivableOpened'], {
          state: 'review',
          answered: ['payoutFiat SUCCEEDED'],
          entries: [exchanged, owedByCustomer],
        })
      given(offramp(), [...refused, depositOrphaned, { type: 'depositExpired' }])
        .when(payout('settled'))
        .then(['payoutSettled', 'receivableOpened'], {
          state: 'review',
          answered: ['payoutFiat SUCCEEDED'],
          entries: [exchanged, owedByCustomer],
        })
      given(offramp(), history.failed).when(payout('settled')).thenNothing()
    })
  })
})

describe('the collection', () => {
  it('waits for the release to be final, and completes', () => {
    given(offramp(), history.collecting)
      .when(included('escrowReleased', collectPlace))
      .then(['depositReleased'], {
        state: 'collected',
        answered: ['releaseDeposit SUCCEEDED'],
        timers: { retryDepositRelease: null },
        waits: { depositRelease: collectPlace.fact },
      })
    given(offramp(), history.collected)
      .when(final('depositRelease', collectPlace))
      .then(['depositReleaseFinalized'], { state: 'completed', entries: [collectedIn], waits: { depositRelease: null } })
  })

  it('is wished again later when the chain refuses it', () => {
    const refused: TransferEvent = { type: 'depositReleaseRefused', code: 'chain_refused', detail: 'no' }
    given(offramp(), history.collecting)
      .when(refusal('releaseDeposit'))
      .then([refused], {
        state: 'collecting',
        answered: ['releaseDeposit FAILED'],
        timers: { retryDepositRelease: settledAtMs + 2_000 },
      })
    given(offramp(), [...history.collecting, refused])
      .when(deadline('retryDepositRelease'))
      .then(['depositReleaseRetried'], {
        state: 'collecting',
        intents: ['releaseDeposit 1'],
        timers: { retryDepositRelease: null },
      })
    given(offramp(), history.collecting).when(deadline('retryDepositRelease')).thenNothing()
    given(offramp(), history.collected).when(refusal('releaseDeposit')).thenNothing()
  })

  it('is sent again when a reorg takes it back', () => {
    given(offramp(), history.collected)
      .when(orphaned('escrowReleased', collectPlace))
      .then(['depositReleaseOrphaned'], {
        state: 'collecting',
        answered: ['releaseDeposit IN_FLIGHT'],
        waits: { depositRelease: null },
      })
    given(offramp(), history.collected)
      .when(included('escrowReleased', elsewhere(collectPlace)))
      .then(['depositReleaseOrphaned', 'depositReleased'], {
        state: 'collected',
        timers: { retryDepositRelease: null },
        waits: { depositRelease: collectPlace.fact },
      })
    given(offramp(), history.collected).when(included('escrowReleased', collectPlace)).thenNothing()
    given(offramp(), history.collecting).when(orphaned('escrowReleased', collectPlace)).thenNothing()
  })

  it('comes to a person when the chain has forgotten the deposit for good', () => {
    given(offramp(), [...history.collecting, depositOrphaned])
      .when(deadline('deposit'))
      .then(['depositExpired', 'receivableOpened'], {
        state: 'review',
        answered: ['releaseDeposit FAILED'],
        entries: [owedByCustomer],
        timers: { deposit: null, retryCommit: null, retryDepositRelease: null, retryDepositRefund: null },
        waits: { deposit: null, commit: null, depositRefund: null },
      })
    given(offramp(), [...history.payingOut, depositOrphaned])
      .when(payout('settled'))
      .then(['payoutSettled'], {
        state: 'collecting',
        answered: ['payoutFiat SUCCEEDED'],
        entries: [exchanged],
        intents: ['releaseDeposit'],
        timers: { deposit: depositRefundAfterMs + newsMarginMs },
        liquidity: 'consume',
      })
    given(offramp(), [...history.collecting, depositOrphaned, depositRefunded])
      .when(deadline('deposit'))
      .thenNothing()
  })
})

describe('a deposit that is a balance', () => {
  const balance = () => offramp({ deposit: deposit('balance') })

  it('is claimed by the commit, which is told as a release to the treasury', () => {
    given(balance(), history.committing)
      .when(included('escrowReleased', commitPlace))
      .then([escrowCommitted], { state: 'committed', answered: ['commitEscrow SUCCEEDED'], waits: { commit: commitPlace.fact } })
  })

  it('is the treasury’s when the claim is final, whatever the hour', () => {
    given(balance(), history.committed)
      .when(final('commit', commitPlace), depositHardDeadlineMs)
      .then(['commitFinalized'], {
        state: 'payingOut',
        entries: [collectedIn],
        intents: ['payoutFiat'],
        waits: { commit: null },
      })
  })

  it('leaves nothing to collect', () => {
    given(balance(), history.payingOut)
      .when(payout('settled'))
      .then(['payoutSettled', 'depositReleaseFinalized'], {
        state: 'completed',
        answered: ['payoutFiat SUCCEEDED'],
        entries: [exchanged],
        waits: { depositRelease: null },
        liquidity: 'consume',
      })
  })

  it('goes back out of the treasury', () => {
    const back = [...history.payingOut, payoutRefused, turnedBack]
    given(balance(), [...back, depositRefunded])
      .when(final('depositRefund', giveBackPlace))
      .then(['depositRefundFinalized'], {
        state: 'compensated',
        entries: [['treasury:evm:1:USDC -100.250000', 'customer_clearing:USDC +100.250000']],
        waits: { depositRefund: null },
      })
    given(balance(), back)
      .when(included('escrowRefunded', giveBackPlace))
      .then([depositRefunded], {
        state: 'refundedDeposit',
        answered: ['refundDeposit SUCCEEDED'],
        timers: { deposit: null, retryCommit: null, retryDepositRefund: null },
        waits: { deposit: null, commit: null, depositRefund: giveBackPlace.fact },
      })
  })

  it('is nobody else’s once it is claimed: a closed ledger is final', () => {
    given(balance(), history.payingOut).when(orphaned('escrowReleased', commitPlace)).thenNothing()
    given(balance(), history.payingOut).when(orphaned('depositReceived')).thenNothing()
    given(balance(), history.payingOut).when(included('escrowRefunded', giveBackPlace)).thenNothing()
    given(balance(), history.payingOut)
      .when(included('escrowClawedBack', place('50')))
      .thenNothing()
  })
})

describe('turning back', () => {
  it('gives the deposit back, and frees what was promised', () => {
    given(offramp(), history.deposited)
      .when(cancel)
      .then([canceled, turnedBack], { state: 'refundingDeposit', intents: ['refundDeposit'], liquidity: 'free' })
    given(offramp(), history.committed)
      .when(cancel)
      .then([canceled, turnedBack], {
        state: 'refundingDeposit',
        intents: ['refundDeposit'],
        waits: { commit: null },
        liquidity: 'free',
      })
  })

  it('waits for the chain’s answer to the commit', () => {
    given(offramp(), history.committing).when(cancel).then([canceled], { state: 'committing' })
    given(offramp(), [...history.committing, canceled])
      .when(included('escrowCommitted', commitPlace))
      .then([escrowCommitted, turnedBack], {
        state: 'refundingDeposit',
        answered: ['commitEscrow SUCCEEDED'],
        intents: ['refundDeposit'],
        waits: { commit: null },
        liquidity: 'free',
      })
    given(offramp(), [...history.committing, canceled])
      .when(refusal('commitEscrow'))
      .then([commitRefused, turnedBack], {
        state: 'refundingDeposit',
        answered: ['commitEscrow FAILED'],
        intents: ['refundDeposit'],
        timers: { retryCommit: null },
        liquidity: 'free',
      })
    given(offramp(), [...history.committing, commitRefused])
      .when(cancel)
      .then([canceled, turnedBack], {
        state: 'refundingDeposit',
        intents: ['refundDeposit'],
        timers: { retryCommit: null },
        liquidity: 'free',
      })
    given(offramp(), history.refundingDeposit).when(included('escrowCommitted', commitPlace)).thenNothing()
  })

  it('is compensated when the refund is final', () => {
    given(offramp(), history.refundingDeposit)
      .when(included('escrowRefunded', giveBackPlace))
      .then([depositRefunded], {
        state: 'refundedDeposit',
        answered: ['refundDeposit SUCCEEDED'],
        timers: { deposit: null, retryCommit: null, retryDepositRefund: null },
        waits: { deposit: null, commit: null, depositRefund: giveBackPlace.fact },
      })
    given(offramp(), history.refundedDeposit)
      .when(final('depositRefund', giveBackPlace))
      .then(['depositRefundFinalized'], { state: 'compensated', entries: [paidBack], waits: { depositRefund: null } })
  })

  it('books nothing of a deposit that was never final', () => {
    given(offramp(), [...history.deposited, canceled, turnedBack, depositRefunded])
      .when(final('depositRefund', giveBackPlace))
      .then(['depositRefundFinalized'], { state: 'compensated', waits: { depositRefund: null } })
  })

  it('wishes a refund again later when the chain refuses it', () => {
    const refused: TransferEvent = { type: 'depositRefundRefused', code: 'chain_refused', detail: 'no' }
    given(offramp(), history.refundingDeposit)
      .when(refusal('refundDeposit'))
      .then([refused], {
        state: 'refundingDeposit',
        answered: ['refundDeposit FAILED'],
        timers: { retryDepositRefund: settledAtMs + 2_000 },
      })
    given(offramp(), [...history.refundingDeposit, refused])
      .when(deadline('retryDepositRefund'))
      .then(['depositRefundRetried'], {
        state: 'refundingDeposit',
        intents: ['refundDeposit 1'],
        timers: { retryDepositRefund: null },
      })
    given(offramp(), history.refundingDeposit).when(deadline('retryDepositRefund')).thenNothing()
    given(offramp(), history.refundedDeposit).when(refusal('refundDeposit')).thenNothing()
  })

  it('sends a refund again when a reorg takes it back, and makes it ours when it was somebody else’s', () => {
    given(offramp(), history.refundedDeposit)
      .when(orphaned('escrowRefunded', giveBackPlace))
      .then(['depositRefundOrphaned'], {
        state: 'refundingDeposit',
        answered: ['refundDeposit IN_FLIGHT'],
        waits: { depositRefund: null },
      })
    given(offramp(), [...history.deposited, depositRefunded])
      .when(orphaned('escrowRefunded', giveBackPlace))
      .then(['depositRefundOrphaned', 'depositRefundRetried'], {
        state: 'refundingDeposit',
        intents: ['refundDeposit 1'],
        timers: { retryDepositRefund: null },
        waits: { depositRefund: null },
      })
    given(offramp(), history.refundedDeposit)
      .when(included('escrowRefunded', elsewhere(giveBackPlace)))
      .then(['depositRefunded'], {
        state: 'refundedDeposit',
        timers: { deposit: null, retryCommit: null, retryDepositRefund: null },
        waits: { deposit: null, commit: null, depositRefund: giveBackPlace.fact },
      })
    given(offramp(), history.refundedDeposit)
      .when(orphaned('escrowRefunded', place('f9')))
      .thenNothing()
    given(offramp(), history.compensated).when(orphaned('escrowRefunded', giveBackPlace)).thenNothing()
  })

  it('hears of the deposit’s own fate while its refund stands', () => {
    const gone = [...history.refundedDeposit, depositOrphaned]
    given(offramp(), history.refundedDeposit)
      .when(orphaned('escrowLocked'))
      .then([depositOrphaned], { state: 'refundedDeposit', entries: [paidBack], waits: { deposit: null } })
    given(offramp(), gone)
      .when(included('escrowLocked'))
      .then([depositLocked], { state: 'refundedDeposit', timers: { deposit: null } })
    given(offramp(), gone)
      .when(orphaned('escrowRefunded', giveBackPlace))
      .then(['depositRefundOrphaned'], {
        state: 'refundingDeposit',
        answered: ['refundDeposit IN_FLIGHT'],
        timers: { deposit: depositRefundAfterMs + newsMarginMs },
        waits: { depositRefund: null },
      })
  })
})

describe('a deposit that anybody refunds', () => {
  it.each([
    ['awaitingDeposit', []],
    ['deposited', []],
    ['committing', ['commitEscrow FAILED']],
    ['committed', []],
  ] as const)('turns the transfer back before the pivot: %s', (state, answered) => {
    given(offramp(), history[state])
      .when(included('escrowRefunded', giveBackPlace))
      .then([depositRefunded], {
        state: 'refundedDeposit',
        answered,
        timers: { deposit: null, retryCommit: null, retryDepositRefund: null },
        waits: { deposit: null, commit: null, depositRefund: giveBackPlace.fact },
        liquidity: 'free',
      })
  })

  it.each(['payingOut', 'collecting'] as const)('is remembered after it, until it is final or gone: %s', state => {
    given(offramp(), history[state])
      .when(included('escrowRefunded', giveBackPlace))
      .then([depositRefunded], { state, waits: { depositRefund: giveBackPlace.fact } })
    given(offramp(), [...history[state], depositRefunded])
      .when(orphaned('escrowRefunded', giveBackPlace))
      .then(['depositRefundOrphaned'], { state, waits: { depositRefund: null } })
    given(offramp(), [...history[state], depositRefunded])
      .when(included('escrowRefunded', giveBackPlace))
      .thenNothing()
  })

  it('is owed to us when the fiat has left', () => {
    given(offramp(), [...history.collecting, depositRefunded])
      .when(final('depositRefund', giveBackPlace))
      .then(['depositRefundFinalized', 'receivableOpened'], {
        state: 'review',
        answered: ['releaseDeposit FAILED'],
        entries: [paidBack, owedByCustomer],
        timers: { deposit: null, retryCommit: null, retryDepositRelease: null, retryDepositRefund: null },
        waits: { deposit: null, commit: null, depositRefund: null },
      })
    given(offramp(), [...history.payingOut, depositRefunded, { type: 'depositRefundFinalized' }])
      .when(payout('settled'))
      .then(['payoutSettled', 'receivableOpened'], {
        state: 'review',
        answered: ['payoutFiat SUCCEEDED'],
        entries: [exchanged, owedByCustomer],
        timers: { deposit: null, retryCommit: null, retryDepositRelease: null, retryDepositRefund: null },
        waits: { deposit: null, commit: null, depositRefund: null },
        liquidity: 'consume',
      })
  })

  it('is where it belongs when the bank pays nothing out', () => {
    const refunded = [...history.payingOut, depositRefunded]
    given(offramp(), refunded)
      .when(final('depositRefund', giveBackPlace))
      .then(['depositRefundFinalized'], {
        state: 'payingOut',
        entries: [paidBack],
        waits: { deposit: null, depositRefund: null },
      })
    given(offramp(), [...refunded, { type: 'depositRefundFinalized' }])
      .when(payout('rejected'))
      .then(['payoutRefused', 'compensationStarted', 'transferCompensated'], {
        state: 'compensated',
        answered: ['payoutFiat FAILED'],
        liquidity: 'free',
      })
    given(offramp(), refunded)
      .when(payout('rejected'))
      .then(['payoutRefused', 'compensationStarted', depositRefunded], {
        state: 'refundedDeposit',
        answered: ['payoutFiat FAILED'],
        timers: { deposit: null, retryCommit: null, retryDepositRefund: null },
        waits: { deposit: null, commit: null, depositRefund: giveBackPlace.fact },
        liquidity: 'free',
      })
  })

  it('gives way to our release when that is on the true chain, and the other way round', () => {
    given(offramp(), [...history.collecting, depositRefunded])
      .when(included('escrowReleased', collectPlace))
      .then(['depositRefundOrphaned', 'depositReleased'], {
        state: 'collected',
        answered: ['releaseDeposit SUCCEEDED'],
        timers: { retryDepositRelease: null },
        waits: { depositRefund: null, depositRelease: collectPlace.fact },
      })
    given(offramp(), history.collected)
      .when(included('escrowRefunded', giveBackPlace))
      .then(['depositReleaseOrphaned', 'depositRefunded'], {
        state: 'collecting',
        answered: ['releaseDeposit IN_FLIGHT'],
        waits: { depositRelease: null, depositRefund: giveBackPlace.fact },
      })
  })
})

describe('a deposit that its issuer claws back', () => {
  const clawedBack = included('escrowClawedBack', place('50'))
  const taken: TransferEvent = { type: 'depositClawedBack', ...place('50') }
  const end = {
    timers: { deposit: null, retryCommit: null, retryDepositRelease: null, retryDepositRefund: null },
    waits: { deposit: null, commit: null, depositRefund: null },
  }

  it.each([
    ['awaitingDeposit', [], [], 'free'],
    ['deposited', [], [], 'free'],
    ['committing', [paidBack], ['commitEscrow FAILED'], 'free'],
    ['committed', [paidBack], [], 'free'],
    ['refundingDeposit', [paidBack], ['refundDeposit FAILED'], undefined],
  ] as const)('is the customer’s loss before the pivot: %s', (state, entries, answered, liquidity) => {
    given(offramp(), history[state])
      .when(clawedBack)
      .then([taken], { state: 'failed', entries, answered, liquidity, ...end })
  })

  it('is our loss and a person’s case while the fiat is leaving', () => {
    given(offramp(), history.payingOut)
      .when(clawedBack)
      .then([taken], {
        state: 'review',
        entries: [['escrow:evm:1:USDC -100.250000', 'exposure:evm:1:USDC +100.250000']],
        ...end,
      })
    const lost = [...history.payingOut, taken]
    given(offramp(), lost)
      .when(payout('settled'))
      .then(['payoutSettled'], {
        state: 'review',
        answered: ['payoutFiat SUCCEEDED'],
        entries: [exchanged],
        liquidity: 'consume',
      })
    given(offramp(), lost)
      .when(payout('rejected'))
      .then(['payoutRefused'], { state: 'review', answered: ['payoutFiat FAILED'], liquidity: 'free' })
    given(offramp(), [...lost, payoutRefused])
      .when(payout('returned'))
      .thenNothing()
    given(offramp(), lost)
      .when(payout('returned'))
      .then(['payoutReturned'], { state: 'review', answered: ['payoutFiat FAILED'], liquidity: 'free' })
  })

  it('is our loss when the fiat has left, and the customer is served', () => {
    given(offramp(), history.collecting)
      .when(clawedBack)
      .then([taken], {
        state: 'completed',
        answered: ['releaseDeposit FAILED'],
        entries: [['escrow:evm:1:USDC -100.250000', 'exposure:evm:1:USDC +100.250000']],
        ...end,
      })
    given(offramp(), [...history.collecting, payoutReturned])
      .when(clawedBack)
      .then([taken, 'receivableOpened'], {
        state: 'review',
        answered: ['releaseDeposit FAILED'],
        entries: [['escrow:evm:1:USDC -100.250000', 'exposure:evm:1:USDC +100.250000']],
        ...end,
      })
  })

  it.each(['failed', 'canceled'] as const)('asks for no refund when it came late: %s', state => {
    given(offramp(), history[state])
      .when(clawedBack)
      .then([taken], { state, ...end })
    given(offramp(), [...history[state], taken])
      .when(included('escrowLocked'))
      .thenNothing()
  })

  it('is no news once it has left the escrow', () => {
    given(offramp(), history.collected).when(clawedBack).thenNothing()
    given(offramp(), history.committed)
      .when(included('escrowCredited', place('60')))
      .thenNothing()
    given(offramp(), history.committed)
      .when(included('deliveryClaimed', place('61')))
      .thenNothing()
  })
})

describe('canceling', () => {
  it.each(['payingOut', 'collecting', 'collected', 'completed', 'compensated', 'failed', 'review'] as const)(
    'is refused when the transfer is %s',
    state => {
      const notYetAsked = history[state].filter(event => event.type !== 'cancelRequested')
      given(offramp(), notYetAsked).when(cancel).thenRefused('transfer_not_cancelable')
    },
  )

  it('is heard once', () => {
    given(offramp(), history.canceled).when(cancel).thenNothing()
    given(offramp(), history.refundingDeposit).when(cancel).thenNothing()
  })
})

afterAll(() => {
  const legal = Object.entries(offrampTransitions).flatMap(([from, targets]) =>
    Object.keys(targets).map(event => `${from} ${event}`),
  )
  expect(
    legal.filter(transition => !exercised.has(transition)),
    'transitions that no test has seen',
  ).toEqual([])
})
