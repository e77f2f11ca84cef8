import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { replay } from '../../../test/support/given.ts'
import { offramp, history as offrampHistory } from '../../../test/support/offramp.ts'
import { bankSays, history, onramp } from '../../../test/support/onramp.ts'
import { randomFrom } from '../../../test/support/random.ts'
import { type SagaDatabase, sagaDatabase, storeTransfer } from '../../../test/support/saga.ts'
import { seed } from '../../../test/support/seed.ts'
import { until } from '../../../test/support/until.ts'
import { chartFor } from '../ledger/chart.ts'
import { openAccounts } from '../ledger/open-accounts.ts'
import type { Transfer } from '../transfer/transfer.ts'
import { coordinator } from './coordinator.ts'
import { databaseClock } from './database-clock.ts'
import { postgresStore } from './postgres-store.ts'
import type { Work } from './work.ts'

let database: SagaDatabase
beforeAll(async () => {
  database = await sagaDatabase()
})
afterAll(() => database.close())

const opening = 300_000n
const isOver = (state: string) => state === 'failed' || state === 'canceled'

/** Withdrawals, deposits, returns and cancellations of one bank account, told to several coordinators in orders of their own. */
const fight = async (run: number, lostRacesInARow: number) => {
  const random = randomFrom(seed + run)
  const bank = `bank:${randomUUID()}`
  const pool = `${bank}:USD`
  await openAccounts(database.owner, chartFor({ banks: [{ rail: bank, currency: 'USD' }] }))
  await database.owner.query('insert into liquidity_pools (id, currency, total, account_id) values ($1, $2, $3, $4)', [
    ...[pool, 'USD', opening, `bank_cash:${pool}`],
  ])
  const source = { ...onramp().terms.source, rail: bank } as ReturnType<typeof onramp>['terms']['source']
  const withdrawals = Array.from({ length: 60 }, () => replay(offramp({ pool }), offrampHistory.requested))
  const deposits = Array.from({ length: 30 }, () => replay(onramp({ source, pool: 'none' }), history.debiting))
  for (const transfer of [...withdrawals, ...deposits]) await storeTransfer(database.owner, transfer as Transfer)

  const raced = { won: 0, lost: 0, queued: 0 }
  const logged: string[] = []
  const fighters = Array.from({ length: 4 }, () => {
    const store = postgresStore(database.app)
    return coordinator({
      store,
      clock: databaseClock(store),
      lease: { owner: randomUUID(), ms: 60_000 },
      execute: () => {},
      onMoved: () => {},
      roleOf: () => undefined,
      log: (_level, message, fields) => logged.push(`${message} ${JSON.stringify(fields)}`),
      maxBatch: 1 + Math.floor(random() * 8),
      lostRacesInARow,
      onRace: (_pool, outcome) => raced[outcome]++,
    })
  })
  const tell = (transfer: Pick<Transfer, 'id'>, input: Work['input']): Work => ({
    ...{ transferId: transfer.id, input, actor: 'saga', cause: 'test' },
  })
  const works = [
    ...withdrawals.map(transfer => tell(transfer, { type: 'screened', list: 'test' })),
    ...withdrawals.filter(() => random() < 0.3).map(transfer => tell(transfer, { type: 'cancelCommand', reason: 'no' })),
    ...deposits.map(transfer => tell(transfer, { type: 'railFact', step: 'debitFiat', fact: bankSays('settled') })),
    ...deposits
      .filter(() => random() < 0.5)
      .map(transfer => tell(transfer, { type: 'railFact', step: 'debitFiat', fact: bankSays('returned', 'R01') })),
  ]
  const order = () => works.map(work => ({ work, at: random() })).sort((a, b) => a.at - b.at)
  for (const fighter of fighters) for (const { work } of order()) fighter.offer(work)

  const look = async () => {
    const { rows } = await database.owner.query<Record<'total' | 'reserved' | 'promised' | 'cash', string>>(
      `select l.total, l.reserved, (select coalesce(sum(amount), 0) from reservations where pool_id = l.id and status = 'reserved') as promised,
              (select coalesce(sum(posted), 0) from ledger_balances where account_id = l.account_id) as cash
         from liquidity_pools l where id = $1`,
      [pool],
    )
    const { total, reserved, promised, cash } = rows[0]!
    // At every commit, and not only at the end.
    expect(BigInt(total), `run ${run}: the pool is its account`).toBe(opening + BigInt(cash))
    expect(reserved, `run ${run}: what is reserved is what reservations say`).toBe(promised)
    return { total: BigInt(total), reserved: BigInt(reserved) }
  }
  await until('they have fought it out', async () => {
    await look()
    return fighters.every(fighter => fighter.inFlight() === 0)
  })
  await Promise.all(fighters.map(fighter => fighter.stop()))
  const { rows: states } = await database.owner.query<{ state: string; parked: string | null }>(
    'select state, parked_reason as parked from transfers where id = any($1)',
    [withdrawals.map(({ id }) => id)],
  )
  expect(states.filter(({ parked }) => parked !== null)).toEqual([])
  expect(states.map(({ state }) => state).filter(state => state === 'requested')).toEqual([])
  const standing = states.filter(({ state }) => !isOver(state)).length
  const end = await look()
  expect(end.reserved, `run ${run}`).toBe(10_000n * BigInt(standing))
  return { raced, end, logged }
}

describe('a pool under withdrawals, deposits and returns of four coordinators', () => {
  it.each([1, 2])('is its account, and promises what it has, at every commit (run %s)', async run => {
    const { raced, logged } = await fight(run, 1_000)
    expect(raced.queued).toBe(0)
    expect(logged.filter(line => !line.startsWith('a commit is tried again'))).toEqual([])
  })

  it('lets its reservations queue when they keep losing', async () => {
    const [free, queueing] = [await fight(11, 1_000), await fight(11, 1)]
    console.log(`races of one pool: ${JSON.stringify({ free: free.raced, queueing: queueing.raced })}`)
    expect(free.raced.lost, 'there was something to fight for').toBeGreaterThan(0)
    expect(queueing.raced.queued).toBeGreaterThan(0)
  })

  it('is short when a return takes what was promised, and promises nothing until it has more than it promised', async () => {
    const pool = `pool_${randomUUID()}`
    await database.owner.query(`insert into liquidity_pools (id, currency, total, reserved) values ($1, 'USD', 10000, 10000)`, [
      pool,
    ])
    const set = (column: 'total' | 'reserved', by: number) =>
      database.app.query(`update liquidity_pools set ${column} = ${column} + $2 where id = $1`, [pool, by])
    await set('total', -4_000)
    await expect(set('reserved', 1)).rejects.toMatchObject({ code: '23514' })
    await set('reserved', -1_000)
    await expect(set('reserved', 1)).rejects.toMatchObject({ code: '23514' })
    await set('total', 4_000)
    await set('reserved', 1)
  })
})
