import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { coordinating, idle, ourEscrow, work } from '../../../test/support/coordinating.ts'
import { bankSays, history, onramp, place } from '../../../test/support/onramp.ts'
import { store, wish } from '../../../test/support/saga.ts'
import { until } from '../../../test/support/until.ts'
import { intentOf } from '../intents/intent.ts'
import { refOf } from '../transfer/hold.ts'
import { claimFacts } from './facts.ts'
import { postgresStore } from './postgres-store.ts'
import type { SagaStore } from './store.ts'

const bench = coordinating()
const { start, one, stateOf, many, tell, tellLock, waitingForBank, tellSettled } = bench

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
    const [a, b] = [await bench.database.app.connect(), await bench.database.app.connect()]
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

  // Each was found to be early while the other had its turn, and every look was followed by another at once.
  it('that came early and are several of one transfer are read again with the poll, and heard when their time has come', async () => {
    const [transfer] = await many(1, history.completed)
    const refund = (refundId: string) => ({ refundId, kind: 'goodwill', currency: 'USD', minor: '1' })
    const say = (type: string, id: string) =>
      tell('command', `${transfer!.id}:${id}:${type}`, transfer!.id, 'operator', { actor: 'x', input: { type, ...refund(id) } })
    for (const id of ['rf_1', 'rf_2']) await say('refundCameBack', id)
    const real = postgresStore(bench.database.app)
    let looks = 0
    const counting: SagaStore = {
      ...real,
      inTransaction: act => {
        looks++
        return real.inTransaction(act)
      },
    }
    const a = start({ store: counting, factPollMs: 3_600_000 })
    a.wake()
    await until('both were looked at', () => looks >= 3)
    for (let times = 0; times < 100; times++) await one('select 1')
    expect(looks).toBeLessThan(6)
    for (const id of ['rf_1', 'rf_2']) await say('refundSettled', id)
    const told = async () => {
      a.wake()
      const rows = await one(`select 1 from transfer_events where transfer_id = $1 and type like 'refund%'`, transfer!.id)
      return rows.length === 4
    }
    await until('all are heard', told)
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
    const client = await bench.database.app.connect()
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
    const transfer = await store(bench.database.owner, history[state], onramp(bench.pool))
    const intent = intentOf(transfer, { step, attempt: 0 })
    await wish(bench.database.owner, intent, { status: 'SUCCEEDED' })
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

describe('a stranger', () => {
  it('moves nothing with an escrow of his own under our ref', async () => {
    // The ref stands in our lock's event: anybody may lock one unit under it and refund it again.
    const transfer = await store(bench.database.owner, history.releasing, onramp(bench.pool))
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
    const transfer = await store(bench.database.owner, history.releasing, onramp(bench.pool))
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
    const transfer = await store(bench.database.owner, history[from], onramp(bench.pool))
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
