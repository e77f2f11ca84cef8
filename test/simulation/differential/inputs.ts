import type { RailFact } from '../../../bridge-service/src/rails/rail.ts'
import type { ChainPlace } from '../../../bridge-service/src/transfer/event.ts'
import type { ChainFactKind, Input, RailStep, Step, TimerKind } from '../../../bridge-service/src/transfer/input.ts'
import type { State } from '../../../bridge-service/src/transfer/state.ts'
import type { RetriedStep, Transfer } from '../../../bridge-service/src/transfer/transfer.ts'
import type { WaitKind } from '../../../bridge-service/src/transfer/wait.ts'
import type { Random } from '../../../scripts/fuzz/reorg/random.ts'

const railSteps: readonly RailStep[] = ['debitFiat', 'debitFiat', 'debitFiat', 'creditFiat', 'payoutFiat']
const steps: readonly Step[] = [
  ...(['screen', 'debitFiat', 'creditFiat', 'payoutFiat', 'lockEscrow', 'commitEscrow', 'releaseEscrow'] as const),
  ...(['refundEscrow', 'releaseDeposit', 'refundDeposit', 'cancelDebit'] as const),
]
const chainKinds: readonly ChainFactKind[] = [
  ...(['escrowLocked', 'escrowLocked', 'escrowCommitted', 'escrowReleased', 'escrowReleased', 'escrowRefunded'] as const),
  ...(['escrowCredited', 'escrowClawedBack', 'depositReceived', 'deliveryClaimed', 'deliveryReclaimed'] as const),
]
const timers: readonly TimerKind[] = [
  ...(['clearing', 'clearing', 'retryRelease', 'retryRefund', 'deposit', 'retryCommit'] as const),
  ...(['retryDepositRelease', 'retryDepositRefund', 'patience'] as const),
]
const waits: readonly WaitKind[] = ['lock', 'release', 'refund', 'commit', 'deposit', 'depositRelease', 'depositRefund']

/** News as its sender might tell it at any moment: most of it means something in some state, and little of it in this one. */
export const anyInput = (random: Random, { state, progress }: Transfer, nowMs: number): Input => {
  const { pick, chance, between } = random
  const { deposit } = progress
  const known = [
    progress.lock,
    progress.release,
    progress.refund,
    progress.commit,
    deposit?.lock,
    deposit?.release,
    deposit?.refund,
  ]
  const places = known.filter(place => place !== undefined)
  const place = (): ChainPlace =>
    places.length > 0 && chance(0.5) ? { ...pick(places), blockHash: random.hex(2) } : anyPlace(random)
  const kinds: readonly (() => Input)[] = [
    () => ({ type: 'screened', list: 'test', availableMinor: chance(0.9) ? 10n ** 12n : 0n }),
    () => ({ type: 'railAnswered', step: pick(railSteps), fact: anyRailFact(random, nowMs) }),
    () => ({ type: 'railFact', step: pick(railSteps), fact: anyRailFact(random, nowMs) }),
    () => ({
      type: pick(['chainFact', 'chainFact', 'depositFact'] as const),
      kind: pick(chainKinds),
      status: 'included',
      place: place(),
    }),
    () => ({ type: pick(['chainFact', 'depositFact'] as const), kind: pick(chainKinds), status: 'orphaned', place: place() }),
    () => ({ type: 'finalityReached', kind: pick(waits), fact: places.length > 0 ? pick(places).fact : 'none' }),
    () => ({ type: 'finalityReached', kind: pick(waits), fact: places.length > 0 ? pick(places).fact : 'none' }),
    () => ({ type: 'deadlineReached', kind: pick(timers) }),
    () => ({ type: 'intentUnknown', step: pick(railSteps), detail: 'time-out' }),
    () => ({ type: 'intentRefused', step: pick(steps), attempt: between(0, 1), code: 'chain_refused', detail: 'paused' }),
    ...(chance(0.1) ? [() => ({ type: 'cancelCommand', reason: 'changed my mind' }) as const] : []),
  ]
  const [step, group] = underWay[state] ?? []
  if (step !== undefined && group !== undefined && chance(0.1))
    return { type: 'intentRefused', step, attempt: progress.attempts[group] ?? 0, code: 'chain_refused', detail: 'paused' }
  const next = nextOf[state]
  return next !== undefined && chance(0.5) ? next({ random, nowMs, progress }) : pick(kinds)()
}

/** What is under way on a chain in each state, and how its attempts are counted. */
const underWay: { readonly [S in State]?: readonly [Step, RetriedStep] } = {
  committing: ['commitEscrow', 'commit'],
  releasing: ['releaseEscrow', 'release'],
  collecting: ['releaseDeposit', 'depositRelease'],
  refunding: ['refundEscrow', 'refund'],
  refundingDeposit: ['refundDeposit', 'depositRefund'],
}

type Moment = { readonly random: Random; readonly nowMs: number; readonly progress: Transfer['progress'] }

const settled =
  (step: RailStep) =>
  ({ random, nowMs }: Moment): Input => ({
    type: 'railFact',
    step,
    fact: { ...anyRailFact(random, nowMs), type: 'settled' },
  })
const seen =
  (type: 'chainFact' | 'depositFact', kind: ChainFactKind) =>
  ({ random }: Moment): Input => ({
    type,
    kind,
    status: 'included',
    place: anyPlace(random),
  })
const final =
  (kind: WaitKind, of: (progress: Transfer['progress']) => ChainPlace | undefined) =>
  ({ progress }: Moment): Input => ({
    type: 'finalityReached',
    kind,
    fact: of(progress)?.fact ?? 'none',
  })

/** What comes next in each state when all goes well, so that the dice get past the first of them. */
const nextOf: { readonly [S in State]?: (moment: Moment) => Input } = {
  requested: () => ({ type: 'screened', list: 'test', availableMinor: 10n ** 12n }),
  debiting: settled('debitFiat'),
  awaitingDeposit: seen('depositFact', 'escrowLocked'),
  deposited: final('deposit', ({ deposit }) => deposit?.lock),
  locking: seen('chainFact', 'escrowLocked'),
  locked: final('lock', ({ lock }) => lock),
  clearing: () => ({ type: 'deadlineReached', kind: 'clearing' }),
  committing: ({ random, ...moment }) =>
    seen(random.pick(['chainFact', 'depositFact']), 'escrowCommitted')({ random, ...moment }),
  committed: final('commit', ({ commit }) => commit),
  payingOut: settled('payoutFiat'),
  inTransit: ({ random, nowMs }) => ({
    type: 'railFact',
    step: 'payoutFiat',
    fact: { ...anyRailFact(random, nowMs), type: 'arrived' },
  }),
  releasing: seen('chainFact', 'escrowReleased'),
  released: final('release', ({ release }) => release),
  collecting: seen('depositFact', 'escrowReleased'),
  collected: final('depositRelease', ({ deposit }) => deposit?.release),
  refunding: seen('chainFact', 'escrowRefunded'),
  refunded: final('refund', ({ refund }) => refund),
  refundingDeposit: seen('depositFact', 'escrowRefunded'),
  refundedDeposit: final('depositRefund', ({ deposit }) => deposit?.refund),
  crediting: settled('creditFiat'),
}

export const anyPlace = (random: Random): ChainPlace => {
  const txHash = random.hex(4)
  return { fact: `${txHash}:0`, txHash, blockNumber: String(random.between(1, 1_000)), blockHash: random.hex(2) }
}

export const anyRailFact = (random: Random, nowMs: number): RailFact => ({
  type: random.pick([
    ...(['submitted', 'settled', 'settled', 'settled', 'rejected', 'returned', 'returnReversed'] as const),
    ...(['arrived', 'arrivalReversed'] as const),
  ]),
  bankTransferId: `bt_${random.hex(2)}`,
  externalId: 'CW1',
  at: new Date(nowMs).toISOString(),
  ...(random.chance(0.5) ? { rawCode: 'R01' } : {}),
})
