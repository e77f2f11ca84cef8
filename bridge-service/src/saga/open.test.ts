import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { onramp } from '../../../test/support/onramp.ts'
import { type SagaDatabase, sagaDatabase } from '../../../test/support/saga.ts'
import type { Intent } from '../intents/intent.ts'
import { type QuoteId, typeId } from '../transfer/id.ts'
import type { Transfer } from '../transfer/transfer.ts'
import { databaseClock } from './database-clock.ts'
import { type Opened, type OpenerOptions, type Opening, transferOpener } from './open.ts'
import { postgresStore } from './postgres-store.ts'

let database: SagaDatabase
beforeAll(async () => {
  database = await sagaDatabase()
})
afterAll(() => database.close())

const opener = (options: Partial<OpenerOptions> = {}) => {
  const executed: Intent[] = []
  const moved: Transfer[] = []
  const made = transferOpener({
    store: postgresStore(database.app),
    clock: databaseClock(postgresStore(database.app)),
    lease: { owner: 'me', ms: 60_000 },
    execute: intents => executed.push(...intents),
    onMoved: transfers => moved.push(...transfers),
    ...options,
  })
  return { ...made, executed, moved }
}

/** A request as the API makes it: every attempt brings a transfer id of its own, and only the first one counts. */
const opening = (key: string, body = 'body', overrides: Partial<Opening> = {}): Opening => {
  const unborn = overrides.unborn ?? onramp()
  return {
    unborn,
    actor: 'api:k1',
    key,
    route: 'POST /v1/transfers',
    requestHash: createHash('sha256').update(body).digest(),
    status: 202,
    response: { id: unborn.id },
    location: `/v1/transfers/${unborn.id}`,
    ...overrides,
  }
}
const quote = async (expires = `now() + interval '1 minute'`, tenant = 'acme'): Promise<QuoteId> => {
  const id = typeId<QuoteId>('qt', randomBytes(16).toString('hex'))
  await database.owner.query(`insert into quotes (id, tenant, terms, expires_at) values ($1, $2, '{}', ${expires})`, [id, tenant])
  return id
}
const count = async (sql: string, ...values: unknown[]) => (await database.owner.query(sql, values)).rowCount
const writtenFor = async ({ unborn, key }: Opening) => ({
  transfers: await count('select 1 from transfers where id = $1', unborn.id),
  events: await count('select 1 from transfer_events where transfer_id = $1', unborn.id),
  outbox: await count('select 1 from outbox where transfer_id = $1', unborn.id),
  intents: await count('select 1 from intents where transfer_id = $1', unborn.id),
  keys: await count('select 1 from idempotency_keys where tenant = $1 and key = $2', unborn.tenant, key),
})
const everythingOnce = { transfers: 1, events: 1, outbox: 1, intents: 1, keys: 1 }
const nothing = { transfers: 0, events: 0, outbox: 0, intents: 0, keys: 0 }
const idOf = (opened: Opened) => (opened.response as { id: string }).id

describe('one key', () => {
  it('opens one transfer with all that belongs to it', async () => {
    const { open, executed, moved } = opener()
    const wanted = opening(randomUUID())
    expect(await open(wanted)).toEqual({
      status: 202,
      response: { id: wanted.unborn.id },
      location: wanted.location,
      replayed: false,
    })
    expect(await writtenFor(wanted)).toEqual(everythingOnce)
    expect(executed).toMatchObject([{ transferId: wanted.unborn.id, step: 'screen' }])
    expect(moved).toMatchObject([{ id: wanted.unborn.id, state: 'requested' }])
  })

  it('opens one transfer when fifty ask at once, of two processes, and gives all of them its answer', async () => {
    const [a, b] = [opener({ maxBatch: 7 }), opener({ maxBatch: 7 })]
    const key = randomUUID()
    const wanted = Array.from({ length: 50 }, () => opening(key))
    const answers = await Promise.all(wanted.map((each, index) => (index % 2 ? a : b).open(each)))
    expect(new Set(answers.map(idOf)).size).toBe(1)
    expect(answers.filter(answer => !answer.replayed)).toHaveLength(1)
    expect(
      await count(
        'select 1 from transfers where id = any($1)',
        wanted.map(each => each.unborn.id),
      ),
    ).toBe(1)
    expect(a.executed.length + b.executed.length).toBe(1)
  })

  it('gives its first answer for ever, though the answer would be another now', async () => {
    const { open } = opener()
    const first = opening(randomUUID())
    await open(first)
    const again = await opener().open(opening(first.key, 'body', { status: 200, location: '/elsewhere' }))
    expect(again).toEqual({ status: 202, response: { id: first.unborn.id }, location: first.location, replayed: true })
  })

  it('is a conflict with another body, before, with and after the first', async () => {
    const { open } = opener()
    const key = randomUUID()
    const both = await Promise.allSettled([open(opening(key, 'one')), open(opening(key, 'two'))])
    expect(both.map(each => each.status)).toEqual(['fulfilled', 'rejected'])
    expect(both[1]).toMatchObject({ reason: { code: 'idempotency_conflict' } })
    const late = opening(key, 'three')
    await expect(open(late)).rejects.toMatchObject({ code: 'idempotency_conflict' })
    expect(await writtenFor(late)).toEqual({ ...nothing, keys: 1 })
  })

  it('is another key for another tenant', async () => {
    const { open } = opener()
    const key = randomUUID()
    const [mine, theirs] = [opening(key), opening(key, 'other', { unborn: { ...onramp(), tenant: 'globex' } })]
    const answers = await Promise.all([open(mine), open(theirs)])
    expect(answers.map(answer => answer.replayed)).toEqual([false, false])
    expect(await writtenFor(theirs)).toEqual(everythingOnce)
  })

  it('is not confused by tenants and keys with spaces', async () => {
    const { open } = opener()
    const [a, b] = [`x ${randomUUID()}`, randomUUID()]
    const mine = opening(a, 'one', { unborn: { ...onramp(), tenant: b } })
    const theirs = opening(a.slice(2), 'two', { unborn: { ...onramp(), tenant: `${b} x` } })
    const answers = await Promise.all([open(mine), open(theirs)])
    expect(answers.map(idOf)).toEqual([mine.unborn.id, theirs.unborn.id])
    expect([await writtenFor(mine), await writtenFor(theirs)]).toEqual([everythingOnce, everythingOnce])
  })
})

describe('a quote', () => {
  it('serves one transfer', async () => {
    const { open } = opener()
    const quoteId = await quote()
    const first = opening(randomUUID(), 'body', { quoteId })
    await open(first)
    expect(await count('select 1 from quotes where id = $1 and transfer_id = $2', quoteId, first.unborn.id)).toBe(1)
    const second = opening(randomUUID(), 'body', { quoteId })
    await expect(open(second)).rejects.toMatchObject({ code: 'quote_used' })
    expect(await writtenFor(second)).toEqual(nothing)
    // The key that used it still has its answer.
    expect(await open({ ...opening(first.key), quoteId })).toMatchObject({ replayed: true, response: { id: first.unborn.id } })
  })

  it.each([
    ['expired', `now() - interval '1 ms'`, 'acme', 'quote_expired'],
    ['expires now', 'now()', 'acme', 'quote_expired'],
    ['somebody else’s', `now() + interval '1 minute'`, 'globex', 'quote_not_found'],
  ])('that is %s serves none', async (_which, expires, tenant, code) => {
    const { open } = opener()
    const wanted = opening(randomUUID(), 'body', { quoteId: await quote(expires, tenant) })
    await expect(open(wanted)).rejects.toMatchObject({ code })
    expect(await writtenFor(wanted)).toEqual(nothing)
  })

  it('that does not exist serves none, and leaves the key for a better request', async () => {
    const { open } = opener()
    const wanted = opening(randomUUID(), 'body', { quoteId: 'qt_01h455vb4pex5vsknk084sn02q' as QuoteId })
    await expect(open(wanted)).rejects.toMatchObject({ code: 'quote_not_found' })
    const better = opening(wanted.key, 'another body', { quoteId: await quote() })
    expect(await open(better)).toMatchObject({ replayed: false })
  })

  it('that two keys race for serves one of them, in one process and in two', async () => {
    for (const [a, b] of [[opener(), undefined] as const, [opener(), opener()] as const]) {
      const quoteId = await quote()
      const wanted = [opening(randomUUID(), 'one', { quoteId }), opening(randomUUID(), 'two', { quoteId })]
      const answers = await Promise.allSettled([a.open(wanted[0]!), (b ?? a).open(wanted[1]!)])
      expect(answers.filter(answer => answer.status === 'fulfilled')).toHaveLength(1)
      expect(answers.find(answer => answer.status === 'rejected')).toMatchObject({ reason: { code: 'quote_used' } })
      const loser = wanted[answers.findIndex(answer => answer.status === 'rejected')]!
      expect(await writtenFor(loser)).toEqual(nothing)
      const quoted = await database.owner.query<{ transfer_id: string }>('select transfer_id from quotes where id = $1', [
        quoteId,
      ])
      expect(quoted.rows[0]!.transfer_id).toBe(wanted.find(each => each !== loser)!.unborn.id)
    }
  })

  it('that is refused does not keep back those that came with it', async () => {
    const { open, executed } = opener()
    const good = [opening(randomUUID()), opening(randomUUID(), 'body', { quoteId: await quote() })]
    const bad = opening(randomUUID(), 'body', { quoteId: await quote(`now() - interval '1 s'`) })
    const answers = await Promise.allSettled([good[0]!, bad, good[1]!].map(each => open(each)))
    expect(answers.map(answer => answer.status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    for (const each of good) expect(await writtenFor(each)).toEqual(everythingOnce)
    expect(executed).toHaveLength(2)
  })
})

describe('what cannot be opened', () => {
  it('is not promised: a transfer id or an escrow ref that is there already', async () => {
    const { open, executed } = opener()
    const first = opening(randomUUID())
    await open(first)
    const sameId = opening(randomUUID(), 'body', { unborn: { ...onramp(), id: first.unborn.id } })
    const sameRef = opening(randomUUID(), 'body', { unborn: { ...first.unborn, id: onramp().id } })
    for (const wanted of [sameId, sameRef]) {
      await expect(open(wanted)).rejects.toMatchObject({ code: 'internal' })
      expect((await writtenFor(wanted)).keys).toBe(0)
    }
    expect(executed).toHaveLength(1)
  })
})

describe('many at once', () => {
  it('are all opened, each once', async () => {
    const { open, executed, moved } = opener({ maxBatch: 64 })
    const wanted = Array.from({ length: 500 }, () => opening(randomUUID()))
    const answers = await Promise.all(wanted.map(each => open(each)))
    expect(answers.map(idOf)).toEqual(wanted.map(each => each.unborn.id))
    const ids = wanted.map(each => each.unborn.id)
    for (const table of ['transfer_events', 'outbox', 'audit_log', 'intents'])
      expect(await count(`select 1 from ${table} where transfer_id = any($1)`, ids), table).toBe(500)
    expect([executed.length, moved.length]).toEqual([500, 500])
  })

  it('leave their intents to another process when this one executes none', async () => {
    const store = postgresStore(database.app)
    const made = transferOpener({ store, clock: databaseClock(store), execute: () => {}, onMoved: () => {} })
    const wanted = opening(randomUUID())
    await made.open(wanted)
    expect(
      await count(
        `select 1 from intents where transfer_id = $1 and status = 'PENDING' and lease_owner is null`,
        wanted.unborn.id,
      ),
    ).toBe(1)
  })
})
