import type { Chain } from '../chains/chain.ts'
import { executor } from '../intents/executor.ts'
import type { Screening } from '../policy/screening.ts'
import type { Rail } from '../rails/rail.ts'
import { machineTiming, type Timing } from '../timing.ts'
import { type Escrow, escrowsOf } from '../transfer/hold.ts'
import type { TransferId } from '../transfer/id.ts'
import type { Transfer } from '../transfer/transfer.ts'
import type { WaitKind } from '../transfer/wait.ts'
import { type Coordinator, type CoordinatorOptions, coordinator } from './coordinator.ts'
import { type DatabaseClock, databaseClock } from './database-clock.ts'
import { transferOpener } from './open.ts'
import type { SagaStore } from './store.ts'
import { timerWorks } from './timers.ts'
import { watch } from './watch.ts'

/** A wait of `finality_waits` whose fact the chain now calls final, by the policy stored with the transfer. */
export type FinalFact = {
  readonly transferId: TransferId
  readonly kind: WaitKind
  readonly fact: string
  readonly escrowId: string
}

export type EngineOptions = {
  readonly store: SagaStore
  /** Names this process in leases. */
  readonly owner: string
  readonly rails: ReadonlyMap<string, Rail>
  readonly chains: ReadonlyMap<string, Chain>
  readonly screening: Screening
  readonly finalFacts: (limit: number) => Promise<readonly FinalFact[]>
  readonly intentLeaseMs: number
  /** Whether a chain or a rail stands still by an operator's word. */
  readonly isHeld?: (target: string) => boolean
  readonly onMoved: (moved: readonly Transfer[]) => void
  readonly onRace?: CoordinatorOptions['onRace']
  readonly log: CoordinatorOptions['log']
  readonly timing?: Timing
  readonly pollMs?: number
  /** How long the banks keep keys; see the executor. */
  readonly keyRetentionMs?: number
}

export type Engine = {
  readonly opener: ReturnType<typeof transferOpener>
  /** By which it decides; kept at database time while the engine runs. */
  readonly clock: DatabaseClock
  /** Something may be waiting in the inbox, or a chain's head has moved. */
  readonly wake: () => void
  readonly inFlight: () => number
  readonly stop: () => Promise<void>
}

/** The saga role: coordinator, executor, timers and finality, wired to each other. */
export const startEngine = async (options: EngineOptions): Promise<Engine> => {
  const { store, owner, log, onMoved, timing = machineTiming } = options
  const pollMs = options.pollMs ?? 250
  const lease = { owner, ms: options.intentLeaseMs }
  const clock = databaseClock(store, timing)
  await clock.synchronise()
  const endSynchronising = timing.every(10_000, () => void clock.synchronise().catch(() => {}))

  const executing = executor({
    queue: store,
    owner,
    leaseMs: options.intentLeaseMs,
    rails: options.rails,
    chains: options.chains,
    screening: options.screening,
    park: store.parkTransfer,
    ...(options.isHeld ? { isHeld: options.isHeld } : {}),
    answer: (intent, input) =>
      coordinating.offer({ transferId: intent.transferId, input, actor: 'saga', cause: `intent:${intent.key}` }),
    log,
    timing,
    databaseNowMs: clock.nowMs,
    pollMs,
    ...(options.keyRetentionMs === undefined ? {} : { keyRetentionMs: options.keyRetentionMs }),
  })
  const coordinating: Coordinator = coordinator({
    store,
    clock,
    lease,
    execute: executing.take,
    onMoved,
    roleOf: (transfer, escrowId) =>
      escrowsOf(transfer).find(escrow => idsOf(escrow, options.chains.get(escrow.chain)).includes(escrowId))?.role,
    log,
    timing,
    factPollMs: pollMs,
    ...(options.onRace === undefined ? {} : { onRace: options.onRace }),
  })
  const watchRows = (name: string, find: Parameters<typeof watch>[0]['find']) =>
    watch({
      find,
      offer: coordinating.offer,
      pollMs,
      onError: error => log('warn', `${name} could not be read`, { error: String(error) }),
      timing,
    })
  const timers = watchRows('timers', async () => {
    const due = await timerWorks(store)
    // They are due by the database's clock: what is decided because of them must not be decided by one that is behind it.
    if (due.length > 0) await clock.synchronise()
    return due
  })
  const finality = watchRows('finality', async () =>
    (await options.finalFacts(500)).map(({ transferId, kind, fact, escrowId }) => ({
      transferId,
      escrowId,
      input: { type: 'finalityReached', kind, fact },
      actor: 'saga',
      cause: `finality:${kind}:${fact}`,
    })),
  )

  return {
    clock,
    opener: transferOpener({ store, clock, lease, execute: executing.take, onMoved, timing }),
    wake: () => {
      coordinating.wake()
      finality.wake()
    },
    inFlight: coordinating.inFlight,
    stop: async () => {
      endSynchronising()
      await Promise.all([timers.stop(), finality.stop(), executing.stop()])
      await coordinating.stop()
    },
  }
}

/** Every id under which a chain may tell of one of a transfer's escrows, as soon as its terms are fixed. */
const idsOf = ({ role, terms }: Escrow, chain: Chain | undefined): readonly string[] => {
  if (terms === undefined || chain === undefined) return []
  return (role === 'deposit' && chain.deposits?.ids(terms)) || [chain.escrowId(terms)]
}
