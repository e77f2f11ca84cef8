import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { coordinating, idle, settled } from '../../../test/support/coordinating.ts'
import { history, onramp } from '../../../test/support/onramp.ts'
import { store } from '../../../test/support/saga.ts'
import { until } from '../../../test/support/until.ts'
import { machineTiming } from '../timing.ts'
import { refOf } from '../transfer/hold.ts'
import type { TransferId } from '../transfer/id.ts'
import { type Coordinator, type CoordinatorOptions, coordinator } from './coordinator.ts'
import { databaseClock } from './database-clock.ts'
import { parkTransfer } from './load.ts'
import { postgresStore } from './postgres-store.ts'
import type { SagaTx } from './store.ts'

const bench = coordinating()
const { start, one, stateOf, parkedOf, many, tell, waitingForBank, tellSettled } = bench

describe('a poisoned transfer', () => {
  // The machine throws on it.
  const ofTheFuture = () => {
    const unborn = { ...onramp(bench.pool), definition: 99 }
    return store(bench.database.owner, history.debiting, unborn)
  }
  // The database refuses its entry, and with it the statement of the whole batch: there is no account in pounds.
  const inPounds = { sourceAmount: { currency: 'GBP', minor: '10025' } } as const

  it('is parked, and its batch mates go on', async () => {
    const bad = [await ofTheFuture(), await store(bench.database.owner, history.debiting, onramp({ ...bench.pool, ...inPounds }))]
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
    const bad = await waitingForBank({ ...bench.pool, ...inPounds })
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
    await parkTransfer(bench.database.app, transfer!.id, 'test')
    const a = start()
    a.offer(settled(transfer!))
    await idle(a)
    expect(await stateOf(transfer!.id)).toBe('debiting')
    expect(a.moved).toEqual([])
  })

  it('moves on with what waited for it when a person has set it free', async () => {
    const bad = await waitingForBank()
    await parkTransfer(bench.database.app, bad.transfer.id, 'test')
    await tellSettled(bad)
    const good = await waitingForBank()
    await tellSettled(good)
    start()
    await until('the other one moved', async () => (await stateOf(good.transfer.id)) === 'locking')
    expect(await stateOf(bad.transfer.id)).toBe('debiting')
    await bench.database.owner.query('update transfers set parked_reason = null where id = $1', [bad.transfer.id])
    await until('it moved', async () => (await stateOf(bad.transfer.id)) === 'locking')
  })

  it('does not keep the facts of others from being read, however many of its own wait', async () => {
    const parked = await Promise.all(Array.from({ length: 4 }, () => waitingForBank()))
    for (const each of parked) {
      await parkTransfer(bench.database.app, each.transfer.id, 'test')
      await tellSettled(each)
    }
    const good = await waitingForBank()
    await tellSettled(good)
    start({ maxBatch: 4 })
    await until('the one behind them moved', async () => (await stateOf(good.transfer.id)) === 'locking', 3_000)
  })
})

describe('a transfer that kills whoever takes it', () => {
  /** The store of one worker: at the step of this transfer he is gone, and nothing that he asked for is ever answered. */
  const mortal = (poison: TransferId) => {
    const store = postgresStore(bench.database.app)
    let isDead = false
    let die = () => {}
    const death = new Promise<never>((_, reject) => {
      die = () => reject(new Error('killed'))
    })
    death.catch(() => {})
    const never = () => new Promise<never>(() => {})
    const living = async <T>(asked: Promise<T>): Promise<T> => {
      const answer = await asked.catch(error => (isDead ? never() : Promise.reject(error)))
      return isDead ? never() : answer
    }
    const commitSteps: CoordinatorOptions['store']['commitSteps'] = (steps, lease) => {
      if (!steps.some(({ before }) => before.id === poison)) return store.commitSteps(steps, lease)
      isDead = true
      die()
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
            store.inTransaction(tx => {
              const worked = work({
                ...tx,
                commitSteps: (steps, lease) =>
                  steps.some(({ before }) => before.id === poison) ? commitSteps(steps, lease) : tx.commitSteps(steps, lease),
              })
              return Promise.race([worked, death])
            }),
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
    const store = postgresStore(bench.database.app)
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
