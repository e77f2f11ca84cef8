import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { coordinating, idle, ourEscrow, screened, settled, work } from '../../../test/support/coordinating.ts'
import { history, onramp, place, releaseRefused } from '../../../test/support/onramp.ts'
import { fundPool, store } from '../../../test/support/saga.ts'
import { until } from '../../../test/support/until.ts'
import type { CoordinatorOptions } from './coordinator.ts'

const bench = coordinating()
const { start, one, stateOf, parkedOf, many, tell, waitingForBank, tellSettled } = bench

describe('liquidity', () => {
  it('is promised exactly as far as it goes by two coordinators that fight for it', async () => {
    const half = await fundPool(bench.database.owner, `pool_${randomUUID()}`, 100n * 100_000_000n)
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
    const transfer = await store(bench.database.owner, history.requested, onramp({ pool: 'nowhere' }))
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
