import type { Chain } from '../../bridge-service/src/chains/chain.ts'
import type { AddressStore } from '../../bridge-service/src/deposits/address-store.ts'
import { depositTurn } from '../../bridge-service/src/deposits/desk.ts'
import type { DepositStore } from '../../bridge-service/src/deposits/store.ts'
import type { Settlement } from '../../bridge-service/src/ledger/settle-receivable.ts'
import type { Log } from '../../bridge-service/src/log.ts'
import type { Action } from '../../bridge-service/src/operators/action.ts'
import type { Floor } from '../../bridge-service/src/operators/speak.ts'
import type { Screening } from '../../bridge-service/src/policy/screening.ts'
import { webhookVerifier } from '../../bridge-service/src/rails/bank-api/verify-webhook.ts'
import type { Rail } from '../../bridge-service/src/rails/rail.ts'
import type { RefundRequest } from '../../bridge-service/src/refunds/open-refund.ts'
import { payRefunds } from '../../bridge-service/src/refunds/pay-refunds.ts'
import type { RefundStore } from '../../bridge-service/src/refunds/store.ts'
import { readStatement } from '../../bridge-service/src/saga/bank-statement.ts'
import { type Engine, type FinalFact, startEngine } from '../../bridge-service/src/saga/engine.ts'
import type { Opening } from '../../bridge-service/src/saga/open.ts'
import type { StatementStore } from '../../bridge-service/src/saga/statement-store.ts'
import type { SagaStore } from '../../bridge-service/src/saga/store.ts'
import { type Delivery, webhookSecret } from './bank/mail.ts'
import type { ChainTables } from './indexer/indexer.ts'
import { keepWebhook } from './memory/refunds.ts'
import type { MemoryTx } from './memory/transaction.ts'
import type { MemoryStore } from './memory-store.ts'
import type { Process } from './process.ts'
import { bankOf } from './routes/wanted.ts'
import type { Settings } from './settings.ts'

/** What the operators' API writes with, beside what it is asked for. */
export type Hands = {
  readonly settle: (tx: MemoryTx, settlement: Settlement) => Promise<void>
}

/** One call of the operators' API, in one transaction and once for its key. Rejects with the refusal. */
type Speak<Act> = (call: 'ask' | 'decide', key: string, about: string | undefined, act: Act) => Promise<Action>

/** What a worker is made of: the ports that a planted fault may get between. */
export type Ports = {
  readonly store: SagaStore
  readonly deposits: DepositStore
  readonly addresses: AddressStore
  readonly statements: StatementStore
  readonly refunds: RefundStore
  readonly openRefund: (request: RefundRequest) => Promise<unknown>
  readonly hands: Hands
  readonly speak: Speak<(tx: MemoryTx, floor: Floor) => Promise<Action>>
  readonly rail: Rail
  readonly chains: ReadonlyMap<string, Chain>
  readonly screening: Screening
  readonly finalFacts: (limit: number) => Promise<readonly FinalFact[]>
  readonly keyRetentionMs: number
  /** Whether a bank or a chain stands still by an operator's word. */
  readonly isHeld: (target: string) => boolean
}

/** Gets between the service and its ports, once for each process. */
export type Plant = (
  ports: Ports,
  about: {
    readonly settings: Settings
    readonly memory: MemoryStore
    readonly chains: ReadonlyMap<string, ChainTables>
    readonly draw: () => number
  },
) => Ports

/** One process of the service: the saga's engine, and as much of the API as talks to it. */
export type Worker = {
  readonly process: Process
  readonly post: (opening: Opening) => ReturnType<Engine['opener']['open']>
  /** The handler of the bank's webhooks: says whether it was taken. */
  readonly receive: (delivery: Delivery) => Promise<boolean>
  readonly cancel: (transfer: string, name: string) => Promise<void>
  /** Opens a refund. Rejects with the refusal. */
  readonly refund: (request: RefundRequest) => Promise<unknown>
  /** What an operator asks for, or says of what another one has asked for. */
  readonly speak: Speak<(tx: MemoryTx, floor: Floor, hands: Hands) => Promise<Action>>
  readonly wake: () => void
}

export type BanksOfOurs = {
  readonly banks: readonly string[]
  readonly accounts: readonly string[]
  /** Of any of their statements. */
  readonly newsFromMs: () => number
}

export type WorkerSettings = {
  readonly leaseMs: number
  readonly pollMs: number
  readonly owner: string
  readonly newUuid: () => string
}

const tendEveryMs = 5_000
const deskEveryMs = 2_000
const statementEveryMs = 30_000
const refundEveryMs = 1_000

export const startWorker = async (
  process: Process,
  database: MemoryStore,
  ports: Ports,
  tendFromMs: (chain: string) => () => number,
  deskFromMs: () => number,
  { banks, accounts, newsFromMs }: BanksOfOurs,
  { leaseMs, pollMs, owner, newUuid }: WorkerSettings,
  log: Log,
): Promise<Worker> => {
  const { store, deposits, addresses, statements, refunds, rail, chains, screening, finalFacts, keyRetentionMs, isHeld } = ports
  // One way to all banks of ours.
  const rails = new Map(banks.map(id => [id, { ...rail, id }]))
  const engine = await startEngine({
    store,
    owner,
    rails,
    chains,
    screening,
    finalFacts,
    isHeld,
    intentLeaseMs: leaseMs,
    onMoved: () => {},
    log,
    timing: process.timing,
    pollMs,
    keyRetentionMs,
  })
  const everyNowAndThen = (ms: number, toFindMs: () => number, turn: () => Promise<void>) => {
    let busy = false
    process.every(ms, toFindMs, () => {
      if (busy) return
      busy = true
      void turn().finally(() => {
        busy = false
      })
    })
  }
  for (const chain of chains.values())
    everyNowAndThen(tendEveryMs, tendFromMs(chain.id), () =>
      chain.tend().catch(error => log('warn', `${chain.id} could not be tended`, { error: String(error) })),
    )
  const turn = depositTurn({ store: deposits, addresses, chains, screening, newUuid, isHeld, log })
  everyNowAndThen(deskEveryMs, deskFromMs, () => turn().catch(error => log('warn', 'the desk is stuck', { error })))

  everyNowAndThen(refundEveryMs, database.nextRefundMs, () =>
    payRefunds({ store: refunds, rails, isHeld, log, keyRetentionMs }).then(engine.wake, error =>
      log('warn', 'refunds could not be paid', { error: String(error) }),
    ),
  )

  const read = async () => {
    for (const account of accounts) await readStatement(statements, rails.get(bankOf(account))!, account, log)
  }
  everyNowAndThen(statementEveryMs, newsFromMs, () =>
    read().then(engine.wake, error => log('warn', 'the statement could not be read', { error: String(error) })),
  )

  const wake = () => process.timing.soon(engine.wake)

  return {
    process,
    wake,
    post: opening => engine.opener.open(opening),
    receive: async ({ headers, body }) => {
      const verified = verify(rail, headers, body)
      if (verified === undefined) return false
      const { id, fact } = verified
      await process.call('inbox.keepWebhook', undefined, () => keepWebhook(database.database, rail.id, id, fact))
      engine.wake()
      return true
    },
    refund: ports.openRefund,
    speak: async (call, key, about, act) => {
      const action = await ports.speak(call, key, about, (tx, floor) => act(tx, floor, ports.hands))
      engine.wake()
      return action
    },
    cancel: async (transfer, name) => {
      const news = {
        source: 'command',
        fact: `${transfer}:cancel:${name}`,
        subject: transfer,
        kind: 'cancel',
        payload: { reason: 'changed his mind', actor: 'api:sim' },
      }
      await process.call('inbox.keepCommand', transfer, () => database.keepFact(news))
      engine.wake()
    },
  }
}

export const verifierFor = (process: Process): Rail['verifyWebhook'] =>
  webhookVerifier({ secrets: [webhookSecret], now: process.timing.nowMs })

const verify = (rail: Rail, headers: Record<string, string>, body: string) => {
  try {
    return rail.verifyWebhook(headers, body)
  } catch {
    return undefined
  }
}
