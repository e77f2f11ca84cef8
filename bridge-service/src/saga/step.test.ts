import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { replay } from '../../../test/support/given.ts'
import { bankSays, finalAtMs, history, onramp, place, settledAtMs } from '../../../test/support/onramp.ts'
import { everything, fundPool, type SagaDatabase, sagaDatabase, stepOf, store, wish } from '../../../test/support/saga.ts'
import { intentOf } from '../intents/intent.ts'
import { request } from '../transfer/decide.ts'
import type { Input } from '../transfer/input.ts'
import type { Transfer } from '../transfer/transfer.ts'
import { loadPools, parkTransfer } from './load.ts'
import { type Lease, type Step, stepStatement } from './step.ts'

let database: SagaDatabase
let pool: { pool: string }
beforeAll(async () => {
  database = await sagaDatabase()
})
afterAll(() => database.close())
beforeEach(async () => {
  pool = await fundPool(database.owner, `pool_${randomUUID()}`, 1_000_000_000n)
})

const lease: Lease = { owner: 'me', ms: 30_000 }
const commit = async (steps: readonly Step[], held: Lease | null = lease): Promise<string[]> =>
  (await database.app.query<{ id: string }>(stepStatement(steps, held ?? undefined))).rows.map(row => row.id)
const one = async <T extends object>(sql: string, ...values: unknown[]): Promise<T[]> =>
  (await database.owner.query<T>(sql, values)).rows

const screened: Input = { type: 'screened', list: 'test', availableMinor: 10n ** 12n }
const settled: Input = { type: 'railFact', step: 'debitFiat', fact: bankSays('settled') }
const locked: Input = { type: 'chainFact', kind: 'escrowLocked', status: 'included', place: place('10') }
const lockFinal: Input = { type: 'finalityReached', kind: 'lock', fact: place('10').fact }

/** The step of a screening that has passed: two events, an entry, an intent, news of an intent, a reservation. */
const reserving = async (transfer: Transfer): Promise<Step> => {
  const [state] = await loadPools(database.app, [transfer.terms.pool])
  return stepOf(transfer, screened, { pool: state! })
}
/** The step of a final lock: an entry, a timer, the end of a wait, a fact that was heard. */
const finalizing = async (transfer: Transfer): Promise<Step> => {
  const fact = { source: 'evm:1', fact: `f_${transfer.id}`, revision: 1 }
  await database.owner.query(`insert into inbox (source, fact, subject, kind, payload) values ($1, $2, 'x', 'x', '{}')`, [
    fact.source,
    fact.fact,
  ])
  await database.owner.query(
    `insert into finality_waits (transfer_id, kind, chain, level, height, fact) values ($1, 'lock', 'evm:1', 'latest', 9, '0x10:0')`,
    [transfer.id],
  )
  return stepOf(transfer, lockFinal, { fact })
}

describe('a step that moved', () => {
  it('opens a transfer with its event, its outbox and audit rows and its first intent', async () => {
    const unborn = onramp(pool)
    const decision = request(unborn, settledAtMs)
    const intents = decision.intents.map(wish => intentOf(decision.after, wish))
    expect(await commit([{ before: unborn, decision, intents, actor: 'api:k1', cause: 'command:create' }])).toEqual([unborn.id])
    expect(
      await one('select tenant, route, state, version, terms, progress, parked_reason from transfers where id = $1', unborn.id),
    ).toEqual([
      {
        tenant: 'acme',
        route: 'onramp',
        state: 'requested',
        version: 1,
        terms: unborn.terms,
        progress: unborn.progress,
        parked_reason: null,
      },
    ])
    expect(
      await one('select version, type, payload, from_state, to_state from transfer_events where transfer_id = $1', unborn.id),
    ).toEqual([
      {
        version: 1,
        type: 'transferRequested',
        payload: { type: 'transferRequested' },
        from_state: 'none',
        to_state: 'requested',
      },
    ])
    expect(await one('select version, type from outbox where transfer_id = $1', unborn.id)).toEqual([
      { version: 1, type: 'transferRequested' },
    ])
    expect(await one('select version, actor, cause from audit_log where transfer_id = $1', unborn.id)).toEqual([
      { version: 1, actor: 'api:k1', cause: 'command:create' },
    ])
    expect(await one('select step, status, target from intents where transfer_id = $1', unborn.id)).toEqual([
      { step: 'screen', status: 'IN_FLIGHT', target: 'screening' },
    ])
  })

  it('writes one event, one outbox row and one audit row for each of its events, and all that they ask for', async () => {
    const transfer = await store(database.owner, history.requested, onramp(pool))
    await wish(database.owner, intentOf(transfer, { step: 'screen', attempt: 0 }))
    expect(await commit([await reserving(transfer)])).toEqual([transfer.id])
    for (const table of ['transfer_events', 'outbox', 'audit_log'])
      expect(await one(`select version from ${table} where transfer_id = $1 order by version`, transfer.id), table).toEqual([
        { version: 2 },
        { version: 3 },
      ])
    expect(await one('select state, version from transfers where id = $1', transfer.id)).toEqual([
      { state: 'debiting', version: 3 },
    ])
    expect(
      await one('select step, status, lease_owner, lease_epoch from intents where transfer_id = $1 order by step', transfer.id),
    ).toEqual([
      { step: 'debitFiat', status: 'IN_FLIGHT', lease_owner: 'me', lease_epoch: 1 },
      { step: 'screen', status: 'SUCCEEDED', lease_owner: null, lease_epoch: 0 },
    ])
    expect(await one('select version, kind from ledger_entries where transfer_id = $1', transfer.id)).toEqual([
      { version: 3, kind: 'liquidityReserved' },
    ])
    expect(
      await one(
        `select p.line, p.account_id, p.layer, p.amount from ledger_postings p join ledger_entries e on e.position = p.entry
          where e.transfer_id = $1 order by line`,
        transfer.id,
      ),
    ).toEqual([
      { line: 0, account_id: 'treasury:evm:1:USDC', layer: 'pending', amount: '-100000000' },
      { line: 1, account_id: 'escrow:evm:1:USDC', layer: 'pending', amount: '100000000' },
    ])
    expect(await one('select total, reserved, version from liquidity_pools where id = $1', pool.pool)).toEqual([
      { total: '1000000000', reserved: '100000000', version: 2 },
    ])
    expect(await one('select pool_id, amount, status from reservations where transfer_id = $1', transfer.id)).toEqual([
      { pool_id: pool.pool, amount: '100000000', status: 'reserved' },
    ])
  })

  it('sets timers, ends waits and hears facts', async () => {
    const transfer = await store(database.owner, history.locked, onramp(pool))
    const step = await finalizing(transfer)
    expect(await commit([step])).toEqual([transfer.id])
    const [timer] = await one<{ kind: string; due_at: Date }>(
      'select kind, due_at from deadlines where transfer_id = $1',
      transfer.id,
    )
    expect(timer).toEqual({ kind: 'clearing', due_at: new Date(finalAtMs) })
    expect(await one('select kind from finality_waits where transfer_id = $1', transfer.id)).toEqual([])
    expect(await one('select consumed, revision from inbox where fact = $1', step.fact!.fact)).toEqual([
      { consumed: 1, revision: 1 },
    ])
  })

  it('begins a wait at the height that the finality stored with the transfer asks for', async () => {
    const transfer = await store(database.owner, history.locking, onramp(pool))
    await commit([stepOf(transfer, locked)])
    expect(await one('select kind, chain, level, height, fact from finality_waits where transfer_id = $1', transfer.id)).toEqual([
      { kind: 'lock', chain: 'evm:1', level: 'latest', height: '9', fact: '0x10:0' },
    ])
  })

  it('moves a wait to where the lock was mined again', async () => {
    const transfer = await store(database.owner, history.locking, onramp(pool))
    const first = stepOf(transfer, locked)
    await commit([first])
    const elsewhere: Input = { type: 'chainFact', kind: 'escrowLocked', status: 'included', place: place('10', 'b', 20) }
    await commit([stepOf(first.decision.after, elsewhere)])
    expect(await one('select height, fact from finality_waits where transfer_id = $1', transfer.id)).toEqual([
      { height: '22', fact: '0x10:0' },
    ])
  })

  it('leaves its intents to whoever claims them when the process executes none', async () => {
    const transfer = await store(database.owner, history.debiting, onramp(pool))
    await commit([stepOf(transfer, settled)], null)
    expect(await one('select step, status, lease_owner, lease_epoch from intents where transfer_id = $1', transfer.id)).toEqual([
      { step: 'lockEscrow', status: 'PENDING', lease_owner: null, lease_epoch: 0 },
    ])
  })

  it('consumes or frees what was reserved, once', async () => {
    const [done, failed] = [
      await store(database.owner, history.requested, onramp(pool)),
      await store(database.owner, history.requested, onramp(pool)),
    ]
    for (const transfer of [done, failed]) await commit([await reserving(transfer)])
    const balance = () => one('select total, reserved from liquidity_pools where id = $1', pool.pool)
    expect(await balance()).toEqual([{ total: '1000000000', reserved: '200000000' }])

    await toVersion(done, history.released)
    await toVersion(failed, history.debiting)
    const steps = [
      stepOf(await reload(done), { type: 'finalityReached', kind: 'release', fact: place('20').fact }),
      stepOf(await reload(failed), { type: 'railFact', step: 'debitFiat', fact: bankSays('rejected') }),
    ]
    expect(await commit(steps)).toHaveLength(2)
    expect(await balance()).toEqual([{ total: '900000000', reserved: '0' }])
    expect(await commit(steps)).toEqual([])
    expect(await balance()).toEqual([{ total: '900000000', reserved: '0' }])
    expect(
      await one('select status from reservations where transfer_id = any($1) order by status', [done.id, failed.id]),
    ).toEqual([{ status: 'consumed' }, { status: 'freed' }])
  })
})

describe('a step whose transfer has moved on', () => {
  const nothingOf = async (steps: readonly Step[]) => {
    const before = await everything(database.owner)
    expect(await commit(steps)).toEqual([])
    expect(await everything(database.owner)).toEqual(before)
  }
  const both = async () => {
    const reserve = await store(database.owner, history.requested, onramp(pool))
    const finalize = await store(database.owner, history.locked, onramp(pool))
    return { transfers: [reserve, finalize], steps: [await reserving(reserve), await finalizing(finalize)] }
  }

  it('writes nothing when the version is another', async () => {
    const { transfers, steps } = await both()
    await database.owner.query('update transfers set version = version + 1 where id = any($1)', [transfers.map(t => t.id)])
    await nothingOf(steps)
  })

  it('writes nothing when the state is one from which its event cannot come', async () => {
    const { transfers, steps } = await both()
    await database.owner.query(`update transfers set state = 'completed' where id = any($1)`, [transfers.map(t => t.id)])
    await nothingOf(steps)
  })

  it('writes nothing when it is parked', async () => {
    const { transfers, steps } = await both()
    for (const { id } of transfers) await parkTransfer(database.app, id, 'a person looks')
    await nothingOf(steps)
  })

  it('writes nothing when it does not exist', async () => {
    const { transfers, steps } = await both()
    await database.owner.query('delete from transfers where id = any($1)', [transfers.map(t => t.id)])
    await nothingOf(steps)
  })

  it('writes nothing a second time', async () => {
    const { steps } = await both()
    expect(await commit(steps)).toHaveLength(2)
    await nothingOf(steps)
  })

  it('writes nothing when another promised from the pool meanwhile', async () => {
    const [first, second] = [
      await store(database.owner, history.requested, onramp(pool)),
      await store(database.owner, history.requested, onramp(pool)),
    ]
    const late = await reserving(second)
    expect(await commit([await reserving(first)])).toHaveLength(1)
    await nothingOf([late])
    expect(await commit([await reserving(second)])).toEqual([second.id])
  })

  it('does not keep back the others of its batch', async () => {
    const transfers = await Promise.all(Array.from({ length: 6 }, () => store(database.owner, history.requested, onramp(pool))))
    const stale = transfers.filter((_, index) => index % 2 === 0)
    const steps = await Promise.all(transfers.map(reserving))
    await database.owner.query('update transfers set version = version + 1 where id = any($1)', [stale.map(t => t.id)])
    const fresh = transfers.filter(t => !stale.includes(t)).map(t => t.id)
    expect((await commit(steps)).sort()).toEqual(fresh.sort())
    for (const table of ['transfer_events', 'outbox', 'audit_log', 'intents', 'ledger_entries', 'reservations'])
      expect(
        await one(
          `select 1 from ${table} where transfer_id = any($1)`,
          stale.map(t => t.id),
        ),
        table,
      ).toEqual([])
    expect(await one('select reserved from liquidity_pools where id = $1', pool.pool)).toEqual([{ reserved: '300000000' }])
  })
})

describe('the database, when a step would break a law', () => {
  it('promises no more than there is, even for a step that believes so', async () => {
    const small = await fundPool(database.owner, `pool_${randomUUID()}`, 100_000_000n)
    const transfers = await Promise.all([1, 2].map(() => store(database.owner, history.requested, onramp(small))))
    const steps = await Promise.all(transfers.map(reserving))
    await expect(commit(steps)).rejects.toMatchObject({ code: '23514' })
    expect(await one('select reserved, version from liquidity_pools where id = $1', small.pool)).toEqual([
      { reserved: '0', version: 1 },
    ])
    expect(
      await one(
        'select 1 from transfer_events where transfer_id = any($1)',
        transfers.map(t => t.id),
      ),
    ).toEqual([])
  })

  it('takes nothing of a batch in which one entry names an account that does not exist', async () => {
    const good = await store(database.owner, history.debiting, onramp(pool))
    const bad = await store(
      database.owner,
      history.debiting,
      onramp({ ...pool, sourceAmount: { currency: 'GBP', minor: '10025' } }),
    )
    await expect(commit([stepOf(good, settled), stepOf(bad, settled)])).rejects.toMatchObject({
      constraint: 'ledger_account_currency',
    })
    expect(await one('select state from transfers where id = $1', good.id)).toEqual([{ state: 'debiting' }])
  })
})

describe('three hundred steps at once', () => {
  it('are one statement, whatever each of them needs', async () => {
    const transfers = await Promise.all(
      Array.from({ length: 300 }, (_, index) =>
        store(database.owner, [history.debiting, history.locking, history.locked][index % 3]!, onramp(pool)),
      ),
    )
    const steps = transfers.map((transfer, index) => stepOf(transfer, [settled, locked, lockFinal][index % 3]!))
    expect(await commit(steps)).toHaveLength(300)
    const counts = await one<{ events: number; outbox: number; audit: number }>(
      `select (select count(*)::int from transfer_events where transfer_id = any($1)) as events,
              (select count(*)::int from outbox where transfer_id = any($1)) as outbox,
              (select count(*)::int from audit_log where transfer_id = any($1)) as audit`,
      transfers.map(t => t.id),
    )
    expect(counts).toEqual([{ events: 300, outbox: 300, audit: 300 }])
  })
})

/** The transfer as it is now, by the database. */
const reload = async ({ id }: Transfer): Promise<Transfer> =>
  (
    await one<Transfer>('select id, tenant, route, definition, state, version, terms, progress from transfers where id = $1', id)
  )[0]!

/** Puts a transfer further on in its history, without the rest of what the steps between would have written. */
const toVersion = async (transfer: Transfer, events: (typeof history)['released']) => {
  const later = replay({ ...transfer, state: 'none', version: 0, progress: onramp().progress }, events)
  await database.owner.query('update transfers set state = $2, version = $3, progress = $4 where id = $1', [
    transfer.id,
    later.state,
    later.version,
    later.progress,
  ])
}
