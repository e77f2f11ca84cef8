import { randomUUID } from 'node:crypto'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { bankSays, history, onramp, place, releaseRefused } from '../../../test/support/onramp.ts'
import { fundPool, type SagaDatabase, sagaDatabase, store, wish } from '../../../test/support/saga.ts'
import { until } from '../../../test/support/until.ts'
import { type Intent, intentOf } from '../intents/intent.ts'
import { machineTiming } from '../timing.ts'
import { refOf } from '../transfer/hold.ts'
import type { TransferId } from '../transfer/id.ts'
import type { Transfer, TransferOf } from '../transfer/transfer.ts'
import { type Coordinator, type CoordinatorOptions, coordinator } from './coordinator.ts'
import { databaseClock } from './database-clock.ts'
import { claimFacts } from './facts.ts'
import { parkTransfer } from './load.ts'
import { postgresStore } from './postgres-store.ts'
import type { SagaTx } from './store.ts'
import type { Work } from './work.ts'

let database: SagaDatabase
let pool: { pool: string }
beforeAll(async () => {
  database = await sagaDatabase()
})
afterAll(() => database.close())
beforeEach(async () => {
  pool = await fundPool(database.owner, `pool_${randomUUID()}`, 10n ** 12n)
})

const ourEscrow = '0xours'

type Running = Coordinator & { readonly moved: Transfer[]; readonly executed: Intent[]; readonly logged: string[] }
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
const idle = (...coordinators: Coordinator[]) =>
  until('nothing in flight', () => coordinators.every(each => each.inFlight() === 0))
const work = (transferId: TransferId, input: Work['input'], extra: Partial<Work> = {}): Work => ({
  transferId,
  input,
  actor: 'saga',
  cause: 'test',
  ...extra,
})
const screened = ({ id }: Transfer) => work(id, { type: 'screened', list: 'test' })
const settled = ({ id }: Transfer) => work(id, { type: 'railFact', step: 'debitFiat', fact: bankSays('settled') })

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

describe('a stranger', () => {
  it('moves nothing with an escrow of his own under our ref', async () => {
    // The ref stands in our lock's event: anybody may lock one unit under it and refund it again.
    const transfer = await store(database.owner, history.releasing, onramp(pool))
    const running = start()
    const { fact, ...where } = place('stranger')
    await tell('evm:1', fact, transfer.terms.hold.ref, 'escrowRefunded', { status: 'included', escrowId: '0xhis', ...where })
    await until('the fact was looked at', () => running.logged.includes('a stranger used the ref of a transfer'))
    await idle(running)
    expect(await stateOf(transfer.id)).toBe('releasing')

    await tell('evm:1', 'ours', transfer.terms.hold.ref, 'escrowReleased', { status: 'included', escrowId: ourEscrow, ...where })
    await until('our own is believed', async () => (await stateOf(transfer.id)) === 'released')
  })
})

describe('a reclaim that has overtaken its release', () => {
  it('is kept until the release is final, and then believed', async () => {
    const transfer = await store(database.owner, history.releasing, onramp(pool))
    const running = start()
    const { fact, ...where } = place('overtaken')
    const ours = { status: 'included', escrowId: ourEscrow, balance: 'delivery', ...where }
    await tell('evm:1', `${fact}-reclaim`, transfer.terms.hold.ref, 'deliveryReclaimed', ours)
    await tell('evm:1', fact, transfer.terms.hold.ref, 'escrowReleased', ours)
    await until('the release is believed', async () => (await stateOf(transfer.id)) === 'released')
    running.offer({
      ...work(transfer.id, { type: 'finalityReached', kind: 'release', fact }),
      escrowId: ourEscrow,
    })
    await until('a person has it', async () => (await stateOf(transfer.id)) === 'review')
    await idle(running)
    expect(
      await one('select count(*)::int as n from inbox where subject = $1 and consumed < revision', [transfer.terms.hold.ref]),
    ).toEqual([{ n: 0 }])
  })
})

describe('a payout that the token refused', () => {
  it.each([
    ['releasing', 'escrowReleased', 'released'],
    ['refunding', 'escrowRefunded', 'refunded'],
  ] as const)('while %s: told, and the transfer goes on as if it were paid', async (from, ending, to) => {
    const transfer = await store(database.owner, history[from], onramp(pool))
    const running = start()
    const { fact, ...where } = place(`payout-${from}`)
    const ours = { status: 'included', escrowId: ourEscrow, ...where }
    await tell('evm:1', fact, transfer.terms.hold.ref, ending, ours)
    await tell('evm:1', `${fact}-credit`, transfer.terms.hold.ref, 'escrowCredited', ours)
    await tell('evm:1', `${fact}-commit`, transfer.terms.hold.ref, 'escrowCommitted', ours)
    await until('the credit was told', () =>
      running.logged.includes('the token refused a payout: it waits in the escrow to be claimed'),
    )
    await until('the transfer went on', async () => (await stateOf(transfer.id)) === to)
    await idle(running)
    expect(
      await one('select count(*)::int as n from inbox where subject = $1 and (unmatched or consumed < revision)', [
        transfer.terms.hold.ref,
      ]),
    ).toEqual([{ n: 0 }])
  })
})

describe('liquidity', () => {
  it('is promised exactly as far as it goes by two coordinators that fight for it', async () => {
    const half = await fundPool(database.owner, `pool_${randomUUID()}`, 100n * 100_000_000n)
    const transfers = await many(200, history.requested, half)
    const [a, b] = [start({ maxBatch: 16 }), start({ maxBatch: 16 })]
    // Both are told of every transfer, in opposite orders.
    for (const transfer of transfers) a.offer(screened(transfer))
    for (const transfer of [...transfers].reverse()) b.offer(screened(transfer))
    await idle(a, b)

    const ids = transfers.map(transfer => transfer.id)
    expect(await one('select state, count(*)::int as n from transfers where id = any($1) group by 1 order by 1', ids)).toEqual([
      { state: 'debiting', n: 100 },
      { state: 'failed', n: 100 },
    ])
    expect(await one('select total, reserved from liquidity_pools where id = $1', half.pool)).toEqual([
      { total: '10000000000', reserved: '10000000000' },
    ])
    expect(await one('select count(*)::int as n, sum(amount) as sum from reservations where pool_id = $1', half.pool)).toEqual([
      { n: 100, sum: '10000000000' },
    ])
    for (const table of ['transfer_events', 'outbox', 'audit_log'])
      expect(await one(`select count(*)::int as n from ${table} where transfer_id = any($1)`, ids), table).toEqual([{ n: 400 }])
    expect(await one('select count(*)::int as n from intents where transfer_id = any($1)', ids)).toEqual([{ n: 100 }])
    expect(a.executed.length + b.executed.length).toBe(100)
    expect(a.moved.length + b.moved.length).toBe(200)
  })

  it('is refused where there is no pool', async () => {
    const transfer = await store(database.owner, history.requested, onramp({ pool: 'nowhere' }))
    const a = start()
    a.offer(screened(transfer))
    await until('it failed', async () => (await stateOf(transfer.id)) === 'failed')
  })
})

describe('inputs', () => {
  it('are decided on what is true now, when another process has moved the transfer meanwhile', async () => {
    const [transfer] = await many(1, history.requested)
    const [a, b] = [start(), start()]
    a.offer(screened(transfer!))
    await idle(a)
    b.offer(settled(transfer!)) // loads it as debiting
    await idle(b)
    a.offer(work(transfer!.id, { type: 'cancelCommand', reason: 'x' })) // remembers it as debiting, and it is locking
    await until(
      'it heard the cancellation',
      async () =>
        (await one('select 1 from transfer_events where transfer_id = $1 and type = $2', transfer!.id, 'cancelRequested'))
          .length === 1,
    )
    expect(
      await one('select version, type, from_state from transfer_events where transfer_id = $1 order by version', transfer!.id),
    ).toEqual([
      { version: 2, type: 'screeningPassed', from_state: 'requested' },
      { version: 3, type: 'liquidityReserved', from_state: 'screened' },
      { version: 4, type: 'debitSettled', from_state: 'debiting' },
      { version: 5, type: 'cancelRequested', from_state: 'locking' },
    ])
  })

  it('of one transfer are decided one after the other', async () => {
    const [transfer] = await many(1, history.requested)
    const a = start()
    a.offer(screened(transfer!))
    a.offer(settled(transfer!))
    a.offer(settled(transfer!))
    await idle(a)
    expect(await stateOf(transfer!.id)).toBe('locking')
    expect(await one('select 1 from transfer_events where transfer_id = $1', transfer!.id)).toHaveLength(3)
  })

  it('that change nothing are told so', async () => {
    const [transfer] = await many(1, history.locking)
    const a = start()
    const version = await new Promise<number>(resolve => a.offer({ ...settled(transfer!), ignored: resolve }))
    expect(version).toBe(transfer!.version)
    expect(await one('select 1 from transfer_events where transfer_id = $1', transfer!.id)).toEqual([])
  })

  it('that mean nothing to what a process remembers, and a lot to what is true, are not ignored', async () => {
    const now = Date.now()
    const justSettled = { finalAt: new Date(now - 1_000).toISOString(), refundAfter: Math.floor(now / 1000) + 86_400 }
    const events = history.locking.map(event => (event.type === 'debitSettled' ? { ...event, ...justSettled } : event))
    const [transfer] = await many(1, events)
    // An escrow whose terms are made on the way: who is too old to know them takes it for a stranger's.
    const roleOf: CoordinatorOptions['roleOf'] = ({ state }, escrowId) =>
      escrowId === ourEscrow && state !== 'locked' ? 'hold' : undefined
    const [a, b] = [start({ factPollMs: 3_600_000, roleOf }), start({ factPollMs: 3_600_000 })]
    // a remembers it as locked; b brings it on to releasing.
    a.offer(
      work(
        transfer!.id,
        { type: 'chainFact', kind: 'escrowLocked', status: 'included', place: place('10') },
        { escrowId: ourEscrow },
      ),
    )
    await until('it is locked', () => a.moved.length === 1)
    b.offer(work(transfer!.id, { type: 'finalityReached', kind: 'lock', fact: place('10').fact }, { escrowId: ourEscrow }))
    await until('it is releasing', () => b.moved[0]?.state === 'releasing')
    // The inbox has the release, and a is the one who reads it.
    const { fact: _fact, ...where } = place('20')
    await tell('evm:1', `${transfer!.id}:20`, transfer!.terms.hold.ref, 'escrowReleased', {
      status: 'included',
      escrowId: ourEscrow,
      ...where,
    })
    a.wake()
    await until('it is released', async () => (await stateOf(transfer!.id)) === 'released')
    expect(a.logged).not.toContain('a stranger used the ref of a transfer')
  })

  it('wish a refused release again once, when two processes see its timer', async () => {
    const [transfer] = await many(1, [...history.releasing, releaseRefused])
    const [a, b] = [start(), start()]
    const retry = work(transfer!.id, { type: 'deadlineReached', kind: 'retryRelease' })
    for (const each of [a, b, a, b]) each.offer(retry)
    await idle(a, b)
    expect(await one('select step, attempt from intents where transfer_id = $1', transfer!.id)).toEqual([
      { step: 'releaseEscrow', attempt: 1 },
    ])
  })
})

describe('facts', () => {
  it('are acted on once when two coordinators claim them at once', async () => {
    const waiting = await Promise.all(Array.from({ length: 200 }, () => waitingForBank()))
    await Promise.all(waiting.map(each => tellSettled(each)))
    const [a, b] = [start({ maxBatch: 16 }), start({ maxBatch: 16 })]
    const ids = waiting.map(({ transfer }) => transfer.id)
    await until(
      'all facts are consumed',
      async () => (await one(`select 1 from inbox where consumed < revision limit 1`)).length === 0,
    )
    await idle(a, b)
    expect(a.moved.length + b.moved.length).toBe(200)
    expect(new Set([...a.moved, ...b.moved].map(transfer => transfer.id))).toEqual(new Set(ids))
    expect(await one('select count(*)::int as n from transfer_events where transfer_id = any($1)', ids)).toEqual([{ n: 200 }])
    expect(await one(`select count(*)::int as n from intents where transfer_id = any($1) and step = 'lockEscrow'`, ids)).toEqual([
      { n: 200 },
    ])
    expect(await one('select count(*)::int as n from ledger_entries where transfer_id = any($1)', ids)).toEqual([{ n: 200 }])
  })

  it('that one transaction holds are invisible to another, and come back when it dies', async () => {
    const waiting = await Promise.all(Array.from({ length: 10 }, () => waitingForBank()))
    await Promise.all(waiting.map(each => tellSettled(each)))
    const [a, b] = [await database.app.connect(), await database.app.connect()]
    try {
      await Promise.all([a.query('begin'), b.query('begin')])
      const first = await claimFacts(a, 6)
      const second = await claimFacts(b, 100)
      expect([first.matched.length, first.full, second.matched.length, second.full]).toEqual([6, true, 4, false])
      const facts = [...first.matched, ...second.matched].map(each => each.transferId)
      expect(new Set(facts).size).toBe(10)
      await a.query('rollback')
      expect((await claimFacts(b, 100)).matched).toHaveLength(10)
    } finally {
      await b.query('rollback')
      a.release()
      b.release()
    }
  })

  it('that no transfer answers to are kept, flagged, and not asked about again', async () => {
    await tell('bank:sim', 'lost-1', 'CWnobody', 'railFact', bankSays('settled'))
    await tell('evm:1', 'lost-2', `0x${'00'.repeat(32)}`, 'escrowLocked', { status: 'included', ...place('1') })
    await tell('command', 'lost-3', 'tr_nobody', 'cancel', { actor: 'api:x', reason: 'x' })
    const known = await waitingForBank()
    await tell('bank:sim', 'lost-4', known.intent.reference, 'somethingNew', {})
    const ref = refOf(known.transfer.terms)!
    await tell('stellar:local', 'lost-5', ref, 'depositReceived', { status: 'included', ...place('1') })
    await tell('stellar:local', 'lost-6', ref, 'escrowReleased', { status: 'included', ...place('1') }) // of which escrow it does not say
    await tellSettled(known)
    const a = start()
    await until('the known one moved', async () => (await stateOf(known.transfer.id)) === 'locking')
    const flagged = () =>
      one<{ fact: string }>(`select fact, consumed, revision from inbox where unmatched and fact like 'lost-%' order by fact`)
    await until('all are flagged', async () => (await flagged()).length === 6)
    expect(await flagged()).toEqual([1, 2, 3, 4, 5, 6].map(n => ({ fact: `lost-${n}`, consumed: 0, revision: 1 })))
    const client = await database.app.connect()
    try {
      await client.query('begin')
      expect((await claimFacts(client, 100)).unmatched).toEqual([])
      await client.query('rollback')
    } finally {
      client.release()
    }
    expect(a.logged).toEqual([])
  })

  it('arrive at each of their revisions: included, orphaned, included again', async () => {
    const [transfer] = await many(1, history.locking)
    start()
    const fact = randomUUID()
    for (const [status, state] of [
      ['included', 'locked'],
      ['orphaned', 'locking'],
      ['included', 'locked'],
    ] as const) {
      await tellLock(transfer!, fact, status, status === 'included' ? randomUUID() : 'a')
      await until(`${status} was heard`, async () => (await stateOf(transfer!.id)) === state)
    }
    expect(
      (await one<{ type: string }>('select type from transfer_events where transfer_id = $1 order by version', transfer!.id)).map(
        row => row.type,
      ),
    ).toEqual([...['escrowLocked', 'lockOrphaned', 'escrowLocked']])
    expect(await one('select revision, consumed from inbox where fact = $1', fact)).toEqual([{ revision: 3, consumed: 3 }])
  })

  it('leave no gap when revisions were skipped: what was mined again elsewhere is a lock that waits anew', async () => {
    const [transfer] = await many(1, history.locking)
    const fact = randomUUID()
    await tellLock(transfer!, fact, 'included', 'a')
    const a = start()
    await until('it is locked', async () => (await stateOf(transfer!.id)) === 'locked')
    await a.stop()
    await tellLock(transfer!, fact, 'orphaned')
    await tellLock(transfer!, fact, 'included', 'b')
    start()
    await until(
      'the last revision is consumed',
      async () => (await one('select 1 from inbox where fact = $1 and consumed = 3', fact)).length === 1,
    )
    expect(
      (await one<{ type: string }>('select type from transfer_events where transfer_id = $1 order by version', transfer!.id)).map(
        row => row.type,
      ),
    ).toEqual([...['escrowLocked', 'lockOrphaned', 'escrowLocked']])
    expect(await stateOf(transfer!.id)).toBe('locked')
  })

  it('of one transfer are heard in the order in which they came', async () => {
    const known = await waitingForBank()
    const reference = known.intent.reference
    await tell('bank:sim', randomUUID(), reference, 'railFact', bankSays('submitted'))
    await tellSettled(known)
    await tell('bank:sim', randomUUID(), reference, 'railFact', bankSays('returned', 'R01'))
    const a = start()
    const types = async () =>
      (
        await one<{ type: string }>('select type from transfer_events where transfer_id = $1 order by version', known.transfer.id)
      ).map(row => row.type)
    await until('three events', async () => (await types()).length === 3)
    expect(await types()).toEqual(['debitSubmitted', 'debitSettled', 'debitReturned'])
    // One after the other, and not all at once until the database refuses it.
    expect(a.logged).toEqual([])
  })

  it.each([
    ['completed', 'debitFiat', 'returned', 'review'],
    ['failed', 'debitFiat', 'settled', 'review'],
    ['compensated', 'creditFiat', 'returned', 'review'],
    ['completed', 'debitFiat', 'settled', 'completed'],
  ] as const)('reach a transfer that has ended: %s, %s %s', async (state, step, type, then) => {
    const transfer = await store(database.owner, history[state], onramp(pool))
    const intent = intentOf(transfer, { step, attempt: 0 })
    await wish(database.owner, intent, { status: 'SUCCEEDED' })
    const fact = randomUUID()
    await tell('bank:sim', fact, intent.reference, 'railFact', bankSays(type, type === 'returned' ? 'R10' : undefined))
    start()
    await until(
      'it was heard',
      async () => (await one('select 1 from inbox where fact = $1 and consumed = revision', fact)).length === 1,
    )
    expect(await stateOf(transfer.id)).toBe(then)
  })

  it('cancel a transfer on behalf of whoever asked', async () => {
    const [transfer] = await many(1, history.requested)
    await tell('command', randomUUID(), transfer!.id, 'cancel', { actor: 'api:k1', reason: 'changed my mind' })
    start()
    await until('it is canceled', async () => (await stateOf(transfer!.id)) === 'canceled')
    expect(
      await one('select actor, cause like $2 as told from audit_log where transfer_id = $1', transfer!.id, 'fact:command/%'),
    ).toEqual([{ actor: 'api:k1', told: true }])
  })
})

describe('a poisoned transfer', () => {
  // The machine throws on it.
  const ofTheFuture = () => {
    const unborn = { ...onramp(pool), definition: 99 }
    return store(database.owner, history.debiting, unborn)
  }
  // The database refuses its entry, and with it the statement of the whole batch: there is no account in pounds.
  const inPounds = { sourceAmount: { currency: 'GBP', minor: '10025' } } as const

  it('is parked, and its batch mates go on', async () => {
    const bad = [await ofTheFuture(), await store(database.owner, history.debiting, onramp({ ...pool, ...inPounds }))]
    const good = await many(10, history.debiting)
    const a = start()
    for (const transfer of [...good.slice(0, 5), ...bad, ...good.slice(5)]) a.offer(settled(transfer))
    await until('the bad ones are parked', async () =>
      (await Promise.all(bad.map(({ id }) => parkedOf(id)))).every(reason => reason !== null),
    )
    await idle(a)
    for (const { id } of good) expect([await stateOf(id), await parkedOf(id)]).toEqual(['locking', null])
    for (const { id } of bad) {
      expect(await stateOf(id)).toBe('debiting')
      expect(await parkedOf(id)).toMatch(/^test: /)
      for (const table of ['transfer_events', 'outbox', 'audit_log', 'ledger_entries'])
        expect(await one(`select 1 from ${table} where transfer_id = $1`, id), table).toEqual([])
    }
    expect(a.logged.filter(message => message === 'a transfer is parked')).toHaveLength(2)
  })

  it('that comes in facts is parked, its facts wait, and the others go on', async () => {
    const bad = await waitingForBank({ ...pool, ...inPounds })
    const good = await Promise.all(Array.from({ length: 10 }, () => waitingForBank()))
    const all = [...good.slice(0, 5), bad, ...good.slice(5)]
    for (const each of all) await tellSettled(each, `poison-${each.transfer.id}`)
    const a = start()
    await until('the bad one is parked', () => parkedOf(bad.transfer.id))
    await until('the good ones moved', async () =>
      (await Promise.all(good.map(({ transfer }) => stateOf(transfer.id)))).every(state => state === 'locking'),
    )
    for (const { transfer } of good) expect(await parkedOf(transfer.id)).toBeNull()
    expect(await one('select consumed, revision, unmatched from inbox where fact = $1', `poison-${bad.transfer.id}`)).toEqual([
      { consumed: 0, revision: 1, unmatched: false },
    ])
    expect(a.logged).toContain('a transfer is parked')
  })

  it('is left alone by every input, which is dropped and not tried for ever', async () => {
    const [transfer] = await many(1, history.debiting)
    await parkTransfer(database.app, transfer!.id, 'test')
    const a = start()
    a.offer(settled(transfer!))
    await idle(a)
    expect(await stateOf(transfer!.id)).toBe('debiting')
    expect(a.moved).toEqual([])
  })

  it('moves on with what waited for it when a person has set it free', async () => {
    const bad = await waitingForBank()
    await parkTransfer(database.app, bad.transfer.id, 'test')
    await tellSettled(bad)
    const good = await waitingForBank()
    await tellSettled(good)
    start()
    await until('the other one moved', async () => (await stateOf(good.transfer.id)) === 'locking')
    expect(await stateOf(bad.transfer.id)).toBe('debiting')
    await database.owner.query('update transfers set parked_reason = null where id = $1', [bad.transfer.id])
    await until('it moved', async () => (await stateOf(bad.transfer.id)) === 'locking')
  })

  it('does not keep the facts of others from being read, however many of its own wait', async () => {
    const parked = await Promise.all(Array.from({ length: 4 }, () => waitingForBank()))
    for (const each of parked) {
      await parkTransfer(database.app, each.transfer.id, 'test')
      await tellSettled(each)
    }
    const good = await waitingForBank()
    await tellSettled(good)
    start({ maxBatch: 4 })
    await until('the one behind them moved', async () => (await stateOf(good.transfer.id)) === 'locking', 3_000)
  })
})

describe('errors that pass', () => {
  const failing = (times: number, code: string) => {
    let left = times
    return (point: string) => {
      if (point === 'beforeCommit' && left-- > 0) throw Object.assign(new Error('try again'), { code })
    }
  }

  it.each(['40001', '40P01', '57P01', '08006', '53300', 'ECONNRESET'])('are tried again and park nobody: %s', async code => {
    const transfers = await many(3, history.debiting)
    const a = start({ fault: failing(2, code) })
    for (const transfer of transfers) a.offer(settled(transfer))
    await until('all moved', async () =>
      (await Promise.all(transfers.map(({ id }) => stateOf(id)))).every(state => state === 'locking'),
    )
    for (const { id } of transfers) expect(await parkedOf(id)).toBeNull()
    expect(a.moved).toHaveLength(3)
  })

  it('leave facts where they are until it works', async () => {
    const known = await waitingForBank()
    await tellSettled(known)
    const a = start({ fault: failing(2, '40001') })
    await until('it moved', async () => (await stateOf(known.transfer.id)) === 'locking')
    expect(await parkedOf(known.transfer.id)).toBeNull()
    expect(a.moved).toHaveLength(1)
  })

  it('include connections that the server ends at any moment, even between a commit and its answer', async () => {
    const transfers = await many(200, history.debiting)
    const a = start({ maxBatch: 4 })
    for (const transfer of transfers) a.offer(settled(transfer))
    let ended = 0
    for (let round = 0; round < 5; round++) {
      await until('another few have moved', () => a.moved.length > round * 30)
      const killed = await one(
        `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'app' and state <> 'idle'`,
      )
      ended += killed.length
    }
    await until('all moved', async () =>
      (await Promise.all(transfers.map(({ id }) => stateOf(id)))).every(state => state === 'locking'),
    )
    await idle(a)
    expect(ended).toBeGreaterThan(0)
    const ids = transfers.map(({ id }) => id)
    expect(await one('select 1 from transfers where id = any($1) and parked_reason is not null', ids)).toEqual([])
    expect(await one('select count(*)::int as n from transfer_events where transfer_id = any($1)', ids)).toEqual([{ n: 200 }])
  })
})

describe('stopping', () => {
  it('finishes what it has begun', async () => {
    const transfers = await many(50, history.debiting)
    const a = start({ maxBatch: 5 })
    for (const transfer of transfers) a.offer(settled(transfer))
    await a.stop()
    expect(a.moved).toHaveLength(50)
  })
})

describe('a transfer that kills whoever takes it', () => {
  /** The store of one worker: at the step of this transfer he is gone, and nothing that he asked for is ever answered. */
  const mortal = (poison: TransferId) => {
    const store = postgresStore(database.app)
    let isDead = false
    const never = () => new Promise<never>(() => {})
    const living = async <T>(asked: Promise<T>): Promise<T> => {
      const answer = await asked.catch(error => (isDead ? never() : Promise.reject(error)))
      return isDead ? never() : answer
    }
    const commitSteps: CoordinatorOptions['store']['commitSteps'] = (steps, lease) => {
      if (!steps.some(({ before }) => before.id === poison)) return store.commitSteps(steps, lease)
      isDead = true
      throw new Error('killed')
    }
    return {
      isDead: () => isDead,
      store: {
        ...store,
        commitSteps: (...step: Parameters<typeof commitSteps>) => living((async () => commitSteps(...step))()),
        // What he had open is rolled back, and he does not hear of it.
        inTransaction: <T>(work: (tx: SagaTx) => Promise<T>) =>
          living(
            store.inTransaction(tx =>
              work({
                ...tx,
                commitSteps: (steps, lease) =>
                  steps.some(({ before }) => before.id === poison) ? commitSteps(steps, lease) : tx.commitSteps(steps, lease),
              }),
            ),
          ),
        takeInHand: (...asked: Parameters<typeof store.takeInHand>) => (isDead ? never() : store.takeInHand(...asked)),
        putDown: (ids: readonly TransferId[]) => (isDead ? never() : store.putDown(ids)),
      },
    }
  }

  /** Workers one after the other, each the successor of one that was killed; the last one lives. Returns how many were. */
  const succession = async (poison: TransferId, begin: (worker: Coordinator) => void, isOver: () => Promise<boolean>) => {
    for (let killed = 0; killed < 20; killed++) {
      const { store, isDead } = mortal(poison)
      const worker = coordinator({
        ...{ store, clock: databaseClock(store), lease: { owner: randomUUID(), ms: 60_000 }, execute: () => {} },
        ...{ onMoved: () => {}, roleOf: () => undefined, log: () => {}, factPollMs: 20 },
      })
      begin(worker)
      await until('killed, or done', async () => isDead() || (await isOver()))
      // A dead one is never heard of; whoever lives is stopped, as he should be.
      if (!isDead()) {
        await worker.stop()
        return killed
      }
    }
    return 20
  }

  it('is found out and parked, and what went down with it goes on', async () => {
    const transfers = await many(4, history.debiting)
    const poison = transfers[1]!
    const others = transfers.filter(each => each !== poison)
    const isOver = async () =>
      (await parkedOf(poison.id)) !== null &&
      (await Promise.all(others.map(({ id }) => stateOf(id)))).every(state => state === 'locking')
    // Timers and answers, which are looked for again by whoever comes next.
    const offerAll = (worker: Coordinator) => {
      for (const each of transfers) worker.offer(settled(each))
    }
    const killed = await succession(poison.id, offerAll, isOver)
    expect(killed).toBe(6)
    expect(await parkedOf(poison.id)).toBe('test: 6 workers in a row were never heard of again')
    expect(
      await one(
        'select transfer_id from transfers_in_hand where transfer_id = any($1)',
        others.map(({ id }) => id),
      ),
    ).toEqual([])
  })

  it('is found out among the facts of the inbox, too', async () => {
    const transfers = await many(4, history.locking)
    const poison = transfers[2]!
    const others = transfers.filter(each => each !== poison)
    for (const { id, terms } of transfers)
      await tell('command', `cancel:${id}`, id, 'cancel', { actor: 'x', reason: 'y', ref: refOf(terms) })
    const isOver = async () =>
      (await parkedOf(poison.id)) !== null &&
      (
        await one(
          'select from inbox where consumed < revision and subject = any($1)',
          others.map(({ id }) => id),
        )
      ).length === 0
    expect(await succession(poison.id, worker => worker.wake(), isOver)).toBe(6)
    expect(await parkedOf(poison.id)).toContain('6 workers in a row')
  })

  it('is nothing that a worker who has lived for a while pays for', async () => {
    const store = postgresStore(database.app)
    const [transfer] = await many(1, history.debiting)
    let monotonicMs = 0
    const asked: string[] = []
    const old = start({
      store: {
        ...store,
        takeInHand: (...args) => {
          asked.push('takeInHand')
          return store.takeInHand(...args)
        },
        putDown: ids => {
          asked.push('putDown')
          return store.putDown(ids)
        },
      },
      timing: { ...machineTiming, monotonicMs: () => monotonicMs },
    })
    monotonicMs = 30_000
    old.offer(settled(transfer!))
    await idle(old)
    expect([await stateOf(transfer!.id), asked]).toEqual(['locking', []])
  })
})
