import type { Effects, TimerChange, WaitChange } from './decision.ts'
import type { ChainPlace } from './event.ts'
import type { TimerKind } from './input.ts'
import type { WaitKind } from './wait.ts'

const retryBaseMs = 2_000
const retryCeilingMs = 600_000

/** An event that asks for nothing. */
export const none: Effects = { intents: [], entries: [], timers: [], waits: [] }

export const waitFor = (kind: WaitKind, place: ChainPlace): WaitChange => ({
  kind,
  on: { fact: place.fact, blockNumber: BigInt(place.blockNumber) },
})
export const endOf = (kind: WaitKind): WaitChange => ({ kind, on: null })
export const noTimer = (kind: TimerKind): TimerChange => ({ kind, dueAtMs: null })

/** How long a refused wish rests before it is wished again. */
export const backOffMs = (attempt: number): number => Math.min(retryBaseMs * 2 ** attempt, retryCeilingMs)
