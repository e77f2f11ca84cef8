import { randomUUID } from 'node:crypto'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { replay } from '../../../test/support/given.ts'
import { deposit, history, lockPlace, offramp } from '../../../test/support/offramp.ts'
import { onramp, place } from '../../../test/support/onramp.ts'
import { type SagaDatabase, sagaDatabase } from '../../../test/support/saga.ts'
import { until } from '../../../test/support/until.ts'
import type { TransferEvent } from '../transfer/event.ts'
import { refOf } from '../transfer/hold.ts'
import type { Deposit } from '../transfer/terms.ts'
import type { Transfer } from '../transfer/transfer.ts'
import { type Coordinator, coordinator } from './coordinator.ts'
import { databaseClock } from './database-clock.ts'
import { postgresStore } from './postgres-store.ts'

// Money that comes under the ref of a transfer: the transfer's own, or kept until it finds its way back.
let database: SagaDatabase
let running: Coordinator
beforeAll(async () => {
  database = await sagaDatabase()
  const store = postgresStore(database.app)
  running = coordinator({
    ...{ store, clock: databaseClock(store), lease: { owner: randomUUID(), ms: 60_000 }, factPollMs: 20 },
    ...{ execute: () => {}, onMoved: () => {}, log: () => {} },
    roleOf: (_transfer, id) => (id === 'deposit' || id === 'hold' ? id : undefined),
  })
})
afterAll(async () => {
  await running.stop()
  await database.close()
})
afterEach(() => database.owner.query('update inbox set consumed = revision, unmatched = false'))

const stored = async (transfer: Transfer) => {
  const { id, tenant, route, definition, state, version, terms, progress } = transfer
  await database.owner.query(
    `insert into transfers (id, tenant, route, definition, state, version, terms, progress, escrow_ref) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    [id, tenant, route, definition, state, version, terms, progress, refOf(terms)],
  )
  return transfer
}
const waiting = (events: readonly TransferEvent[], committedBy: Deposit['committedBy'] = 'balance') =>
  stored(replay(offramp({ deposit: deposit(committedBy) }), events))

type Told = { kind?: string; escrowId?: string | null; fact?: string; [field: string]: unknown }
/** What becomes of a fact: who has it, and where the transfer stands. */
const told = async (
  transfer: Transfer,
  { kind = 'escrowLocked', escrowId = 'deposit', fact = randomUUID(), ...more }: Told = {},
) => {
  const { fact: _fact, ...where } = place('elsewhere')
  await database.owner.query(`insert into inbox (source, fact, subject, kind, payload) values ('evm:1', $1, $2, $3, $4)`, [
    fact,
    refOf(transfer.terms),
    kind,
    { status: 'included', ...(escrowId === null ? {} : { escrowId }), ...where, ...more },
  ])
  const row = async () => (await database.owner.query('select * from inbox where fact = $1', [fact])).rows[0]
  await until('it was heard', async () => {
    const { unmatched, consumed, revision } = await row()
    return unmatched || consumed === revision
  })
  const { rows } = await database.owner.query('select state from transfers where id = $1', [transfer.id])
  return { stray: (await row()).unmatched, state: rows[0].state }
}

describe('money under a ref', () => {
  it('is the deposit that is waited for', async () => {
    expect(await told(await waiting(history.awaitingDeposit))).toEqual({ stray: false, state: 'deposited' })
  })

  it('in a claimable balance is, too, and a payment is committed as it comes', async () => {
    const received = { kind: 'depositReceived' }
    expect(await told(await waiting(history.awaitingDeposit), { ...received, balanceId: '00' })).toMatchObject({
      state: 'deposited',
    })
    expect(await told(await waiting(history.awaitingDeposit), received)).toEqual({ stray: false, state: 'committed' })
  })

  it.each<[string, Told]>([
    ['of other terms', { escrowId: '0xother' }],
    ['by a payment of other terms', { kind: 'depositReceived', escrowId: '0xother' }],
    ['without an id', { kind: 'depositReceived', escrowId: null }],
  ])('%s is kept, and moves nothing', async (_what, fact) => {
    expect(await told(await waiting(history.awaitingDeposit), fact)).toEqual({ stray: true, state: 'awaitingDeposit' })
  })

  it.each(['deposited', 'committing', 'committed', 'payingOut', 'completed', 'compensated', 'review'] as const)(
    'a second time is kept while the first is %s, however it comes',
    async state => {
      for (const fact of [{}, { kind: 'depositReceived', balanceId: '00' }, { kind: 'depositReceived' }])
        expect(await told(await waiting(history[state]), fact)).toEqual({ stray: true, state })
    },
  )

  it.each(['failed', 'canceled'] as const)('by a payment is kept when the transfer has %s', async state => {
    expect(await told(await waiting(history[state]), { kind: 'depositReceived' })).toEqual({ stray: true, state })
  })

  it('that is told once more is none that anybody has to keep', async () => {
    const transfer = await waiting(history.completed)
    expect(await told(transfer, { fact: lockPlace.fact })).toEqual({ stray: false, state: 'completed' })
  })

  it('of the treasury’s own is none of these', async () => {
    const transfer = await stored(replay(onramp(), [{ type: 'transferRequested' }, { type: 'transferCanceled', reason: 'x' }]))
    expect(await told(transfer, { escrowId: 'hold' })).toEqual({ stray: false, state: 'canceled' })
    expect(await told(transfer, { escrowId: '0xother' })).toEqual({ stray: true, state: 'canceled' })
  })
})

describe('the end of a balance', () => {
  it('like the deposit, but another, is no news of it', async () => {
    const transfer = await waiting(history.deposited)
    const ended = { kind: 'escrowRefunded', balance: 'deposit' }
    expect(await told(transfer, { ...ended, madeBy: 'another:0' })).toEqual({ stray: false, state: 'deposited' })
    expect(await told(transfer, { ...ended, madeBy: lockPlace.fact })).toEqual({ stray: false, state: 'refundedDeposit' })
  })

  it('by our claim is a commit', async () => {
    const claimed = { kind: 'escrowReleased', balance: 'deposit', madeBy: lockPlace.fact }
    expect(await told(await waiting(history.committing), claimed)).toEqual({ stray: false, state: 'committed' })
  })
})

it('where nothing can be locked twice, a lock that comes back in another transaction is the same deposit', async () => {
  expect(await told(await waiting(history.deposited, 'escrow'))).toEqual({ stray: false, state: 'deposited' })
})
