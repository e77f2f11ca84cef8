import { createHash, randomUUID } from 'node:crypto'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { onramp } from '../../../test/support/onramp.ts'
import { type SagaDatabase, sagaDatabase } from '../../../test/support/saga.ts'
import { databaseClock } from './database-clock.ts'
import { lendingsOf } from './limit-exposure.ts'
import { type Opening, transferOpener } from './open.ts'
import { postgresStore } from './postgres-store.ts'

let database: SagaDatabase
beforeAll(async () => {
  database = await sagaDatabase()
})
afterEach(() => database.owner.query('delete from advances'))
afterAll(() => database.close())

/** An order of 100.25 that is advanced. */
const lending = (exposureLimit: bigint | null, tenant = 'acme'): Opening => {
  const unborn = { ...onramp({ clearingMs: 0, returnableMs: 86_400_000 }), tenant }
  const requestHash = createHash('sha256').update('body').digest()
  const asked = { key: randomUUID(), route: 'POST /v1/transfers', requestHash, exposureLimit }
  return { unborn, actor: 'api:k1', ...asked, status: 202, response: { id: unborn.id }, location: `/v1/transfers/${unborn.id}` }
}
const openAll = (openings: readonly Opening[]) => {
  const store = postgresStore(database.app)
  const { open } = transferOpener({ store, clock: databaseClock(store), execute: () => {}, onMoved: () => {} })
  return Promise.all(
    openings.map(opening =>
      open(opening)
        .then(() => 'opened')
        .catch(error => error.code),
    ),
  )
}
const lent = async (tenant = 'acme') => (await database.owner.query('select from advances where tenant = $1', [tenant])).rowCount
const lend = (id: string, until: string) =>
  database.owner.query(`insert into advances values ($1, 'acme', 'USD', 10025, ${until})`, [id])

describe('openings that lend', () => {
  it('refuse in one batch only whom they would lend too much', async () => {
    const answers = await openAll([lending(10_025n), lending(10_025n), lending(10_025n, 'globex')])
    expect(answers.toSorted()).toEqual(['exposure_limit_exceeded', 'opened', 'opened'])
    expect([await lent(), await lent('globex')]).toEqual([1, 1])
  })

  it('clear away what is final, with a limit or without, and wait for nobody who is at it', async () => {
    await lend('tr_final', `now() - interval '1 second'`)
    await lend('tr_held', `now() - interval '1 second'`)
    await lend('tr_open', 'null')
    const client = await database.owner.connect()
    try {
      await client.query('begin')
      await client.query(`select from advances where transfer_id = 'tr_held' for update`)
      expect(await openAll([lending(null)])).toEqual(['opened'])
      expect(await lent()).toBe(3)
    } finally {
      await client.query('rollback')
      client.release()
    }
    expect(await openAll([lending(30_075n)])).toEqual(['opened'])
    expect(await openAll([lending(30_075n)])).toEqual(['exposure_limit_exceeded'])
    expect(await openAll([lending(null)])).toEqual(['opened'])
  })

  it('are one loan to a tenant, in one order of all, by the lowest limit that anybody knows', () => {
    const { unborn: _unborn, exposureLimit: _limit, ...none } = lending(null)
    const openings = [lending(7n, 'globex'), lending(null), lending(9n), lending(8n), { ...none, unborn: onramp() }]
    expect(lendingsOf(openings)).toEqual([
      { tenant: 'acme', currency: 'USD', minor: 30_075n, limit: 8n },
      { tenant: 'globex', currency: 'USD', minor: 10_025n, limit: 7n },
    ])
    expect(lendingsOf([lending(8n), lending(null)])).toMatchObject([{ limit: 8n }])
    expect(lendingsOf([lending(null)])).toMatchObject([{ limit: null }])
  })
})
