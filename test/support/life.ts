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

export type Life = {
  readonly unborn: Unborn
  readonly transfer: Transfer
  readonly ledger: ReturnType<typeof books>
  readonly pools: ReturnType<typeof poolBooks>
  /** By step and attempt: its status. */
  readonly intents: ReadonlyMap<string, string>
  readonly timers: ReadonlyMap<string, number>
  /** By kind: the fact. */
  readonly waits: ReadonlyMap<string, string>
  readonly events: readonly TransferEvent[]
  readonly liquidity: readonly string[]
  readonly wishedTwice: readonly string[]
  readonly passed: ReadonlySet<State>
}

/** Everything that a transfer's life promised, kept as the database would keep it. */
export const live = <R extends Route>(unborn: UnbornOf<R>, story: readonly Told[], telling: Telling): Life => {
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
    // At every moment, and not only where the story ends: few stories end where a timer was forgotten.
    expectAwake(transfer.state, { intents, timers, waits })
  }
  return {
    unborn: unborn as unknown as Unborn,
    transfer,
    ledger,
    pools,
    intents,
    timers,
    waits,
    events,
    liquidity,
    wishedTwice,
    passed,
  }
}

/** What may wake a transfer. */
type Watch = Pick<Life, 'intents' | 'timers' | 'waits'>

const isOpen = ({ intents }: Watch, step: Step) =>
  [...intents].some(([key, status]) => key.startsWith(`${step} `) && status !== 'SUCCEEDED' && status !== 'FAILED')

/** What wakes a transfer in each state in which it cannot stay. */
const wakers: { readonly [S in State]?: (watch: Watch) => boolean } = {
  requested: watch => isOpen(watch, 'screen'),
  debiting: watch => isOpen(watch, 'debitFiat'),
  awaitingDeposit: ({ timers }) => timers.has('deposit'),
  deposited: ({ waits }) => waits.has('deposit'),
  locking: watch => isOpen(watch, 'lockEscrow'),
  locked: ({ waits }) => waits.has('lock'),
  clearing: ({ timers }) => timers.has('clearing'),
  committing: watch => isOpen(watch, 'commitEscrow') || watch.timers.has('retryCommit'),
  committed: ({ waits }) => waits.has('commit'),
  payingOut: watch => isOpen(watch, 'payoutFiat'),
  releasing: watch => isOpen(watch, 'releaseEscrow') || watch.timers.has('retryRelease'),
  released: ({ waits }) => waits.has('release'),
  collecting: watch => isOpen(watch, 'releaseDeposit') || watch.timers.has('retryDepositRelease'),
  collected: ({ waits }) => waits.has('depositRelease'),
  refunding: watch => isOpen(watch, 'refundEscrow') || watch.timers.has('retryRefund'),
  refunded: ({ waits }) => waits.has('refund'),
  refundingDeposit: watch => isOpen(watch, 'refundDeposit') || watch.timers.has('retryDepositRefund'),
  refundedDeposit: ({ waits }) => waits.has('depositRefund'),
  crediting: watch => isOpen(watch, 'creditFiat'),
}

const expectAwake = (state: State, watch: Watch) =>
  expect(wakers[state]?.(watch) ?? true, `something wakes a transfer that is ${state}`).toBe(true)

/** What holds of every life, whatever the route, where its story ends. */
export const expectLawful = (life: Life): void => {
  const { unborn, transfer, intents, timers, waits, events, wishedTwice } = life
  const { state } = transfer
  // Since when it stands there is in no event.
  expect(replay(unborn as UnbornOf<Route>, events), 'history gives the state').toEqual({ ...transfer, phaseSinceMs: undefined })
  expect(transfer.version).toBe(events.length)
  expect(wishedTwice, 'one wish per step and attempt').toEqual([])
  if (!terminalStates.includes(state)) return
  expect(
    [...intents].filter(([, status]) => status !== 'SUCCEEDED' && status !== 'FAILED'),
    'open wishes at rest',
  ).toEqual([])
  expect([...timers, ...waits], 'timers and waits at rest').toEqual([])
}
