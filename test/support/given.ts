import { expect } from 'vitest'
import type { ErrorCode } from '../../bridge-service/src/errors.ts'
import type { Posting } from '../../bridge-service/src/ledger/entry.ts'
import { formatDecimal } from '../../bridge-service/src/money/money.ts'
import { decide } from '../../bridge-service/src/transfer/decide.ts'
import type { Decision } from '../../bridge-service/src/transfer/decision.ts'
import type { EventType, TransferEvent } from '../../bridge-service/src/transfer/event.ts'
import { evolve } from '../../bridge-service/src/transfer/evolve.ts'
import type { Input, OperatorInput } from '../../bridge-service/src/transfer/input.ts'
import type { State, Transitions } from '../../bridge-service/src/transfer/state.ts'
import type { Route } from '../../bridge-service/src/transfer/terms.ts'
import type { Transfer, TransferOf, Unborn, UnbornOf } from '../../bridge-service/src/transfer/transfer.ts'
import { settledAtMs } from './onramp.ts'

/** What a step asks for, in short. What is left out must not be there. */
export type Asked = {
  readonly state: State
  /** `debitFiat`, or `releaseEscrow 1` for the second attempt. */
  readonly intents?: readonly string[]
  /** `debitFiat SUCCEEDED`, or `releaseEscrow 1 SUCCEEDED`. */
  readonly answered?: readonly string[]
  /** One list of lines per entry: `bank_cash:bank:sim:USD +100.25`, or `escrow:… +100 pending`. */
  readonly entries?: readonly (readonly string[])[]
  /** When a timer is due, in ms; null clears it. */
  readonly timers?: Readonly<Record<string, number | null>>
  /** The fact that is waited for; null ends the wait. */
  readonly waits?: Readonly<Record<string, string | null>>
  readonly liquidity?: Decision['liquidity']
}

type ExpectedEvent = EventType | (Partial<TransferEvent> & { type: EventType })

// By file: a worker runs many, and keeps this module.
const exercisedBy = new Map<string, Set<string>>()

/** Every transition that a test of this file has seen, as `from event`. */
export const exercised = (): Set<string> => {
  const file = expect.getState().testPath!
  const known = exercisedBy.get(file) ?? new Set()
  exercisedBy.set(file, known)
  return known
}

/** The transitions of a table, as `from event`, that are wanted of this file and that no test of it has seen. */
export const unseen = (table: Transitions, isWanted: (transition: string) => boolean = () => true): string[] => {
  const seen = exercised()
  return Object.entries(table)
    .flatMap(([from, targets]) => Object.keys(targets).map(event => `${from} ${event}`))
    .filter(transition => isWanted(transition) && !seen.has(transition))
}

/** What return-reversal.test.ts shows, and sees to it that it does. */
export const isOfReversals = (transition: string): boolean =>
  /(debitReturnReversed|debitReturnedAgain|creditOwed|receivableClosed|^review transferCompensated)$/.test(transition)

/** What payout-return.test.ts and credit-return.test.ts show of the returns of what we have paid, and see to it that they do. */
export const isOfPaymentReturns = (transition: string): boolean =>
  /(ReturnReversed|ReturnedAgain|review receivable(Closed|Opened)|(refunding|refunded|crediting|compensated|failed) payoutReturned)$/.test(
    transition,
  ) && !transition.includes('debit')

/** A transfer after a history. */
export const replay = <R extends Route>(unborn: UnbornOf<R>, history: readonly TransferEvent[]): TransferOf<R> =>
  history.reduce<Transfer | Unborn>(
    (transfer, event) => evolve(transfer, event),
    unborn as unknown as Unborn,
  ) as unknown as TransferOf<R>

/** `given(onramp(), locked).when(input).then(['lockFinalized'], { state: 'clearing' })`: the machine's specification as sentences. */
export const given = <R extends Route>(unborn: UnbornOf<R>, history: readonly TransferEvent[]) => ({
  when: (input: Input | OperatorInput, nowMs = settledAtMs) => {
    const result = decide(replay(unborn, history) as unknown as Transfer, input, nowMs)
    return {
      // biome-ignore lint/suspicious/noThenProperty: given, when, then; nobody awaits a sentence
      then: (events: readonly ExpectedEvent[], asked: Asked) => {
        if (!('events' in result)) throw new Error(`expected ${JSON.stringify(events)}, got ${JSON.stringify(result)}`)
        for (const { from, event } of result.events) exercised().add(`${from} ${event.type}`)
        expect(result.events.map(({ event }) => event)).toMatchObject(
          events.map(event => (typeof event === 'string' ? { type: event } : event)),
        )
        expect(summary(result)).toEqual({
          intents: [],
          answered: [],
          entries: [],
          timers: {},
          waits: {},
          liquidity: undefined,
          ...asked,
        })
      },
      thenNothing: () => expect(result).toEqual({ ignored: expect.any(String) }),
      /** News that have to be told again. */
      thenTooEarly: () => expect(result).toEqual({ ignored: expect.any(String), early: true }),
      thenRefused: (code: ErrorCode) => expect(result).toMatchObject({ refusal: code }),
    }
  },
})

const summary = (decision: Decision): Required<Omit<Asked, 'liquidity'>> & { liquidity: Asked['liquidity'] | undefined } => ({
  state: decision.after.state,
  intents: decision.intents.map(nameOf),
  answered: decision.intentChanges.map(change => `${nameOf(change)} ${change.status}`),
  entries: decision.entries.map(({ entry }) => entry.postings.map(lineOf)),
  timers: Object.fromEntries(decision.timers.map(({ kind, dueAtMs }) => [kind, dueAtMs])),
  waits: Object.fromEntries(decision.waits.map(({ kind, on }) => [kind, on?.fact ?? null])),
  liquidity: decision.liquidity,
})

const nameOf = ({ step, attempt }: { step: string; attempt: number }) => (attempt === 0 ? step : `${step} ${attempt}`)

const lineOf = ({ account, amount, layer }: Posting) =>
  `${account} ${amount.minor > 0n ? '+' : ''}${formatDecimal(amount)}${layer === 'pending' ? ' pending' : ''}`
