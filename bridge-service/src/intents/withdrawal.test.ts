import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type InProcessBank, inProcessBank } from '../../../test/support/in-process.ts'
import { debit } from '../../../test/support/inputs.ts'
import { bankSays, history } from '../../../test/support/onramp.ts'
import { type SagaDatabase, sagaDatabase, stepOf, store, wish } from '../../../test/support/saga.ts'
import { until } from '../../../test/support/until.ts'
import { done, refused, unknown } from '../outcome.ts'
import type { Rail, RailOrder } from '../rails/rail.ts'
import { postgresStore } from '../saga/postgres-store.ts'
import type { Transfer } from '../transfer/transfer.ts'
import { type Executor, type ExecutorOptions, executor } from './executor.ts'
import { type Intent, intentOf } from './intent.ts'
import { intentQueue } from './store.ts'

let database: SagaDatabase
let bank: InProcessBank
const running: Executor[] = []
beforeAll(async () => {
  database = await sagaDatabase()
})
beforeEach(async () => {
  await database.owner.query('delete from intents')
  bank = inProcessBank('bank:sim', 'submitted')
})
afterEach(async () => {
  await Promise.all(running.splice(0).map(each => each.stop()))
})
afterAll(() => database.close())

const start = (rail: Rail = bank, options: Partial<ExecutorOptions> = {}) => {
  const told: Parameters<ExecutorOptions['answer']>[1][] = []
  const logged: string[] = []
  const made = executor({
    ...{ queue: intentQueue(database.app), owner: 'me', leaseMs: 60_000, pollMs: 10 },
    ...{ rails: new Map([[bank.id, rail]]), chains: new Map() },
    ...{
      screening: { check: async () => unknown('nobody is screened here') },
      log: (_level, message) => void logged.push(message),
    },
    answer: (_intent, answer) => void told.push(answer),
    ...options,
  })
  running.push(made)
  return { ...made, told, logged }
}

/** The credit of a transfer, as the table has it. */
const credit = async (row: Record<string, unknown>): Promise<{ intent: Intent; transfer: Transfer }> => {
  const transfer = await store(database.owner, history.crediting)
  const intent = intentOf(transfer, { step: 'creditFiat', attempt: 0 })
  await wish(database.owner, intent, row)
  return { intent, transfer }
}
const comesBack = (transfer: Transfer) =>
  postgresStore(database.app).commitSteps([stepOf(transfer, debit('returned', 'R10'))], undefined)
const rowOf = async ({ key }: Intent) =>
  (
    await database.owner.query(
      'select status, lease_owner, lease_epoch, withdrawn_at is not null as withdrawn from intents where key = $1',
      [key],
    )
  ).rows[0]
const minutesAgo = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString()
const orderOf = ({ request }: Intent) =>
  (request.kind === 'rail' ? request.order : expect.fail('no order to a bank')) as RailOrder
const asked = (intent: Intent) => bank.calls.filter(call => call === `query ${intent.key}`).length
const neverSent = () => expect(bank.calls.filter(call => call.startsWith('submit'))).toEqual([])
const withdrawn = { type: 'intentRefused', step: 'creditFiat', attempt: 0, code: 'withdrawn' }

describe('a credit that is withdrawn', () => {
  it('before anybody has taken it up is refused, and nobody has to be asked', async () => {
    const { intent, transfer } = await credit({ next_at: '2999-01-01' })
    await comesBack(transfer)
    expect(await rowOf(intent)).toMatchObject({ status: 'PENDING', withdrawn: true })
    const run = start()
    await until('an answer', () => run.told.length === 1)
    expect(run.told).toMatchObject([withdrawn])
    expect(bank.calls).toEqual([])
  })

  it('while it waits for its turn is not begun by the worker that holds it', async () => {
    const gate = Promise.withResolvers<void>()
    let submitted = 0
    const slow: Rail = {
      ...bank,
      submit: async order => {
        submitted++
        await gate.promise
        return bank.submit(order)
      },
    }
    const run = start(slow, { concurrency: 1, pollMs: 3_600_000 })
    const held = { status: 'IN_FLIGHT', lease_owner: 'me', lease_epoch: 1, next_at: '2999-01-01' }
    const [first, second] = [await credit(held), await credit(held)]
    run.take([first.intent, second.intent])
    await until('the first is under way', () => submitted === 1)
    await comesBack(second.transfer)
    gate.resolve()
    await until('the first is sent', () => run.told.length === 1)
    await run.stop()
    expect(bank.calls).toEqual([`submit ${first.intent.key}`])
    expect(await rowOf(second.intent)).toEqual({ status: 'IN_FLIGHT', lease_owner: null, lease_epoch: 2, withdrawn: true })
  })

  it('is only asked about, and refused when what was under way has had time to arrive', async () => {
    const { intent } = await credit({ status: 'UNKNOWN', created_at: minutesAgo(20), withdrawn_at: minutesAgo(4) })
    const run = start()
    await until('it was asked about', () => asked(intent) === 1)
    await until('it was given back', async () => (await rowOf(intent)).lease_owner === null)
    expect(run.told).toEqual([])
    await database.owner.query('update intents set withdrawn_at = $2, next_at = now() where key = $1', [
      intent.key,
      minutesAgo(6),
    ])
    await until('an answer', () => run.told.length === 1)
    expect(run.told).toMatchObject([withdrawn])
    neverSent()
  })

  it('is a person’s when the bank may have forgotten its key', async () => {
    await credit({ status: 'UNKNOWN', created_at: minutesAgo(60 * 24), withdrawn_at: minutesAgo(60) })
    const run = start()
    await until('a person was called', () => run.logged.length > 0)
    expect(run.logged).toContain('an order was never found and its key may be forgotten: a person must look')
    expect(run.told).toEqual([])
    neverSent()
  })

  it.each(['settled', 'rejected'] as const)('and that the bank has %s is what it is', async status => {
    const { intent } = await credit({ status: 'UNKNOWN', withdrawn_at: minutesAgo(6) })
    await bank.submit(orderOf(intent))
    bank.decide(intent.key, status)
    const run = start()
    await until('an answer', () => run.told.length === 1)
    expect(run.told).toMatchObject([{ type: 'railAnswered', step: 'creditFiat', fact: { type: status } }])
  })

  it.each([
    ['gives up', 'rejected'],
    ['does not give up', 'submitted'],
  ] as const)('and that the bank holds is what it %s', async (how, type) => {
    const { intent } = await credit({ status: 'UNKNOWN', withdrawn_at: minutesAgo(0) })
    await bank.submit(orderOf(intent))
    const canceled: string[] = []
    const run = start({
      ...bank,
      cancel: async id => {
        canceled.push(id)
        if (how !== 'gives up') return refused('not_cancelable', 'it is at the clearing house')
        return done({ bankTransferId: id, externalId: intent.reference, status: 'rejected', rawCode: 'CANC' })
      },
    })
    await until('an answer', () => run.told.length === 1)
    expect(run.told).toMatchObject([{ type: 'railAnswered', fact: { type } }])
    expect(canceled).toEqual(['bt_1'])
  })
})

describe('a credit that is wished for again after all', () => {
  it('is the same order under the same key, sent when the bank has not got it', async () => {
    const { intent, transfer } = await credit({ status: 'UNKNOWN', next_at: '2999-01-01' })
    const steps = postgresStore(database.app)
    await comesBack(transfer)
    const [returned] = await steps.loadTransfers([transfer.id])
    const fact = { ...bankSays('returnReversed'), at: '2026-03-03T10:00:00.000Z' }
    await steps.commitSteps([stepOf(returned!, { type: 'railFact', step: 'debitFiat', fact })], undefined)
    expect(await rowOf(intent)).toMatchObject({ status: 'UNKNOWN', withdrawn: false })
    const run = start()
    await until('an answer', () => run.told.length === 1)
    expect(bank.calls).toEqual([`query ${intent.key}`, `submit ${intent.key}`])
    expect(bank.orders.get(intent.key)).toEqual(orderOf(intent))
  })
})

describe('when a bank answers', () => {
  const atMs = Date.parse('2026-03-02T10:00:00.000Z')

  it.each([
    ['the bank’s own time counts', '2026-03-02T09:59:00.000Z', '2026-03-02T09:59:00.000Z'],
    ['without a time, database time does', undefined, '2026-03-02T10:00:00.000Z'],
  ])('%s', async (_what, at, expected) => {
    const { intent } = await credit({})
    const settled = {
      bankTransferId: 'bt_1',
      externalId: intent.reference,
      status: 'settled',
      ...(at === undefined ? {} : { at }),
    } as const
    const run = start({ ...bank, submit: async () => done(settled) }, { databaseNowMs: () => atMs })
    await until('an answer', () => run.told.length === 1)
    expect(run.told).toMatchObject([{ fact: { type: 'settled', at: expected } }])
  })
})
