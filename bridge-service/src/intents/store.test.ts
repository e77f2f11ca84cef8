import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { replay } from '../../../test/support/given.ts'
import { history, onramp } from '../../../test/support/onramp.ts'
import { type SagaDatabase, sagaDatabase, wish } from '../../../test/support/saga.ts'
import { intentOf } from './intent.ts'
import { claimIntents, holdsIntent, postponeIntent } from './store.ts'

let database: SagaDatabase
beforeAll(async () => {
  database = await sagaDatabase()
})
afterAll(() => database.close())
beforeEach(() => database.owner.query('delete from intents'))

const put = async (row: Record<string, unknown> = {}) => {
  const intent = intentOf(replay(onramp(), history.debiting), { step: 'debitFiat', attempt: 0 })
  await wish(database.owner, intent, row)
  return intent
}
const rowOf = async (key: string) =>
  (
    await database.owner.query(
      'select status, attempts, lease_epoch, lease_owner, next_at > now() as later from intents where key = $1',
      [key],
    )
  ).rows[0]
const claim = (owner: string, limit = 100, leaseMs = 60_000) => claimIntents(database.app, owner, leaseMs, limit)
const leaseEnds = (key: string) =>
  database.owner.query(`update intents set next_at = now() - interval '1 ms' where key = $1`, [key])

describe('claiming', () => {
  it('leases what is due, with all that the call needs', async () => {
    const intent = await put()
    const [claimed] = await claim('a')
    expect(claimed).toMatchObject({ ...intent, epoch: 1, attempts: 1, tried: false })
    expect(claimed!.ageMs).toBeLessThan(60_000)
    expect(claimed!.withdrawnForMs).toBeUndefined()
    expect(await rowOf(intent.key)).toEqual({ status: 'IN_FLIGHT', attempts: 1, lease_epoch: 1, lease_owner: 'a', later: true })
    expect(await claim('b')).toEqual([])
  })

  it('leaves alone what is over or not due', async () => {
    await put({ status: 'SUCCEEDED' })
    await put({ status: 'FAILED' })
    await put({ next_at: '2999-01-01' })
    expect(await claim('a')).toEqual([])
  })

  it('says of what somebody may have tried that it was tried, and an unknown one stays unknown', async () => {
    const [fresh, inFlight, unknown] = [await put(), await put({ status: 'IN_FLIGHT' }), await put({ status: 'UNKNOWN' })]
    const claimed = new Map((await claim('a')).map(each => [each.key, each.tried]))
    expect([fresh, inFlight, unknown].map(each => claimed.get(each.key))).toEqual([false, true, true])
    expect((await rowOf(unknown.key)).status).toBe('UNKNOWN')
  })

  it('gives each intent to one of eight workers', async () => {
    const keys = new Set<string>()
    for (let index = 0; index < 60; index++) keys.add((await put()).key)
    const claims = (await Promise.all(Array.from({ length: 8 }, (_, worker) => claim(`w${worker}`, 10)))).flat()
    expect(claims).toHaveLength(new Set(claims.map(each => each.key)).size)
    const rest = await claim('rest')
    expect(new Set([...claims, ...rest].map(each => each.key))).toEqual(keys)
  })

  it('takes the oldest first and no more than it was asked to', async () => {
    const [second, first] = [await put({ next_at: '2020-01-02' }), await put({ next_at: '2020-01-01' })]
    expect((await claim('a', 1)).map(each => each.key)).toEqual([first.key])
    expect((await claim('a', 1)).map(each => each.key)).toEqual([second.key])
  })
})

describe('a lease', () => {
  it('that has run out goes to another, with a higher epoch, and its first holder changes nothing any more', async () => {
    const { key } = await put()
    const [first] = await claim('a')
    await leaseEnds(key)
    const [second] = await claim('b')
    expect(second).toMatchObject({ key, epoch: 2, attempts: 2, tried: true })
    expect(await postponeIntent(database.app, first!, 'PENDING', 0)).toBe(false)
    expect(await rowOf(key)).toMatchObject({ lease_owner: 'b', lease_epoch: 2, status: 'IN_FLIGHT', later: true })
    expect(await postponeIntent(database.app, second!, 'UNKNOWN', 60_000)).toBe(true)
    expect(await rowOf(key)).toMatchObject({ lease_owner: null, status: 'UNKNOWN', later: true })
  })

  it.each(['SUCCEEDED', 'FAILED'])('ends with the intent: one that has %s is not given back', async status => {
    const { key } = await put()
    const [held] = await claim('a')
    await database.owner.query('update intents set status = $2 where key = $1', [key, status])
    expect(await postponeIntent(database.app, held!, 'IN_FLIGHT', 0)).toBe(false)
    expect((await rowOf(key)).status).toBe(status)
    expect(await holdsIntent(database.app, held!)).toBe(false)
  })

  it('is held by its latest holder only', async () => {
    const { key } = await put()
    const [first] = await claim('a')
    expect(await holdsIntent(database.app, first!)).toBe(true)
    await leaseEnds(key)
    const [second] = await claim('b')
    expect(await holdsIntent(database.app, first!)).toBe(false)
    expect(await holdsIntent(database.app, second!)).toBe(true)
  })
})

it('what was withdrawn is claimed with how long ago that was, by database time', async () => {
  await put({ status: 'UNKNOWN', withdrawn_at: new Date(Date.now() - 600_000).toISOString() })
  const [claimed] = await claim('a')
  expect(claimed!.withdrawnForMs).toBeGreaterThanOrEqual(599_000)
  expect(claimed!.withdrawnForMs).toBeLessThan(660_000)
})
