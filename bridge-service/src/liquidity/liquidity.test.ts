import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { bankSays, history, onramp } from '../../../test/support/onramp.ts'
import { type SagaDatabase, sagaDatabase, stepOf, store } from '../../../test/support/saga.ts'
import { chartFor } from '../ledger/chart.ts'
import { liquidityLaws } from '../ledger/liquidity-law.ts'
import { openAccounts } from '../ledger/open-accounts.ts'
import { stepStatement } from '../saga/step.ts'
import { inTransaction } from '../transaction.ts'
import { watchLowWater } from './low-water.ts'
import { readPools } from './read-pools.ts'

let database: SagaDatabase
let pool: string
beforeAll(async () => {
  database = await sagaDatabase()
})
afterAll(() => database.close())

const open = async (total: string, hasAccount: boolean) => {
  const rail = `bank:${randomUUID()}`
  const account = hasAccount ? `bank_cash:${rail}:USD` : null
  pool = `${rail}:USD`
  await openAccounts(database.owner, chartFor({ banks: [{ rail, currency: 'USD' }] }))
  await database.owner.query(`insert into liquidity_pools (id, currency, total, account_id) values ($1, 'USD', $2, $3)`, [
    ...[pool, total, account],
  ])
}

describe('a pool', () => {
  it('stands for its account, and the proof says when it does not', async () => {
    await open('0', true)
    const name = `liquidity_equals_account:bank_cash:${pool}`
    const rail = pool.slice(0, -':USD'.length)
    const source = { ...onramp().terms.source, rail } as ReturnType<typeof onramp>['terms']['source']
    const [law] = [() => inTransaction(database.app, liquidityLaws)]
    const isKept = async () => (await law()).map(({ name, ok }) => [name, ok])
    const levels = async () => (await readPools(database.app)).map(({ total }) => total.minor)

    const transfer = await store(database.owner, history.debiting, onramp({ source }))
    const settled = stepOf(transfer, { type: 'railFact', step: 'debitFiat', fact: bankSays('settled') })
    await database.app.query(stepStatement([settled], undefined))
    expect(await levels()).toEqual([10_025n])
    expect(await isKept()).toEqual([[name, true]])

    const returned = stepOf(settled.decision.after, { type: 'railFact', step: 'debitFiat', fact: bankSays('returned', 'R01') })
    await database.app.query(stepStatement([returned], undefined))
    expect(await levels()).toEqual([0n])
    expect(await isKept()).toEqual([[name, true]])

    await database.owner.query('update liquidity_pools set total = total + 1 where id = $1', [pool])
    expect(await isKept()).toEqual([[name, false]])
    await database.owner.query('update liquidity_pools set total = 0, reserved = 0 where id = $1', [pool])
    await database.owner.query(`insert into reservations values ('tr_nobody', $1, 1, 'reserved')`, [pool])
    expect(await isKept()).toEqual([[name, false]])
    await database.owner.query('delete from reservations')
  })
})

describe('a low-water mark', () => {
  const told: string[] = []
  const marks = () => ({ [pool]: { alertMinor: 100n, clearMinor: 150n } })
  const watch = (given = marks()) =>
    watchLowWater(database.app, given, (level, message, fields) =>
      told.push(`${level} ${message} ${(fields as { availableMinor: string }).availableMinor}`),
    )
  const level = async (total: number) => {
    await database.owner.query('update liquidity_pools set total = $2 where id = $1', [pool, total])
    await Promise.all([watch(), watch()])
    return told.splice(0)
  }
  const alertOf = async () => (await readPools(database.app)).find(({ id }) => id === pool)!.alert
  beforeEach(async () => {
    await database.owner.query('delete from liquidity_alerts')
    await open('1000', false)
  })

  it('opens one alert, and clears it only well above', async () => {
    expect(await level(100), 'as much as the mark is enough').toEqual([])
    expect(await level(99)).toEqual(['warn liquidity is low 99'])
    expect((await alertOf())?.lowWater.minor).toBe(100n)
    expect(await level(50), 'told once').toEqual([])
    expect(await level(149), 'between the marks nothing changes').toEqual([])
    expect(await level(150)).toEqual(['info liquidity is back 150'])
    expect(await alertOf()).toBeNull()
    expect(await level(120)).toEqual([])
    expect(await level(20)).toEqual(['warn liquidity is low 20'])
  })

  it('counts what is promised as gone, and is over when it is taken away', async () => {
    await database.owner.query('update liquidity_pools set reserved = 950 where id = $1', [pool])
    await watch()
    expect(told.splice(0)).toEqual(['warn liquidity is low 50'])
    await watch({})
    expect(told.splice(0)).toEqual(['info liquidity is back 50'])
  })
})
