import type { Timing } from '../../bridge-service/src/timing.ts'
import type { Random } from '../../scripts/fuzz/reorg/random.ts'
import { type CrashPoint, crashesAt } from './catalogue.ts'
import type { Faults } from './faults.ts'
import type { Scheduler } from './scheduler.ts'

/** One process of the simulated house: what it asks others for, its clocks, and its end. */
export type Process = {
  readonly name: string
  readonly timing: Timing
  readonly isAlive: () => boolean
  /**
   * Asks somebody outside. What was sent arrives, whatever becomes of who sent it; the answer comes to the living only, and to a frozen one
   * when it wakes up. May be killed before it has sent, and after the effect.
   */
  readonly call: <T>(point: CrashPoint, about: string | undefined, effect: () => Promise<T>, delayMs?: number) => Promise<T>
  /** Calls when it is killed, or frozen for so long that the database has given its transactions up. */
  readonly onCut: (listener: () => void) => void
  /** Polls something else than the database. */
  readonly every: (ms: number, toFindMs: () => number, run: () => void) => () => void
  readonly kill: () => void
  /** Nothing runs for so long; then all of it does. */
  readonly freeze: (forMs: number) => void
}

export type ProcessSettings = {
  readonly name: string
  /** What its wall clock is wrong by. */
  readonly skewMs: number
  /** The period by which a timer is known for a poll. */
  readonly pollMs: number
  /** When its polls of the database may find something. */
  readonly toFindMs: () => number
  readonly onDeath: () => void
}

// The setting of the service's own connections.
const idleInTransactionMs = 10_000

export const startProcess = (
  { nowMs, at, poll }: Scheduler,
  random: Random,
  faults: Faults,
  note: (line: string) => void,
  { name, skewMs, pollMs, toFindMs, onDeath }: ProcessSettings,
): Process => {
  let alive = true
  let frozenUntilMs = 0
  const cutListeners: (() => void)[] = []
  const polls = new Set<() => void>()

  const cut = () => {
    for (const listener of cutListeners) listener()
  }
  const kill = () => {
    if (!alive) return
    alive = false
    note(`${name} dies`)
    for (const cancel of polls) cancel()
    cut()
    onDeath()
  }
  /** Runs in the process: never when it is dead, later when it is frozen. */
  const inside = (run: () => void) => () => {
    if (!alive) return
    if (nowMs() < frozenUntilMs) at(frozenUntilMs, inside(run))
    else run()
  }
  const ask = (ms: number, toFindMs: () => number, run: () => void): (() => void) => {
    if (!alive) return () => {}
    const cancel = poll(ms, toFindMs, () => {
      polls.delete(cancel)
      run()
    })
    polls.add(cancel)
    return () => {
      polls.delete(cancel)
      cancel()
    }
  }
  const every: Process['every'] = (ms, toFindMs, run) => {
    let cancel = () => {}
    const beat = () => {
      cancel = ask(ms, toFindMs, () => {
        beat()
        inside(run)()
      })
    }
    beat()
    return () => cancel()
  }
  const latencyMs = () => random.between(0, 4)

  const call: Process['call'] = (point, about, effect, delayMs = 0) =>
    new Promise((resolve, reject) => {
      if (!alive) return
      const crash = crashesAt(point)
      if (faults.strikes(crash.before, about)) return kill()
      const answer = (settle: () => void) => {
        if (alive && faults.strikes(crash.after, about)) return kill()
        at(nowMs() + latencyMs(), inside(settle))
      }
      at(nowMs() + latencyMs() + delayMs, () => {
        note(`${name} ${point}${about === undefined ? '' : ` ${about}`}`)
        effect().then(
          value => answer(() => resolve(value)),
          error => answer(() => reject(error)),
        )
      })
    })

  return {
    name,
    isAlive: () => alive,
    kill,
    call,
    freeze: forMs => {
      note(`${name} freezes for ${forMs} ms`)
      frozenUntilMs = Math.max(frozenUntilMs, nowMs() + forMs)
      if (forMs > idleInTransactionMs) at(nowMs() + idleInTransactionMs, cut)
    },
    onCut: listener => void cutListeners.push(listener),
    timing: {
      nowMs: () => nowMs() + skewMs,
      monotonicMs: nowMs,
      soon: run => void at(nowMs(), inside(run)),
      after: (ms, run) => (ms === pollMs ? ask(ms, toFindMs, inside(run)) : at(nowMs() + ms, inside(run))),
      every: (ms, run) => every(ms, toFindMs, run),
    },
    every,
  }
}
