import type { Chain } from '../chains/chain.ts'
import { unreachable } from '../errors.ts'
import type { Log } from '../log.ts'
import type { Outcome } from '../outcome.ts'
import type { Screening } from '../policy/screening.ts'
import { momentOf } from '../rails/moment.ts'
import type { Rail, RailFact, RailTransfer } from '../rails/rail.ts'
import { sendOnce } from '../rails/send-once.ts'
import { type Repeating, repeat } from '../repeat.ts'
import { machineTiming, type Timing } from '../timing.ts'
import type { IntentInput, RailStep } from '../transfer/input.ts'
import type { Intent } from './intent.ts'
import type { IntentQueue, LeasedIntent } from './queue.ts'

/** After half its lease nothing of an intent is begun: the other half is for the call, and then somebody else may have it. */
type Queued = LeasedIntent & { readonly queuedAtMs: number }

type Answer = Exclude<IntentInput, { type: 'screened' }> | { readonly type: 'screened'; readonly list: string }

export type ExecutorOptions = {
  readonly queue: IntentQueue
  readonly owner: string
  readonly leaseMs: number
  readonly rails: ReadonlyMap<string, Rail>
  readonly chains: ReadonlyMap<string, Chain>
  readonly screening: Screening
  /** Takes the answer to the saga. */
  readonly answer: (intent: Intent, answer: Answer) => void
  readonly log: Log
  readonly timing?: Timing
  /** Database time in ms since the epoch: deadlines count from what a bank answers, and this machine's clock may be wrong. */
  readonly databaseNowMs?: () => number
  /** Calls under way at once, per target. */
  readonly concurrency?: number
  readonly pollMs?: number
  /** Whether a target stands still: what it is to do is given back untouched. */
  readonly isHeld?: (target: string) => boolean
  /** Takes a transfer out of the machine whose intent has cost too many workers. */
  readonly park?: (transferId: Intent['transferId'], reason: string) => Promise<void>
  /** How long the bank keeps keys: after that an order is asked about and never sent again. */
  readonly keyRetentionMs?: number
}

export type Executor = {
  /** Takes intents that were committed already leased to this process. */
  readonly take: (intents: readonly Intent[]) => void
  readonly stop: () => Promise<void>
}

// A worker that is killed takes whatever it has with it, again and again under a deployment gone wrong: an intent is parked only for more.
const parkAfter = 6
const giveBackMs = 1_000
const askAgainBaseMs = 500
const askAgainShare = 4
const askAgainCeilingMs = 900_000

/**
 * Turns intents into calls, and answers into inputs of the saga. A wish that was never tried is sent; one that may have been tried is asked
 * about, and sent again (the same key, the same bytes) only when the other side says that it never got it.
 */
export const executor = (options: ExecutorOptions): Executor => {
  const { queue, owner, leaseMs, rails, chains, screening, answer, log, timing = machineTiming } = options
  const waiting = new Map<string, Queued[]>()
  const calls = new Map<string, number>()
  const underWay = new Set<Promise<void>>()
  const concurrency = options.concurrency ?? 64
  const databaseNowMs = options.databaseNowMs ?? timing.nowMs
  let stopped = false

  const enqueue = (intent: LeasedIntent) => {
    const line = waiting.get(intent.target) ?? []
    line.push({ ...intent, queuedAtMs: timing.nowMs() })
    waiting.set(intent.target, line)
    drain(intent.target)
  }

  const drain = (target: string) => {
    const line = waiting.get(target)
    while (line && line.length > 0 && (calls.get(target) ?? 0) < concurrency) {
      const intent = line.shift()!
      calls.set(target, (calls.get(target) ?? 0) + 1)
      const call = run(intent).finally(() => {
        calls.set(target, calls.get(target)! - 1)
        underWay.delete(call)
        if (!stopped) drain(target)
      })
      underWay.add(call)
    }
  }

  const waitedMs = ({ queuedAtMs }: Queued) => timing.nowMs() - queuedAtMs

  const run = async (intent: Queued): Promise<void> => {
    // It waited too long behind others, or this process was frozen. It comes round again, to somebody who asks before he sends.
    if (waitedMs(intent) > leaseMs / 2) return giveBack(intent)
    if (options.isHeld?.(intent.target)) return giveBack(intent)
    try {
      if (intent.abandoned >= parkAfter && options.park) return await park(intent, options.park)
      const { request } = intent
      switch (request.kind) {
        case 'screening':
          await runScreening(intent, await screening.check(request.order))
          break
        case 'rail':
          await runRail(intent, request.order, needed(rails, intent.target))
          break
        case 'railCancel':
          await runCancel(intent, request.order.bankTransferId, needed(rails, intent.target))
          break
        case 'chain':
          await runChain(intent, request.order, needed(chains, intent.target))
          break
        default:
          unreachable(request)
      }
    } catch (error) {
      // Adapters answer in outcomes. A chain that throws says that nothing was stored; a bank's adapter that throws says nothing at all.
      log('warn', 'an intent is tried again later', { intent: intent.key, step: intent.step, error: String(error) })
      await postpone(intent, intent.tried || intent.request.kind === 'rail' ? 'UNKNOWN' : 'PENDING')
    }
  }

  const runScreening = async (intent: Queued, outcome: Outcome<{ list: string }>) => {
    if (outcome.kind === 'done') return answer(intent, { type: 'screened', list: outcome.value.list })
    if (outcome.kind === 'refused') return answer(intent, refusal(intent, outcome))
    await postpone(intent, 'PENDING') // looking at a list has no effect that could be unknown
  }

  const runRail = async (intent: Queued, order: Parameters<Rail['submit']>[0], rail: Rail) => {
    const step = intent.step as RailStep
    const { tried, withdrawnForMs } = intent
    const { keyRetentionMs } = options
    // It was withdrawn while it waited here, or is somebody else's by now, who asks before he sends.
    if (order.direction === 'credit' && !(await queue.holdsIntent(intent))) return
    const ageMs = intent.ageMs + waitedMs(intent)
    const askedAtMs = databaseNowMs()
    const outcome = await sendOnce(rail, order, { tried, ageMs, withdrawnForMs, keyRetentionMs })
    if (outcome.kind === 'done') return answerRail(intent, step, outcome.value, askedAtMs)
    if (outcome.kind === 'refused') return answer(intent, refusal(intent, outcome))
    if (outcome.kind === 'forgotten')
      log('error', 'an order was never found and its key may be forgotten: a person must look', { intent: intent.key })
    if (tried || outcome.kind === 'forgotten') return postpone(intent, 'UNKNOWN')
    answer(intent, { type: 'intentUnknown', step, detail: outcome.detail })
  }

  /** A bank that does not tell when is taken to mean the moment in which it was asked: what it says by webhook meanwhile is later. */
  const answerRail = async (intent: Queued, step: RailStep, transfer: RailTransfer, askedAtMs: number) => {
    const { status, bankTransferId, externalId, rawCode, at } = transfer
    const fact: RailFact = {
      type: status,
      bankTransferId,
      externalId,
      at: momentOf(at, askedAtMs),
      ...(rawCode === undefined ? {} : { rawCode }),
    }
    answer(intent, { type: 'railAnswered', step, fact })
    // Not settled yet: the webhook may be lost, so the bank is asked again, ever more rarely.
    if (status === 'submitted' && intent.tried) await postpone(intent, 'IN_FLIGHT')
  }

  /** Asked as often as it takes: to give up an order twice is to give it up once. What the bank then says is news of the order itself. */
  const runCancel = async (intent: Queued, bankTransferId: string, rail: Rail) => {
    const askedAtMs = databaseNowMs()
    const outcome = await rail.cancel(bankTransferId)
    if (outcome.kind === 'refused') return answer(intent, refusal(intent, outcome))
    if (outcome.kind === 'unknown' || outcome.value.status === 'submitted') return postpone(intent, 'IN_FLIGHT')
    await answerRail(intent, 'debitFiat', outcome.value, askedAtMs)
  }

  const runChain = async (intent: Queued, order: Parameters<Chain['submit']>[0], chain: Chain) => {
    if (intent.tried) {
      const found = await chain.find(order.key)
      if (found.kind === 'refused' && found.code !== 'not_found') return answer(intent, refusal(intent, found))
      // Included or on its way: the indexer's observation moves the saga.
      if (found.kind !== 'refused') return postpone(intent, 'IN_FLIGHT')
    }
    const outcome = await chain.submit(order)
    if (outcome.kind === 'refused') return answer(intent, refusal(intent, outcome))
    if (intent.tried || outcome.kind === 'unknown') await postpone(intent, 'IN_FLIGHT')
  }

  const refusal = ({ step, attempt }: Intent, { code, detail }: { code: string; detail: string }): Answer => ({
    type: 'intentRefused',
    step,
    attempt,
    code,
    detail,
  })

  /** As it was: nothing of it was begun. */
  const giveBack = (intent: Queued) =>
    postpone(intent, !intent.tried ? 'PENDING' : intent.request.kind === 'chain' ? 'IN_FLIGHT' : 'UNKNOWN', giveBackMs)

  const park = async (intent: Queued, take: NonNullable<ExecutorOptions['park']>) => {
    const reason = `${intent.step}: ${intent.abandoned} workers in a row were never heard of again`
    log('error', 'a transfer is parked', { transfer: intent.transferId, intent: intent.key, reason })
    await take(intent.transferId, reason)
    await giveBack(intent)
  }

  const postpone = async (intent: Queued, status: 'PENDING' | 'IN_FLIGHT' | 'UNKNOWN', afterMs?: number) => {
    // By its age and not by its claims: a worker that dies claims and never asks, and after an outage all of them would wait for the ceiling.
    const ageMs = intent.ageMs + waitedMs(intent)
    const delayMs = afterMs ?? Math.round(Math.min(Math.max(askAgainBaseMs, ageMs / askAgainShare), askAgainCeilingMs))
    // When the database is down too, the lease runs out and another worker asks.
    await queue
      .postponeIntent(intent, status, delayMs)
      .catch(error => log('warn', 'an intent could not be given back', { intent: intent.key, error: String(error) }))
  }

  const claim = async (): Promise<void> => {
    const claimed = await queue.claimIntents(owner, leaseMs, 100)
    for (const intent of claimed) enqueue(intent)
    if (claimed.length === 100) claiming.wake()
  }
  const claiming: Repeating = repeat(
    options.pollMs ?? 250,
    claim,
    error => log('warn', 'intents could not be claimed', { error: String(error) }),
    timing,
  )

  return {
    take: intents => {
      for (const intent of intents) enqueue({ ...intent, epoch: 1, attempts: 0, abandoned: 0, tried: false, ageMs: 0 })
    },
    stop: async () => {
      stopped = true
      await claiming.stop()
      await Promise.allSettled(underWay)
    },
  }
}

const needed = <T>(adapters: ReadonlyMap<string, T>, id: string): T => {
  const adapter = adapters.get(id)
  if (adapter === undefined) throw new Error(`no adapter ${id} in this process`)
  return adapter
}
