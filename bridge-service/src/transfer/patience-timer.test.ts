import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { replay } from '../../../test/support/given.ts'
import { bank, cancel, deadline, debit, final, included, refusal, screened } from '../../../test/support/inputs.ts'
import { finalAtMs, onramp, settledAtMs } from '../../../test/support/onramp.ts'
import { remittance } from '../../../test/support/remittance.ts'
import { seed } from '../../../test/support/seed.ts'
import { decide, request } from './decide.ts'
import type { Decision } from './decision.ts'
import type { Input } from './input.ts'
import { isPatient, phaseOf } from './patience-timer.ts'
import type { State } from './state.ts'
import type { Patience } from './terms.ts'
import type { Transfer, Unborn } from './transfer.ts'

const minute = 60_000
const hour = 60 * minute
const usual: Patience = {
  ...{ debitMs: hour, inclusionMs: 10 * minute, finalityMs: 20 * minute, payoutMs: 30 * minute, transferMs: 24 * hour },
}
const due = deadline('patience')

/** A transfer whose timer comes when it is due, beside one that is exact: set anew by every step that begins a phase. */
const life = (unborn: Unborn) => {
  const patience = unborn.terms.patience!
  const createdAtMs = Date.parse(unborn.terms.createdAt)
  let nowMs = createdAtMs
  let transfer: Transfer
  let timerMs: number | undefined
  let exactMs: number | undefined
  let writes = 0
  let told = 0

  const keep = (before: Transfer | Unborn, decision: Decision) => {
    transfer = decision.after
    for (const { dueAtMs } of decision.timers.filter(({ kind }) => kind === 'patience')) {
      timerMs = dueAtMs ?? undefined
      writes++
    }
    const phase = phaseOf(transfer)
    if (!isPatient(transfer)) exactMs = undefined
    else if (
      before.state !== transfer.state ||
      before.progress.attention !== transfer.progress.attention ||
      before.progress.debit?.calledBack !== transfer.progress.debit?.calledBack
    )
      exactMs = Math.max(nowMs, Math.min(createdAtMs + patience.transferMs, nowMs + patience[phase ?? 'transferMs']))
  }
  const say = (input: Input) => {
    const result = decide(transfer, input, nowMs)
    if ('events' in result) keep(transfer, result)
    return result
  }
  const pass = (ms: number) => {
    const untilMs = nowMs + ms
    while (timerMs !== undefined && timerMs <= untilMs) {
      nowMs = Math.max(nowMs, timerMs)
      const wasExactMs = exactMs
      const result = say(due)
      if ('events' in result) {
        expect(nowMs, 'a person is told, or the debit called back, when an exact timer says so').toBe(wasExactMs)
        told++
      } else timerMs = 'ignored' in result ? result.againAtMs : undefined
    }
    nowMs = untilMs
    expect(exactMs ?? Number.POSITIVE_INFINITY, 'nothing was missed').toBeGreaterThan(nowMs)
  }

  keep(unborn, request(unborn, nowMs))
  return {
    say,
    pass,
    state: (): State => transfer.state,
    nowMs: () => nowMs,
    timerMs: () => timerMs,
    writes: () => writes,
    told: () => told,
  }
}

const onwards: { readonly [S in State]?: readonly Input[] } = {
  requested: [screened(10n ** 12n)],
  debiting: [debit('submitted'), debit('settled'), debit('settled'), refusal('cancelDebit')],
  locking: [included('escrowLocked', '10'), included('escrowLocked', '10'), refusal('lockEscrow')],
  locked: [final('lock', '10'), final('lock', '10'), cancel],
  clearing: [deadline('clearing'), deadline('clearing'), cancel],
  committing: [included('escrowCommitted', '15')],
  committed: [final('commit', '15')],
  payingOut: [bank('payoutFiat', 'settled'), bank('payoutFiat', 'rejected', 'R03')],
  releasing: [included('escrowReleased', '20'), refusal('releaseEscrow')],
  released: [final('release', '20')],
  refunding: [included('escrowRefunded', '30')],
  refunded: [final('refund', '30')],
  crediting: [bank('creditFiat', 'settled')],
}

const times = fc.constantFrom(minute, 7 * minute, hour, 5 * hour, 72 * hour)
const patiences: fc.Arbitrary<Patience> = fc.record({
  ...{ debitMs: times, inclusionMs: times, finalityMs: times, payoutMs: times, transferMs: times },
})
const story = fc.array(
  fc.record({
    choice: fc.nat(11),
    waitedMs: fc.constantFrom(0, 1_000, minute / 2, 3 * minute, 10 * minute, 2 * hour, finalAtMs - settledAtMs),
  }),
  { minLength: 5, maxLength: 25, size: 'max' },
)

describe('the timer of a transfer’s patience', () => {
  it.each(['onramp', 'remittance'] as const)('is as good as an exact one, wherever and however long a %s stands', route => {
    let told = 0
    fc.assert(
      fc.property(patiences, story, (patience, moments) => {
        const unborn = (route === 'onramp' ? onramp({ patience }) : remittance({ patience })) as Unborn
        const { say, pass, state, told: toldOf } = life(unborn)
        for (const { choice, waitedMs } of moments) {
          pass(waitedMs)
          const inputs = onwards[state()] ?? []
          if (inputs.length > 0) say(inputs[choice % inputs.length]!)
        }
        told += toldOf()
      }),
      { seed, numRuns: 2_000 },
    )
    expect(told).toBeGreaterThan(1_000)
  })

  it('is set once and ended once by a transfer that takes no longer than half of the shortest of its times', () => {
    const { say, pass, state, writes } = life(onramp({ patience: usual, clearingMs: 0 }) as Unborn)
    for (const input of [screened(10n ** 12n), debit('submitted'), debit('settled'), included('escrowLocked', '10')]) say(input)
    pass(4 * minute)
    say(final('lock', '10'))
    say(deadline('clearing'))
    say(included('escrowReleased', '20'))
    expect(writes()).toBe(1)
    say(final('release', '20'))
    expect({ state: state(), writes: writes() }).toEqual({ state: 'completed', writes: 2 })
  })

  it('is moved by the step into a shorter phase later on, and by none into a longer one', () => {
    const { say, pass, nowMs, timerMs, writes } = life(onramp({ patience: usual }) as Unborn)
    const bornMs = nowMs()
    say(screened(10n ** 12n))
    expect(timerMs(), 'the first look').toBe(bornMs + usual.inclusionMs)
    pass(usual.inclusionMs)
    expect(timerMs(), 'it came early').toBe(bornMs + usual.debitMs)
    expect(writes()).toBe(1)
    say(debit('settled'))
    expect(timerMs()).toBe(nowMs() + usual.inclusionMs)
    const lockingMs = nowMs()
    pass(minute)
    say(included('escrowLocked', '10'))
    expect(timerMs(), 'that of the phase before').toBe(lockingMs + usual.inclusionMs)
    pass(usual.inclusionMs)
    expect(timerMs()).toBe(lockingMs + minute + usual.finalityMs)
    expect(writes()).toBe(2)
  })

  it('says what it says, where an older machine has set it', () => {
    const old = replay(onramp({ patience: usual }), [
      { type: 'transferRequested' },
      { type: 'screeningPassed', list: 'test' },
      { type: 'liquidityReserved' },
    ]) as Transfer
    const early = settledAtMs + minute
    expect(decide(old, due, early)).toMatchObject({ events: [{ event: { type: 'attentionRequired', why: 'debit_overdue' } }] })
    // An exact timer of a debit may be later than any that this machine sets: the next step makes it one of its own.
    expect(decide(old, debit('settled'), early)).toMatchObject({
      timers: [{ kind: 'patience', dueAtMs: settledAtMs + usual.inclusionMs }],
    })
  })
})
