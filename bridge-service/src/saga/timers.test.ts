import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { clearingMs, history, onramp } from '../../../test/support/onramp.ts'
import { type SagaDatabase, sagaDatabase, store } from '../../../test/support/saga.ts'
import { until } from '../../../test/support/until.ts'
import type { Transfer } from '../transfer/transfer.ts'
import { coordinator } from './coordinator.ts'
import { databaseClock } from './database-clock.ts'
import { parkTransfer } from './load.ts'
import { isTransient } from './postgres-errors.ts'
import { postgresStore } from './postgres-store.ts'
import { timerWorks } from './timers.ts'
import { watch } from './watch.ts'
import type { Work } from './work.ts'

let database: SagaDatabase
beforeAll(async () => {
  database = await sagaDatabase()
})
afterAll(() => database.close())

const set = async (transfer: Transfer, kind: string, due: string) => {
  await database.owner.query(
    `insert into deadlines (transfer_id, kind, due_at) values ($1, $2, now() + $3::interval)
     on conflict (transfer_id, kind) do update set due_at = excluded.due_at`,
    [transfer.id, kind, due],
  )
}
const timersOf = async ({ id }: Transfer) =>
  (
    await database.owner.query<{ kind: string }>('select kind from deadlines where transfer_id = $1 order by kind', [id])
  ).rows.map(row => row.kind)

describe('timers', () => {
  it('come when they are due by the database, the oldest first, and not for parked transfers', async () => {
    const [late, later, early, parked] = await Promise.all(
      Array.from({ length: 4 }, () => store(database.owner, history.clearing)),
    )
    await set(late!, 'clearing', '-1 s')
    await set(later!, 'retryRelease', '-2 s')
    await set(early!, 'clearing', '1 h')
    await set(parked!, 'clearing', '-3 s')
    await parkTransfer(database.app, parked!.id, 'test')
    const due = await timerWorks(postgresStore(database.app))
    expect(due.map(({ transferId, input, cause }) => ({ transferId, input, cause }))).toEqual([
      { transferId: later!.id, input: { type: 'deadlineReached', kind: 'retryRelease' }, cause: 'deadline:retryRelease' },
      { transferId: late!.id, input: { type: 'deadlineReached', kind: 'clearing' }, cause: 'deadline:clearing' },
    ])
    expect(await timerWorks(postgresStore(database.app), 1)).toHaveLength(1)
    await database.owner.query('delete from deadlines')
  })

  it('that mean nothing any more go away, unless they were set anew', async () => {
    const [gone, anew] = await Promise.all([store(database.owner, history.completed), store(database.owner, history.completed)])
    await set(gone, 'clearing', '-1 s')
    await set(anew, 'clearing', '-1 s')
    const due = await timerWorks(postgresStore(database.app))
    await set(anew, 'clearing', '1 h')
    for (const work of due) work.ignored?.(gone.version)
    await until('the old one is gone', async () => (await timersOf(gone)).length === 0)
    expect(await timersOf(anew)).toEqual(['clearing'])
    await database.owner.query('delete from deadlines')
  })

  it('that came before their time come again, unless they were set anew', async () => {
    const [early, anew] = await Promise.all([store(database.owner, history.locking), store(database.owner, history.locking)])
    await set(early, 'patience', '-1 s')
    await set(anew, 'patience', '-1 s')
    const due = await timerWorks(postgresStore(database.app))
    await set(anew, 'patience', '1 h')
    const againAtMs = Date.now() + 7_200_000
    const dueAt = async ({ id }: Transfer) =>
      (await database.owner.query<{ due_at: Date }>('select due_at from deadlines where transfer_id = $1', [id])).rows[0]!.due_at
    for (const work of due) work.ignored?.(early.version + 1, againAtMs)
    for (const work of due) work.ignored?.(early.version, againAtMs)
    await until('it is moved', async () => (await dueAt(early)).getTime() === againAtMs)
    expect((await dueAt(anew)).getTime()).toBeLessThan(againAtMs)
    expect(await timerWorks(postgresStore(database.app))).toEqual([])
    await database.owner.query('delete from deadlines')
  })

  it('are not lost on a process whose clock is behind the database’s', async () => {
    const settledAt = Date.now() - clearingMs
    const events = history.clearing.map(event =>
      event.type === 'debitSettled'
        ? {
            ...event,
            finalAt: new Date(settledAt + clearingMs).toISOString(),
            refundAfter: Math.floor(settledAt / 1000) + 86_400 * 2,
          }
        : event,
    )
    const transfer = await store(database.owner, events, onramp())
    await set(transfer, 'clearing', '0 s')
    const moved: Transfer[] = []
    const slow = coordinator({
      store: postgresStore(database.app),
      clock: { nowMs: () => Date.now() - 5_000, synchronise: async () => {} },
      lease: { owner: 'slow', ms: 60_000 },
      execute: () => {},
      onMoved: transfers => moved.push(...transfers),
      roleOf: () => 'hold',
      log: () => {},
    })
    try {
      const [work] = await until('the timer is due', async () => {
        const due = await timerWorks(postgresStore(database.app))
        return due.length > 0 ? due : undefined
      })
      slow.offer(work!)
      await until('it was released', () => moved.length === 1)
      expect(moved[0]!.state).toBe('releasing')
    } finally {
      await slow.stop()
    }
  })
})

describe('a watch', () => {
  it('offers a row once while it is being worked on, looks at once when it is woken, and outlives errors', async () => {
    const work: Work = {
      transferId: 'tr_1' as Work['transferId'],
      input: { type: 'deadlineReached', kind: 'clearing' },
      actor: 'saga',
      cause: 'x',
    }
    const offered: Work[] = []
    const errors: unknown[] = []
    let looks = 0
    const watching = watch({
      find: async () => {
        if (++looks === 2) throw new Error('no database')
        return [work, { ...work, cause: `look ${looks}` }]
      },
      offer: each => offered.push(each),
      pollMs: 60_000,
      onError: error => errors.push(error),
    })
    for (let look = 1; look < 4; look++) {
      await until(`look ${look}`, () => looks >= look)
      watching.wake()
    }
    await until('the fourth look', () => looks >= 4)
    await watching.stop()
    expect(offered.filter(each => each.cause === 'x')).toHaveLength(1)
    expect(offered.map(each => each.cause)).toContain('look 3')
    expect(errors).toHaveLength(1)
    const looked = looks
    watching.wake()
    expect(looks).toBe(looked)
  })
})

describe('the database’s clock', () => {
  it('is the machine’s until it was asked, and the database’s from then on', async () => {
    const hourAhead = { databaseTimeMs: async () => Date.now() + 3_600_000 }
    const clock = databaseClock(hourAhead)
    expect(Math.abs(clock.nowMs() - Date.now())).toBeLessThan(1_000)
    await clock.synchronise()
    expect(Math.abs(clock.nowMs() - Date.now() - 3_600_000)).toBeLessThan(1_000)
    const real = databaseClock(postgresStore(database.app))
    await real.synchronise()
    expect(Math.abs(real.nowMs() - Date.now())).toBeLessThan(5_000)
  })
})

describe('errors of Postgres', () => {
  it.each(['40001', '40P01', '08006', '57P01', '57P03', '53300', '55P03', 'ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT'])(
    '%s passes',
    code => {
      expect(isTransient(Object.assign(new Error('x'), { code }))).toBe(true)
    },
  )
  it.each(['23505', '23514', '23503', '22P02', '42501', '42P01', 'internal'])('%s does not', code => {
    expect(isTransient(Object.assign(new Error('connection'), { code }))).toBe(false)
  })
  it('without a code passes when the driver speaks of the connection', () => {
    expect(isTransient(new Error('Connection terminated unexpectedly'))).toBe(true)
    expect(isTransient(new Error('timeout exceeded when trying to connect'))).toBe(true)
    for (const error of [new Error('a bug'), null, undefined, 'x']) expect(isTransient(error)).toBe(false)
  })
})
