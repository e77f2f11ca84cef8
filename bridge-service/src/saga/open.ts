import { BridgeError } from '../errors.ts'
import { type Intent, intentOf } from '../intents/intent.ts'
import { machineTiming, type Timing } from '../timing.ts'
import { request } from '../transfer/decide.ts'
import type { QuoteId } from '../transfer/id.ts'
import type { Transfer, Unborn } from '../transfer/transfer.ts'
import type { DatabaseClock } from './database-clock.ts'
import type { Lease, Step } from './step.ts'
import type { SagaStore } from './store.ts'

/** A request to open a transfer, with the answer that its idempotency key will give for ever. */
export type Opening = {
  readonly unborn: Unborn
  readonly quoteId?: QuoteId
  /** What its tenant may owe in all with what this advances, in minor units of what is debited; null: no limit. Absent: nothing is advanced. */
  readonly exposureLimit?: bigint | null
  readonly actor: string
  readonly key: string
  readonly route: string
  readonly requestHash: Buffer
  readonly status: number
  readonly response: unknown
  readonly location: string
}

export type Opened = {
  readonly status: number
  readonly response: unknown
  readonly location: string
  /** The key had been used for the same request before: this is that answer. */
  readonly replayed: boolean
}

/** What a key was answered with when it was new. */
export type StoredAnswer = {
  readonly tenant: string
  readonly key: string
  readonly requestHash: Buffer
  readonly status: number
  readonly response: unknown
  readonly location: string
}

export type OpenerOptions = {
  readonly store: Pick<SagaStore, 'inTransaction' | 'storedAnswers'>
  readonly clock: DatabaseClock
  /** Without it the intents are left to another process. */
  readonly lease?: Lease
  readonly execute: (intents: readonly Intent[]) => void
  readonly onMoved: (moved: readonly Transfer[]) => void
  readonly timing?: Timing
  readonly maxBatch?: number
}

type Waiting = { opening: Opening; resolve: (opened: Opened) => void; reject: (error: unknown) => void }

/**
 * Opens transfers: key, quote, transfer, event and first intent commit together. Requests that arrive while a commit is under way share
 * the next one. Throws `idempotency_conflict`, `quote_used`, `quote_expired` or `exposure_limit_exceeded`; then nothing is written.
 */
export const transferOpener = (options: OpenerOptions) => {
  const { store, clock, lease, execute, onMoved, timing = machineTiming, maxBatch = 256 } = options
  let waiting: Waiting[] = []
  let running = false

  const pump = async () => {
    if (running) return
    running = true
    while (waiting.length > 0) {
      const batch = waiting.slice(0, maxBatch)
      waiting = waiting.slice(batch.length)
      await openBatch(batch)
    }
    running = false
  }

  const openBatch = async (batch: readonly Waiting[]): Promise<void> => {
    try {
      const answers = await commit(batch.map(item => item.opening))
      for (const [index, item] of batch.entries()) {
        const answer = answers[index]!
        if (answer instanceof Error) item.reject(answer)
        else item.resolve(answer)
      }
    } catch (error) {
      if (batch.length === 1) return batch[0]!.reject(error)
      for (const item of batch) await openBatch([item])
    }
  }

  const commit = async (openings: readonly Opening[]): Promise<(Opened | Error)[]> => {
    const { fresh, steps } = await store.inTransaction(async tx => {
      const fresh = await tx.claimKeys(openings)
      await tx.takeQuotes(fresh)
      await tx.limitExposure(fresh)
      const nowMs = clock.nowMs()
      const steps: Step[] = fresh.map(({ unborn, actor }) => {
        const decision = request(unborn, nowMs)
        const intents = decision.intents.map(wish => intentOf(decision.after, wish))
        return { before: unborn, decision, intents, actor, cause: 'command:create' }
      })
      const moved = steps.length > 0 ? await tx.commitSteps(steps, lease) : new Set()
      if (moved.size !== steps.length)
        throw new BridgeError('internal', { reason: 'a transfer id or an escrow ref was there already' })
      return { fresh, steps }
    })
    if (lease) execute(steps.flatMap(step => step.intents))
    onMoved(steps.map(step => step.decision.after))
    return answerAll(openings, new Set(fresh))
  }

  const answerAll = async (openings: readonly Opening[], fresh: ReadonlySet<Opening>): Promise<(Opened | Error)[]> => {
    const old = openings.filter(opening => !fresh.has(opening))
    const stored = new Map((old.length === 0 ? [] : await store.storedAnswers(old)).map(answer => [nameFrom(answer), answer]))
    return openings.map(opening => {
      const { status, response, location, requestHash } = opening
      if (fresh.has(opening)) return { status, response, location, replayed: false }
      const known = stored.get(nameOf(opening))
      if (known === undefined) return new BridgeError('internal', { reason: 'an idempotency key vanished' })
      if (!known.requestHash.equals(requestHash)) return new BridgeError('idempotency_conflict', { key: opening.key })
      return { status: known.status, response: known.response, location: known.location, replayed: true }
    })
  }

  return {
    open: (opening: Opening): Promise<Opened> =>
      new Promise((resolve, reject) => {
        waiting.push({ opening, resolve, reject })
        timing.soon(() => void pump())
      }),
  }
}

export const nameOf = ({ unborn, key }: Opening) => nameFrom({ tenant: unborn.tenant, key })

// Joined by what Postgres allows in no text: tenants and keys may have spaces, and one tenant must never get another's answer.
export const nameFrom = ({ tenant, key }: { tenant: string; key: string }) => `${tenant}\0${key}`
