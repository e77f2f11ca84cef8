import fc from 'fast-check'
import type { RailFact } from '../../bridge-service/src/rails/rail.ts'
import type { ChainFactKind, Input, OperatorInput, RailStep, Step, TimerKind } from '../../bridge-service/src/transfer/input.ts'
import type { WaitKind } from '../../bridge-service/src/transfer/wait.ts'
import { place, settledAtMs } from './onramp.ts'
import { anyWord } from './operators.ts'

/** What is said, and how long after the words before. `onwards` is whatever leads on from where the transfer is. */
export type Told = { readonly input: Input | OperatorInput | 'onwards'; readonly waitedMs: number }
type Weighted = fc.WeightedArbitrary<Input | OperatorInput>

/**
 * Stories of anything that anybody may say at any time: out of order, twice, and contradicting what was said before. `weight` is that of such
 * words against going onwards: without the latter, random stories rarely get far.
 */
export const anyStory = (words: readonly Weighted[], weight: number, waitedMs: readonly number[]): fc.Arbitrary<Told[]> =>
  fc.array(
    fc.record({
      input: fc.oneof({ arbitrary: fc.constant('onwards' as const), weight: 1 }, { arbitrary: fc.oneof(...words), weight }),
      waitedMs: fc.constantFrom(...waitedMs),
    }),
    { maxLength: 60, size: 'max' },
  )

/** What is said to a transfer of any route. */
export const commonWords = (steps: readonly Step[]): Weighted[] => [
  { weight: 1, arbitrary: anyWord },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant('screened'),
      list: fc.constant('test'),
      availableMinor: fc.constantFrom(0n, 10n ** 12n, 10n ** 12n),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant('intentRefused'),
      step: fc.constantFrom(...steps),
      attempt: fc.nat(2),
      code: fc.constant('no'),
      detail: fc.constant('no'),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ type: fc.constant('intentUnknown'), step: fc.constantFrom(...steps), detail: fc.constant('silence') }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('cancelCommand'), reason: fc.constant('x') }) },
]

/** What a bank says. `at` are the times that it names. */
export const bankWords = (
  weight: number,
  steps: readonly RailStep[],
  types: readonly RailFact['type'][],
  at: readonly string[] = [new Date(settledAtMs).toISOString()],
): Weighted => ({
  weight,
  arbitrary: fc.record({
    type: fc.constantFrom('railFact', 'railAnswered'),
    step: fc.constantFrom(...steps),
    fact: fc.record({
      type: fc.constantFrom(...types),
      bankTransferId: fc.constantFrom('bt_1', 'bt_2'),
      externalId: fc.constant('CW1'),
      at: fc.constantFrom(...at),
    }),
  }),
})

/** A bank that names any time, and some that are none. */
export const anyTimes = [...[0, -86_400_000, 3_600_000].map(ms => new Date(settledAtMs + ms).toISOString()), 'never']

/** What a chain says of an escrow, as often as its kind stands in `kinds`; `factOf` names the transaction. */
export const chainWords = (
  weight: number,
  type: 'chainFact' | 'depositFact',
  kinds: readonly ChainFactKind[],
  factOf: (kind: ChainFactKind) => string,
): Weighted => ({
  weight,
  arbitrary: fc
    .record({
      kind: fc.constantFrom(...kinds),
      status: fc.constantFrom('included' as const, 'included' as const, 'orphaned' as const),
      block: fc.constantFrom('a', 'a', 'b'),
    })
    .map(({ kind, status, block }): Input => ({ type, kind, status, place: place(factOf(kind), block) })),
})

export const finalityWords = (weight: number, kinds: readonly WaitKind[], factOf: (kind: WaitKind) => string): Weighted => ({
  weight,
  arbitrary: fc.constantFrom(...kinds).map((kind): Input => ({ type: 'finalityReached', kind, fact: place(factOf(kind)).fact })),
})

export const deadlineWords = (weight: number, kinds: readonly TimerKind[]): Weighted => ({
  weight,
  arbitrary: fc.record({ type: fc.constant('deadlineReached'), kind: fc.constantFrom(...kinds) }),
})
