import { expect } from 'vitest'
import { canonical } from '../differential/canonical.ts'

/** One question to a store; `learn` hears what the real one has answered. */
export type TwinCall<Side> = {
  readonly name: string
  readonly ask: (side: Side) => Promise<unknown>
  readonly learn?: (answer: never) => void
}

type Twins<Side> = { readonly made: Side; readonly real: Side; readonly close: () => Promise<void> }

type Comparison<Side> = {
  readonly seed: number
  readonly count: number
  readonly mustBeMet: readonly string[]
  readonly next: () => Promise<TwinCall<Side>>
  /** What must be the same after each call. */
  readonly sameAfter: (same: (what: string, made: unknown, real: unknown) => void) => Promise<void>
  /** What a call has met, if it is worth counting. */
  readonly metBy: (name: string, answer: unknown) => string | undefined
}

/** So many calls at most, whatever is not met yet. */
export const most = 5_000

/**
 * Both stores are asked the same until they differ, or enough was asked: `count` calls, and everything at least once. Returns how often each call
 * was answered with something.
 */
export const compareTwins = async <Side>(
  { made, real, close }: Twins<Side>,
  { seed, count, mustBeMet, next, sameAfter, metBy }: Comparison<Side>,
): Promise<Map<string, number>> => {
  const met = new Map<string, number>()
  try {
    for (let n = 0; n < count || (n < most && mustBeMet.some(name => !met.has(name))); n++) {
      const { name, ask, learn } = await next()
      const [ours, theirs] = await Promise.all([answerTo(ask(made)), answerTo(ask(real))])
      const same = (what: string, a: unknown, b: unknown) => {
        if (canonical(a) !== canonical(b)) expect(a, `${what} of call ${n} of seed ${seed}, ${name}`).toEqual(b)
      }
      same('the answer', ours, theirs)
      const { answer, error } = theirs
      if (error === undefined) learn?.(answer as never)
      await sameAfter(same)
      const something = error ?? metBy(name, answer)
      if (something !== undefined) met.set(something, (met.get(something) ?? 0) + 1)
    }
  } finally {
    await close()
  }
  return met
}

const answerTo = async (asked: Promise<unknown>): Promise<{ answer?: unknown; error?: string }> => {
  try {
    return { answer: await asked }
  } catch (error) {
    const { code } = error as { code?: string }
    return { error: code === undefined ? String(error) : /^23/.test(code) ? 'a law is broken' : code }
  }
}
