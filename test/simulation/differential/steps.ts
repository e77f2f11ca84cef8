import { intentOf } from '../../../bridge-service/src/intents/intent.ts'
import type { Posting } from '../../../bridge-service/src/ledger/entry.ts'
import type { PoolState } from '../../../bridge-service/src/saga/load.ts'
import type { FactKey, Step } from '../../../bridge-service/src/saga/step.ts'
import { decide } from '../../../bridge-service/src/transfer/decide.ts'
import type { Decision } from '../../../bridge-service/src/transfer/decision.ts'
import type { Input, OperatorInput } from '../../../bridge-service/src/transfer/input.ts'
import type { Transfer } from '../../../bridge-service/src/transfer/transfer.ts'
import type { Random } from '../../../scripts/fuzz/reorg/random.ts'
import { anyInput } from './inputs.ts'

export type Hint = { readonly pools: readonly PoolState[]; readonly nowMs: number }

/** A step that the machine allows, by the first of some random news that means anything. */
export const anyStep = (random: Random, transfer: Transfer, hint: Hint): Step | undefined => {
  for (let tries = 0; tries < 20; tries++) {
    const step = stepBy(random, transfer, anyInput(random, transfer, hint.nowMs), hint)
    if (step !== undefined) return step
  }
  return undefined
}

/** The step of one input, as the coordinator makes it. */
export const stepBy = (
  random: Random,
  transfer: Transfer,
  input: Input | OperatorInput,
  { pools, nowMs }: Hint,
  fact?: FactKey,
): Step | undefined => {
  const decision = decide(transfer, input, nowMs)
  if (!('events' in decision)) return undefined
  const pool = decision.liquidity === 'reserve' ? pools.find(({ id }) => id === transfer.terms.pool) : undefined
  const late = random.chance(0.1) ? 1 : 0
  return {
    before: transfer,
    decision,
    intents: decision.intents.map(wish => intentOf(decision.after, wish)),
    actor: 'saga',
    cause: `test:${input.type}`,
    ...(pool ? { pool: { id: pool.id, version: pool.version - late } } : {}),
    ...(fact ? { fact } : {}),
  }
}

/** A step that breaks one of the laws of the database that it could break. `taken` is an intent that stands in the store. */
export const broken = (random: Random, step: Step, taken: Step['intents'][number] | undefined): Step => {
  const { decision, intents } = step
  const twice = { ...step, decision: { ...decision, events: decision.events.map(event => ({ ...event, version: 1 })) } }
  const ways: Step[] = [twice]
  const [entry] = decision.entries
  const [posting, ...others] = entry?.entry.postings ?? []
  if (entry && posting) {
    const { currency, minor } = posting.amount
    const change = (change: Partial<Posting>) =>
      booking(step, [{ ...entry, entry: { ...entry.entry, postings: [{ ...posting, ...change }, ...others] } }])
    ways.push(
      booking(step, [entry, ...decision.entries]),
      change({ amount: { currency, minor: minor + 1n } }),
      change({ amount: { currency, minor: 0n } }),
      change({ account: 'nowhere:USD' }),
      change({ account: 'equity:EUR' }),
    )
  }
  const [wish, ...wishes] = intents
  if (wish && taken)
    ways.push(
      { ...step, intents: [{ ...wish, key: taken.key }, ...wishes] },
      { ...step, intents: [{ ...taken, key: random.hex(32).slice(2) }, ...wishes] },
    )
  return random.pick(ways)
}

const booking = (step: Step, entries: Decision['entries']): Step => ({ ...step, decision: { ...step.decision, entries } })
