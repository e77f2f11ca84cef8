import { randomUUID } from 'node:crypto'
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest'
import { type Intent, intentOf } from '../../bridge-service/src/intents/intent.ts'
import { type Coordinator, type CoordinatorOptions, coordinator } from '../../bridge-service/src/saga/coordinator.ts'
import { databaseClock } from '../../bridge-service/src/saga/database-clock.ts'
import { postgresStore } from '../../bridge-service/src/saga/postgres-store.ts'
import type { Work } from '../../bridge-service/src/saga/work.ts'
import type { TransferId } from '../../bridge-service/src/transfer/id.ts'
import type { Transfer, TransferOf } from '../../bridge-service/src/transfer/transfer.ts'
import { bankSays, history, onramp, place } from './onramp.ts'
import { fundPool, type SagaDatabase, sagaDatabase, store, wish } from './saga.ts'
import { until } from './until.ts'

export const ourEscrow = '0xours'
export type Running = Coordinator & { readonly moved: Transfer[]; readonly executed: Intent[]; readonly logged: string[] }
export const idle = (...coordinators: Coordinator[]) =>
  until('nothing in flight', () => coordinators.every(each => each.inFlight() === 0))
export const work = (transferId: TransferId, input: Work['input'], extra: Partial<Work> = {}): Work => ({
  transferId,
  input,
  actor: 'saga',
  cause: 'test',
  ...extra,
})
export const screened = ({ id }: Transfer) => work(id, { type: 'screened', list: 'test' })
export const settled = ({ id }: Transfer) => work(id, { type: 'railFact', step: 'debitFiat', fact: bankSays('settled') })

/** Coordinators over a database of the file's own and a pool of each test's own, stopped after each; with what tests tell them and ask. */
export const coordinating = () => {
  let database: SagaDatabase
  let pool: { pool: string }
  beforeAll(async () => {
    database = await sagaDatabase()
  })
  afterAll(() => database.close())
  beforeEach(async () => {
    pool = await fundPool(database.owner, `pool_${randomUUID()}`, 10n ** 12n)
  })

  const running: Coordinator[] = []
  const start = (options: Partial<CoordinatorOptions> = {}): Running => {
    const moved: Transfer[] = []
    const executed: Intent[] = []
    const logged: string[] = []
    const started = coordinator({
      store: postgresStore(database.app),
      clock: databaseClock(postgresStore(database.app)),
      lease: { owner: randomUUID(), ms: 60_000 },
      execute: intents => executed.push(...intents),
      onMoved: transfers => moved.push(...transfers),
      roleOf: (_transfer, escrowId) => (escrowId === ourEscrow ? 'hold' : undefined),
      log: (_level, message) => logged.push(message),
      factPollMs: 20,
      ...options,
    })
    running.push(started)
    return { ...started, moved, executed, logged }
  }
  afterEach(async () => {
    await Promise.all(running.splice(0).map(each => each.stop()))
    // What one test leaves waiting is none of the next one's business.
    await database.owner.query('update inbox set consumed = revision where consumed < revision')
  })

  const one = async <T extends object>(sql: string, ...values: unknown[]): Promise<T[]> =>
    (await database.owner.query<T>(sql, values)).rows
  const stateOf = async (id: string) => (await one<{ state: string }>('select state from transfers where id = $1', id))[0]!.state
  const parkedOf = async (id: string) =>
    (await one<{ parked_reason: string | null }>('select parked_reason from transfers where id = $1', id))[0]!.parked_reason
  const many = (count: number, events: (typeof history)['requested'], terms = pool) =>
    Promise.all(Array.from({ length: count }, () => store(database.owner, events, onramp(terms))))

  /** Hands a fact to the inbox as the indexer or the bank's webhook does: news about a known fact raise its revision. */
  const tell = async (source: string, fact: string, subject: string, kind: string, payload: object) => {
    await database.owner.query(
      `insert into inbox (source, fact, subject, kind, payload) values ($1, $2, $3, $4, $5)
       on conflict (source, fact) do update set payload = excluded.payload, revision = inbox.revision + 1`,
      [source, fact, subject, kind, payload],
    )
  }
  const tellLock = (transfer: TransferOf<'onramp'>, fact: string, status: 'included' | 'orphaned', block = 'a') => {
    const { fact: _fact, ...where } = place(fact, block)
    return tell('evm:1', fact, transfer.terms.hold.ref, 'escrowLocked', { status, escrowId: ourEscrow, ...where })
  }
  /** A transfer that waits for its bank, with the intent by which the bank's news finds it. */
  const waitingForBank = async (terms: Parameters<typeof onramp>[0] = pool): Promise<{ transfer: Transfer; intent: Intent }> => {
    const transfer = await store(database.owner, history.debiting, onramp(terms))
    const intent = intentOf(transfer, { step: 'debitFiat', attempt: 0 })
    await wish(database.owner, intent, { status: 'IN_FLIGHT', next_at: '2999-01-01' })
    return { transfer, intent }
  }
  const tellSettled = ({ intent }: { intent: Intent }, fact: string = randomUUID()) =>
    tell('bank:sim', fact, intent.reference, 'railFact', bankSays('settled'))

  return {
    get database() {
      return database
    },
    get pool() {
      return pool
    },
    ...{ start, one, stateOf, parkedOf, many, tell, tellLock, waitingForBank, tellSettled },
  }
}
