import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { replay } from '../../../test/support/given.ts'
import { type InProcessBank, type InProcessChain, inProcessBank, inProcessChain } from '../../../test/support/in-process.ts'
import { history, onramp } from '../../../test/support/onramp.ts'
import { type SagaDatabase, sagaDatabase, store, wish } from '../../../test/support/saga.ts'
import { until } from '../../../test/support/until.ts'
import type { ChainOrder } from '../chains/chain.ts'
import { done, refused, unknown } from '../outcome.ts'
import type { Screening } from '../policy/screening.ts'
import type { RailOrder } from '../rails/rail.ts'
import type { Step } from '../transfer/input.ts'
import { type Executor, type ExecutorOptions, executor } from './executor.ts'
import { type Intent, intentOf } from './intent.ts'
import { intentQueue } from './store.ts'

let database: SagaDatabase
let bank: InProcessBank
let chain: InProcessChain
beforeAll(async () => {
  database = await sagaDatabase()
})
afterAll(() => database.close())
beforeEach(async () => {
  await database.owner.query('delete from intents')
  bank = inProcessBank()
  chain = inProcessChain(database.owner)
})

type Told = { key: string } & Parameters<ExecutorOptions['answer']>[1]
const running: Executor[] = []
const start = (options: Partial<ExecutorOptions> = {}) => {
  const answers: Told[] = []
  const logged: string[] = []
  const screening: Screening = { check: async () => done({ list: 'test' }) }
  const made = executor({
    queue: intentQueue(database.app),
    owner: 'me',
    leaseMs: 60_000,
    rails: new Map([[bank.id, bank]]),
    chains: new Map([[chain.id, chain]]),
    screening,
    answer: (intent, answer) => answers.push({ key: intent.key, ...answer }),
    log: (_level, message) => logged.push(message),
    pollMs: 10,
    ...options,
  })
  running.push(made)
  return { ...made, answers, logged }
}
afterEach(async () => {
  await Promise.all(running.splice(0).map(each => each.stop()))
})

const make = (step: Step, transfer = replay(onramp(), history.crediting)): Intent => intentOf(transfer, { step, attempt: 0 })
/** In the table, as a crash or another process left it. */
const left = async (step: Step, row: Record<string, unknown> = {}, transfer?: Parameters<typeof make>[1]): Promise<Intent> => {
  const intent = make(step, transfer)
  await wish(database.owner, intent, row)
  return intent
}
/** Written with a lease of this process, as a step writes it, and handed over. */
const taken = async (step: Step, by: Executor, transfer?: Parameters<typeof make>[1]): Promise<Intent> => {
  const intent = await left(step, { status: 'IN_FLIGHT', lease_owner: 'me', lease_epoch: 1, next_at: '2999-01-01' }, transfer)
  by.take([intent])
  return intent
}
const rowOf = async ({ key }: Intent) =>
  (await database.owner.query('select status, lease_owner, attempts, abandoned from intents where key = $1', [key])).rows[0]
/** Brings the next turn of an intent forward, so that no test waits for a back-off. */
const hurry = ({ key }: Intent) =>
  database.owner.query('update intents set next_at = now() where key = $1 and lease_owner is null', [key])
const givenBack = (intent: Intent) => until('it was given back', async () => (await rowOf(intent)).lease_owner === null)

describe('an order to a bank', () => {
  it('that was never tried is sent, and the answer goes to the saga', async () => {
    const run = start()
    const intent = await taken('debitFiat', run)
    await until('an answer', () => run.answers.length === 1)
    expect(bank.calls).toEqual([`submit ${intent.key}`])
    expect(run.answers).toMatchObject([
      { key: intent.key, type: 'railAnswered', step: 'debitFiat', fact: { type: 'settled', externalId: intent.reference } },
    ])
  })

  it.each([
    ['as the bank says', '2026-03-02T08:30:00.000Z', '2026-03-02T08:30:00.000Z'],
    ['as we asked, where it says the day only', '2026-03-02T00:00:00Z', '2026-03-02T10:00:00.000Z'],
    ['as we asked, where it says nothing', undefined, '2026-03-02T10:00:00.000Z'],
  ])('is answered with a time: %s', async (_what, said, at) => {
    const submit: typeof bank.submit = async order => {
      const answer = await bank.submit(order)
      return answer.kind === 'done' && said !== undefined ? done({ ...answer.value, at: said }) : answer
    }
    const rails = new Map([[bank.id, { ...bank, submit }]])
    const run = start({ rails, databaseNowMs: () => Date.parse('2026-03-02T10:00:00.000Z') })
    await taken('debitFiat', run)
    await until('an answer', () => run.answers.length === 1)
    expect(run.answers).toMatchObject([{ type: 'railAnswered', fact: { type: 'settled', at } }])
  })

  it('that another process left is sent, with the bytes of the row', async () => {
    const intent = await left('debitFiat')
    const run = start()
    await until('an answer', () => run.answers.length === 1)
    expect(bank.orders.get(intent.key)).toEqual(intent.request.order)
  })

  it('whose answer was lost is unknown, and is asked about before anything is sent again', async () => {
    bank.faults.submit.push('lostAfter')
    const run = start()
    const intent = await taken('debitFiat', run)
    await until('the saga knows that it does not know', () => run.answers.length === 1)
    expect(run.answers[0]).toMatchObject({ type: 'intentUnknown', step: 'debitFiat' })
    // What the saga's step then writes.
    await database.owner.query(`update intents set status = 'UNKNOWN', lease_owner = null, next_at = now() where key = $1`, [
      intent.key,
    ])
    await until('the truth', () => run.answers.length === 2)
    expect(run.answers[1]).toMatchObject({ type: 'railAnswered', fact: { type: 'settled' } })
    expect(bank.calls).toEqual([`submit ${intent.key}`, `query ${intent.key}`])
    expect(bank.orders.size).toBe(1)
  })

  it('that the bank has never seen is the same order again', async () => {
    const intent = await left('debitFiat', { status: 'UNKNOWN' })
    const run = start()
    await until('an answer', () => run.answers.length === 1)
    expect(bank.calls).toEqual([`query ${intent.key}`, `submit ${intent.key}`])
    expect(bank.orders.get(intent.key)).toEqual(intent.request.order)
    expect(run.answers).toMatchObject([{ type: 'railAnswered', fact: { type: 'settled' } }])
  })

  it.each(['IN_FLIGHT', 'UNKNOWN'])('that a worker left %s is never sent while the bank is silent about it', async status => {
    bank.faults.query.push('lostBefore', 'lostBefore', 'throws')
    const intent = await left('debitFiat', { status })
    const run = start()
    for (let asked = 1; asked <= 3; asked++) {
      await until(`asked ${asked} times`, () => bank.calls.length >= asked)
      await givenBack(intent)
      expect((await rowOf(intent)).status).toBe('UNKNOWN')
      expect(run.answers).toEqual([])
      await hurry(intent)
    }
    await until('an answer', () => run.answers.length === 1)
    expect(bank.calls).toEqual([...Array(4).fill(`query ${intent.key}`), `submit ${intent.key}`])
  })

  it('whose key the bank may have forgotten is only asked about, and a person is called', async () => {
    const intent = await left('debitFiat', { status: 'UNKNOWN', created_at: '2020-01-01' })
    const run = start()
    for (let asked = 1; asked <= 3; asked++) {
      await until(`asked ${asked} times`, () => bank.calls.length >= asked)
      await givenBack(intent)
      await hurry(intent)
    }
    expect(new Set(bank.calls)).toEqual(new Set([`query ${intent.key}`]))
    expect(bank.orders.size).toBe(0)
    expect(run.answers).toEqual([])
    expect(run.logged).toContain('an order was never found and its key may be forgotten: a person must look')
  })

  it('that is older than the bank’s memory of keys is not sent for the first time either, if it may have been tried', async () => {
    // The bank took it, answered nobody, and has pruned the key since: a second submission would be a second debit.
    const intent = make('debitFiat')
    await bank.submit(intent.request.order as RailOrder)
    bank.prune(intent.key)
    await wish(database.owner, intent, { status: 'IN_FLIGHT', created_at: '2020-01-01' })
    const run = start()
    await until('a person was called', () => run.logged.length > 0)
    expect(bank.calls.filter(call => call.startsWith('submit'))).toHaveLength(1)
    expect(run.answers).toEqual([])
  })

  it.each([
    ['at once', 'PENDING', 'submit'],
    ['when asked', 'UNKNOWN', 'query'],
  ] as const)('that the bank refuses %s is refused', async (_when, status, fault) => {
    bank.faults[fault].push({ refused: 'account_closed' })
    const intent = await left('debitFiat', { status })
    const run = start()
    await until('an answer', () => run.answers.length === 1)
    expect(run.answers).toEqual([
      { key: intent.key, type: 'intentRefused', step: 'debitFiat', attempt: 0, code: 'account_closed', detail: 'no' },
    ])
    expect(bank.orders.size).toBe(0)
  })

  it.each([
    ['just been made', 0, 500],
    ['been open for a minute', 60_000, 15_000],
    ['been open for a day', 86_400_000, 900_000],
  ])('that is only submitted is asked about again, ever more rarely: when it has %s', async (_age, ageMs, waitMs) => {
    bank = inProcessBank('bank:sim', 'submitted')
    // Claimed by many that died before they asked: that makes nobody wait longer.
    const created = new Date(Date.now() - ageMs).toISOString()
    const intent = await left('debitFiat', { status: 'IN_FLIGHT', attempts: 30, created_at: created })
    await bank.submit(intent.request.order as RailOrder)
    const run = start()
    await until('asked', () => run.answers.length >= 1)
    await givenBack(intent)
    const { rows } = await database.owner.query<{ ms: string }>(
      'select extract(epoch from next_at - updated_at) * 1000 as ms from intents where key = $1',
      [intent.key],
    )
    const waitedMs = Number(rows[0]!.ms)
    expect(waitedMs).toBeGreaterThanOrEqual(waitMs)
    expect(waitedMs).toBeLessThan(waitMs + 10_000)
    expect((await rowOf(intent)).status).toBe('IN_FLIGHT')
  })

  it('whose adapter threw is asked about before it is sent again', async () => {
    bank.faults.submit.push('throws')
    const intent = await left('debitFiat')
    const run = start()
    await until('it was tried', () => bank.calls.length === 1)
    await givenBack(intent)
    expect((await rowOf(intent)).status).toBe('UNKNOWN')
    await hurry(intent)
    await until('an answer', () => run.answers.length === 1)
    expect(bank.orders.size).toBe(1)
  })

  it('for a bank that this process does not know waits for one that does', async () => {
    const intent = await left('debitFiat')
    const run = start({ rails: new Map() })
    await until('it was logged', () => run.logged.length > 0)
    await givenBack(intent)
    await run.stop()
    await hurry(intent)
    const other = start()
    await until('an answer', () => other.answers.length === 1)
  })

  it('has one effect when two processes and a crash have it in hand', async () => {
    const intent = await left('debitFiat', { status: 'IN_FLIGHT' })
    const [a, b] = [start({ leaseMs: 30 }), start({ leaseMs: 30, owner: 'other' })]
    a.take([intent])
    b.take([intent])
    await until('three answers', () => a.answers.length + b.answers.length >= 3)
    expect(bank.orders.size).toBe(1)
  })
})

describe('a lease that ran out in the queue', () => {
  it('sends nothing: whoever has it now asks first', async () => {
    const gate = Promise.withResolvers<void>()
    const slow = { ...bank, submit: (order: RailOrder) => gate.promise.then(() => bank.submit(order)) }
    const run = start({ rails: new Map([[bank.id, slow]]), concurrency: 1, leaseMs: 50, pollMs: 3_600_000 })
    const [first, second] = [make('debitFiat'), make('debitFiat', replay(onramp(), history.debiting))]
    run.take([first, second])
    const startedMs = performance.now()
    await until('the lease of the second is over', () => performance.now() - startedMs > 60)
    gate.resolve()
    await until('the first was sent', () => run.answers.length === 1)
    await run.stop()
    expect(bank.calls).toEqual([`submit ${first.key}`])
  })
})

describe('a screening', () => {
  it.each([
    ['passed', done({ list: 'v7' }), { type: 'screened', list: 'v7' }],
    [
      'refused',
      refused('screening_refused', 'on the list'),
      { type: 'intentRefused', step: 'screen', attempt: 0, code: 'screening_refused', detail: 'on the list' },
    ],
  ] as const)('that %s is told', async (_how, outcome, told) => {
    const run = start({ screening: { check: async () => outcome } })
    const intent = await taken('screen', run)
    await until('an answer', () => run.answers.length === 1)
    expect(run.answers).toEqual([{ key: intent.key, ...told }])
  })

  it('that says nothing, or breaks, is asked again, since looking has no effect', async () => {
    const outcomes = [
      async () => unknown('silence'),
      async () => Promise.reject(new Error('broken')),
      async () => done({ list: 'v8' }),
    ]
    const run = start({ screening: { check: () => outcomes.shift()!() } })
    const intent = await left('screen')
    for (let failed = 1; failed <= 2; failed++) {
      await until(`failed ${failed} times`, () => outcomes.length <= 3 - failed)
      await givenBack(intent)
      expect((await rowOf(intent)).status).toBe('PENDING')
      await hurry(intent)
    }
    await until('an answer', () => run.answers.length === 1)
    expect(run.answers).toMatchObject([{ type: 'screened', list: 'v8' }])
  })
})

describe('an order to a chain', () => {
  const locking = () => replay(onramp(), history.locking)

  it('is submitted, and then the chain’s facts speak', async () => {
    const run = start()
    const intent = await taken('lockEscrow', run, locking())
    await until('it was submitted', () => chain.calls.length === 1)
    expect(await chain.mine()).toBe(1)
    expect(run.answers).toEqual([])
    expect(chain.calls).toEqual([`lock ${intent.key}`])
  })

  it('that may have been submitted is looked for first, and is left to the indexer when it is there', async () => {
    const intent = await left('lockEscrow', { status: 'IN_FLIGHT' }, locking())
    await chain.submit(intent.request.order as ChainOrder)
    const run = start()
    await until('it was looked for', () => chain.calls.length === 2)
    await givenBack(intent)
    await chain.mine()
    await hurry(intent)
    await until('it was looked for again', () => chain.calls.length === 3)
    await givenBack(intent)
    expect(chain.calls.slice(1)).toEqual([`find ${intent.key}`, `find ${intent.key}`])
    expect((await rowOf(intent)).status).toBe('IN_FLIGHT')
    expect(run.answers).toEqual([])
  })

  it('that was never stored is the same order again', async () => {
    const intent = await left('lockEscrow', { status: 'IN_FLIGHT' }, locking())
    start()
    await until('it was submitted', () => chain.calls.length === 2)
    expect(chain.calls).toEqual([`find ${intent.key}`, `lock ${intent.key}`])
    await givenBack(intent)
    expect(await chain.mine()).toBe(1)
  })

  it('is never submitted while the chain is silent about it', async () => {
    chain.faults.find.push('lostBefore', 'throws')
    const intent = await left('lockEscrow', { status: 'UNKNOWN' }, locking())
    start()
    for (let asked = 1; asked <= 2; asked++) {
      await until(`asked ${asked} times`, () => chain.calls.length >= asked)
      await givenBack(intent)
      expect(chain.calls.every(call => call.startsWith('find'))).toBe(true)
      await hurry(intent)
    }
    await until('it was submitted', () => chain.calls.includes(`lock ${intent.key}`))
  })

  it('whose answer was lost is in flight, and found by its key', async () => {
    chain.faults.submit.push('lostAfter')
    const run = start()
    const intent = await left('lockEscrow', {}, locking())
    await until('it was submitted', () => chain.calls.length === 1)
    await givenBack(intent)
    expect((await rowOf(intent)).status).toBe('IN_FLIGHT')
    await hurry(intent)
    await until('it was looked for', () => chain.calls.length === 2)
    expect(chain.calls).toEqual([`lock ${intent.key}`, `find ${intent.key}`])
    expect(await chain.mine()).toBe(1)
    expect(run.answers).toEqual([])
  })

  it.each(['PENDING', 'UNKNOWN'])('that the chain would revert is refused: %s', async status => {
    const intent = await left('releaseEscrow', { status }, replay(onramp(), history.releasing))
    const run = start()
    await until('an answer', () => run.answers.length === 1)
    expect(run.answers).toMatchObject([
      { key: intent.key, type: 'intentRefused', step: 'releaseEscrow', attempt: 0, code: 'chain_refused' },
    ])
  })

  it('that was included and reverted is refused', async () => {
    const transfer = replay(onramp(), history.releasing)
    const [lock, release, refund] = (['lockEscrow', 'releaseEscrow', 'refundEscrow'] as const).map(step => make(step, transfer))
    const order = (intent: Intent) => intent.request.order as ChainOrder
    await chain.submit(order(lock!))
    await chain.mine()
    await chain.submit(order(refund!))
    await chain.submit(order(release!))
    await chain.mine()
    await wish(database.owner, release!, { status: 'IN_FLIGHT' })
    const run = start()
    await until('an answer', () => run.answers.length === 1)
    expect(run.answers).toMatchObject([{ key: release!.key, type: 'intentRefused', step: 'releaseEscrow' }])
  })

  it('is tried again when nothing was stored because the chain was away', async () => {
    chain.faults.submit.push('throws')
    const intent = await left('lockEscrow', {}, locking())
    start()
    await until('it was tried', () => chain.calls.length === 1)
    await givenBack(intent)
    expect((await rowOf(intent)).status).toBe('PENDING')
    await hurry(intent)
    await until('it was submitted', () => chain.calls.length === 2)
    expect(await chain.mine()).toBe(1)
  })
})

describe('the executor', () => {
  it('keeps to its number of calls at once per target', async () => {
    let [now, most] = [0, 0]
    const gate = Promise.withResolvers<void>()
    const counting = {
      ...bank,
      submit: async (order: RailOrder) => {
        most = Math.max(most, ++now)
        await gate.promise
        now--
        return bank.submit(order)
      },
    }
    const run = start({ rails: new Map([[bank.id, counting]]), concurrency: 3 })
    run.take(Array.from({ length: 10 }, () => make('debitFiat', replay(onramp(), history.debiting))))
    await until('three calls are under way', () => now === 3)
    // Another target is not held up by a slow bank.
    await taken('lockEscrow', run, replay(onramp(), history.locking))
    await until('the chain was called', () => chain.calls.length === 1)
    gate.resolve()
    await until('all have answered', () => run.answers.length === 10)
    expect(most).toBe(3)
  })

  it('finishes the calls that are under way when it stops, and begins no other', async () => {
    const gate = Promise.withResolvers<void>()
    const slow = { ...bank, submit: (order: RailOrder) => gate.promise.then(() => bank.submit(order)) }
    const run = start({ rails: new Map([[bank.id, slow]]), concurrency: 1 })
    run.take([make('debitFiat'), make('debitFiat', replay(onramp(), history.debiting))])
    const stopped = run.stop()
    gate.resolve()
    await stopped
    expect(run.answers).toHaveLength(1)
  })

  it('survives a database that is away while it gives something back', async () => {
    bank.faults.submit.push('throws')
    const gone = () => Promise.reject(new Error('gone'))
    const run = start({ queue: { claimIntents: gone, postponeIntent: gone, holdsIntent: gone } })
    run.take([make('debitFiat')])
    await until(
      'both were logged',
      () => run.logged.includes('an intent could not be given back') && run.logged.includes('intents could not be claimed'),
    )
  })
})

describe('a target that stands still', () => {
  it('is sent nothing; what waits is given back as it was, and goes out when it moves again', async () => {
    let isHeld = true
    const run = start({ isHeld: target => isHeld && target === bank.id })
    const fresh = await taken('creditFiat', run)
    await givenBack(fresh)
    expect(await rowOf(fresh)).toMatchObject({ status: 'PENDING' })
    const doubtful = await left('debitFiat', { status: 'UNKNOWN' })
    await until('it was looked at', async () => (await rowOf(doubtful)).attempts === 1)
    await givenBack(doubtful)
    expect(await rowOf(doubtful)).toMatchObject({ status: 'UNKNOWN' })
    expect(bank.calls).toEqual([])
    isHeld = false
    await hurry(fresh)
    await until('an answer', () => run.answers.length === 1)
    expect(bank.calls).toEqual([`submit ${fresh.key}`])
  })
})

describe('an intent that its workers do not survive', () => {
  const claimBy = async (owner: string) => intentQueue(database.app).claimIntents(owner, 0, 100)

  it('is counted, and is nobody’s fault once it has been given back', async () => {
    await left('debitFiat')
    const counts: number[] = []
    for (const owner of ['a', 'b', 'c']) counts.push((await claimBy(owner))[0]!.abandoned)
    const [again] = await claimBy('d')
    expect([...counts, again!.abandoned]).toEqual([0, 1, 2, 3])
    await intentQueue(database.app).postponeIntent(again!, 'UNKNOWN', 0)
    expect((await claimBy('e'))[0]!.abandoned).toBe(0)
  })

  it('is nobody’s fault either when they were only slower than their lease, and still it is theirs no more', async () => {
    const intent = await left('debitFiat')
    const [slow] = await claimBy('a')
    for (const owner of ['b', 'c']) await claimBy(owner)
    expect(await intentQueue(database.app).postponeIntent(slow!, 'UNKNOWN', 0)).toBe(false)
    expect(await rowOf(intent)).toMatchObject({ lease_owner: 'c', abandoned: 0 })
  })

  it('is executed alone once it is suspected, so that others do not fall with it', async () => {
    for (const step of ['debitFiat', 'creditFiat'] as const) await left(step, { abandoned: 3 })
    await left('lockEscrow')
    expect((await claimBy('a')).map(({ abandoned }) => abandoned).sort()).toEqual([0, 3])
  })

  it('is parked with its transfer after six of them, and not tried again', async () => {
    const parked: string[] = []
    const intent = await left('debitFiat', { abandoned: 6, status: 'IN_FLIGHT', lease_owner: 'dead' })
    const run = start({ park: async (id, reason) => void parked.push(`${id} ${reason}`) })
    await until('it is parked', () => parked.length > 0)
    expect(parked[0]).toBe(`${intent.transferId} debitFiat: 7 workers in a row were never heard of again`)
    expect(bank.calls).toEqual([])
    expect(run.logged).toContain('a transfer is parked')
  })

  it('is parked later by whom the database leaves alone with it', async () => {
    let asked = 0
    const intent = await left('debitFiat', { abandoned: 6, status: 'IN_FLIGHT', lease_owner: 'dead' })
    const run = start({
      park: async () => {
        asked++
        throw new Error('gone')
      },
    })
    await until('it was tried', () => asked > 0)
    await givenBack(intent)
    expect(run.logged).toContain('an intent is tried again later')
    expect(bank.calls).toEqual([])
  })

  it('waits as long as its transfer is parked', async () => {
    const transfer = await store(database.owner, history.debiting)
    await left('debitFiat', {}, transfer)
    await database.owner.query('update transfers set parked_reason = $2 where id = $1', [transfer.id, 'x'])
    expect(await claimBy('a')).toEqual([])
    await database.owner.query('update transfers set parked_reason = null where id = $1', [transfer.id])
    expect(await claimBy('a')).toHaveLength(1)
  })
})
