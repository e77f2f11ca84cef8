import { expect } from 'vitest'
import { decide, request } from '../../bridge-service/src/transfer/decide.ts'
import type { Decision, IntentWish } from '../../bridge-service/src/transfer/decision.ts'
import type { EventType, TransferEvent } from '../../bridge-service/src/transfer/event.ts'
import type { Input, OperatorInput, Step } from '../../bridge-service/src/transfer/input.ts'
import { type State, terminalStates } from '../../bridge-service/src/transfer/state.ts'
import type { Route } from '../../bridge-service/src/transfer/terms.ts'
import type { Transfer, Unborn, UnbornOf } from '../../bridge-service/src/transfer/transfer.ts'
import { books, imbalances } from './books.ts'
import { replay } from './given.ts'
import { settledAtMs } from './onramp.ts'
import { asSeen } from './operators.ts'
import { poolBooks } from './pools.ts'
import type { Told } from './stories.ts'

/** How the stories of a route are told. */
export type Telling = {
  /** What leads on from each state. */
  readonly onwards: { readonly [S in State]?: Input }
  /** Looks at a wish before it is kept: at all that has happened by then, and at what earlier wishes came to. */
  readonly wished: (wish: IntentWish, at: Moment) => void
  /** A timer that was ignored is gone, even one that was not due: stricter than the database, which drops only what is. */
  readonly dropsIgnored?: true
  /** Whether anybody could say this now. */
  readonly canBeSaid?: (input: Input | OperatorInput, intents: ReadonlyMap<string, string>) => boolean
}

export type Moment = {
  readonly types: readonly EventType[]
  readonly after: Transfer
  readonly nowMs: number
  readonly intents: ReadonlyMap<string, string>
}

export type Life = ReturnType<typeof live>

/** Everything that a transfer's life promised, kept as the database would keep it. */
export const live = <R extends Route>(unborn: UnbornOf<R>, story: readonly Told[], telling: Telling) => {
  const ledger = books()
  const pools = poolBooks()
  const intents = new Map<string, string>()
  const timers = new Map<string, number>()
  const waits = new Map<string, string>()
  const events: TransferEvent[] = []
  const liquidity: string[] = []
  const wishedTwice: string[] = []
  const passed = new Set<State>()
  let nowMs = settledAtMs

  const keep = (decision: Decision): Transfer => {
    for (const { entry } of decision.entries) {
      expect(imbalances(entry)).toEqual({})
      ledger.book(entry)
    }
    pools.move(decision)
    expect(new Set(decision.entries.map(entry => entry.version)).size, 'one entry per event').toBe(decision.entries.length)
    for (const { step, attempt, status } of decision.intentChanges)
      if (intents.has(`${step} ${attempt}`)) intents.set(`${step} ${attempt}`, status)
    for (const { event, to } of decision.events) {
      events.push(event)
      passed.add(to as State)
    }
    const types = events.map(event => event.type)
    for (const { step, attempt } of decision.intents) {
      if (intents.has(`${step} ${attempt}`)) wishedTwice.push(`${step} ${attempt}`)
      telling.wished({ step, attempt }, { types, after: decision.after, nowMs, intents })
      intents.set(`${step} ${attempt}`, 'IN_FLIGHT')
    }
    for (const { kind, dueAtMs } of decision.timers) dueAtMs === null ? timers.delete(kind) : timers.set(kind, dueAtMs)
    for (const { kind, on } of decision.waits) on === null ? waits.delete(kind) : waits.set(kind, on.fact)
    if (decision.liquidity) liquidity.push(decision.liquidity)
    return decision.after
  }

  let transfer = keep(request(unborn as unknown as Unborn, nowMs))
  for (const { input: told, waitedMs } of story) {
    nowMs += waitedMs
    const said = told === 'onwards' ? telling.onwards[transfer.state] : told
    if (said === undefined) continue
    const input = asSeen(transfer, ledger, said)
    // A refusal answers a wish, however old; there is none of what was never wished.
    if (input.type === 'intentRefused' && !intents.has(`${input.step} ${input.attempt}`)) continue
    if (telling.canBeSaid?.(input, intents) === false) continue
    if (input.type === 'deadlineReached') {
      // The database says when these are due, so they never come early; the others may be old ones.
      if (input.kind === 'clearing') nowMs = Math.max(nowMs, timers.get('clearing') ?? nowMs)
      if (input.kind === 'deposit') {
        if (!timers.has('deposit')) continue
        nowMs = Math.max(nowMs, timers.get('deposit')!)
      }
    }
    const result = decide(transfer, input, nowMs)
    if ('events' in result) transfer = keep(result)
    else if (input.type === 'deadlineReached' && telling.dropsIgnored) timers.delete(input.kind)
  }
  return { unborn, transfer, ledger, pools, intents, timers, waits, events, liquidity, wishedTwice, passed }
}

const isOpen = ({ intents }: Life, step: Step) =>
  [...intents].some(([key, status]) => key.startsWith(`${step} `) && status !== 'SUCCEEDED' && status !== 'FAILED')

/** What wakes a transfer in each state in which it cannot stay. */
const wakers: { readonly [S in State]?: (life: Life) => boolean } = {
  requested: life => isOpen(life, 'screen'),
  debiting: life => isOpen(life, 'debitFiat'),
  awaitingDeposit: ({ timers }) => timers.has('deposit'),
  deposited: ({ waits }) => waits.has('deposit'),
  locking: life => isOpen(life, 'lockEscrow'),
  locked: ({ waits }) => waits.has('lock'),
  clearing: ({ timers }) => timers.has('clearing'),
  committing: life => isOpen(life, 'commitEscrow') || life.timers.has('retryCommit'),
  committed: ({ waits }) => waits.has('commit'),
  payingOut: life => isOpen(life, 'payoutFiat'),
  releasing: life => isOpen(life, 'releaseEscrow') || life.timers.has('retryRelease'),
  released: ({ waits }) => waits.has('release'),
  collecting: life => isOpen(life, 'releaseDeposit') || life.timers.has('retryDepositRelease'),
  collected: ({ waits }) => waits.has('depositRelease'),
  refunding: life => isOpen(life, 'refundEscrow') || life.timers.has('retryRefund'),
  refunded: ({ waits }) => waits.has('refund'),
  refundingDeposit: life => isOpen(life, 'refundDeposit') || life.timers.has('retryDepositRefund'),
  refundedDeposit: ({ waits }) => waits.has('depositRefund'),
  crediting: life => isOpen(life, 'creditFiat'),
}

/** What holds of every life, whatever the route. */
export const expectLawful = (life: Life): void => {
  const { unborn, transfer, intents, timers, waits, events, wishedTwice } = life
  const { state } = transfer
  expect(replay(unborn as UnbornOf<Route>, events), 'history gives the state').toEqual(transfer)
  expect(transfer.version).toBe(events.length)
  expect(wishedTwice, 'one wish per step and attempt').toEqual([])
  expect(wakers[state]?.(life) ?? true, `something wakes a transfer that is ${state}`).toBe(true)
  if (!terminalStates.includes(state)) return
  expect(
    [...intents].filter(([, status]) => status !== 'SUCCEEDED' && status !== 'FAILED'),
    'open wishes at rest',
  ).toEqual([])
  expect([...timers, ...waits], 'timers and waits at rest').toEqual([])
}
