import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { replay } from '../../../test/support/given.ts'
import { inProcessBank } from '../../../test/support/in-process.ts'
import { clearingMs, history, onramp } from '../../../test/support/onramp.ts'
import { rebalance, history as rebalanceHistory } from '../../../test/support/rebalance.ts'
import { type SagaDatabase, sagaDatabase, store, storeTransfer, wish } from '../../../test/support/saga.ts'
import { type Intent, intentOf } from '../intents/intent.ts'
import type { Rail, StatementLine } from '../rails/rail.ts'
import { inTransaction } from '../transaction.ts'
import { decide } from '../transfer/decide.ts'
import type { Decision } from '../transfer/decision.ts'
import { readStatement } from './bank-statement.ts'
import { claimFacts } from './facts.ts'
import { loadTransfers } from './load.ts'
import { postgresStatementStore } from './postgres-statements.ts'
import type { StatementStore } from './statement-store.ts'

let database: SagaDatabase
let statements: StatementStore
let lines: StatementLine[] = []
let said: Record<string, unknown>[] = []
let asked: (string | undefined)[] = []
beforeAll(async () => {
  database = await sagaDatabase()
  statements = postgresStatementStore(database.app)
})
afterAll(() => database.close())
afterEach(async () => {
  await database.owner.query('truncate bank_statements, bank_statement_lines, inbox')
  lines = []
  said = []
  asked = []
})

// Two lines a page.
const rail: Rail = {
  ...inProcessBank(),
  entries: async (_account, after) => {
    asked.push(after)
    const from = after === undefined ? 0 : lines.findIndex(line => line.cursor === after) + 1
    const page = lines.slice(from, from + 2)
    return { lines: page, ...(from + 2 < lines.length ? { next: page.at(-1)!.cursor } : {}) }
  },
}
const read = () => readStatement(statements, rail, 'acct_1', (_level, message, fields) => void said.push({ message, ...fields }))

/** A line about an order, or about none of ours. */
const book = (intent: Pick<Intent, 'reference'> | undefined, amountMinor: string) =>
  lines.push({
    cursor: String(lines.length + 1),
    bankTransferId: 'bt_1',
    externalId: intent?.reference ?? 'opening',
    amountMinor,
    currency: 'USD',
    at: new Date(Date.UTC(2026, 2, 2, 10, lines.length)).toISOString(),
  })

/** As a bank writes it that dates by the day. */
const dateByTheDay = (day: string) => {
  lines = lines.map(line => ({ ...line, at: day }))
}

/** A debit that was ordered, as its row says. */
const ordered = async (status = 'IN_FLIGHT'): Promise<Intent> => {
  const unborn = onramp()
  const transfer = await store(database.owner, history.debiting, unborn)
  const intent = intentOf(replay(unborn, history.debiting), { step: 'debitFiat', attempt: 0 })
  await wish(database.owner, intent, { status })
  expect(transfer.id).toBe(intent.transferId)
  return intent
}
const verdicts = async () =>
  (await database.owner.query<{ verdict: string }>('select verdict from bank_statement_lines order by cursor::int')).rows.map(
    row => row.verdict,
  )
const waiting = async () =>
  (await database.owner.query('select subject, kind from inbox')).rows.map(({ subject, kind }) => `${subject} ${kind}`)
const heard = async () =>
  (await inTransaction(database.app, client => claimFacts(client, 100))).matched.map(({ transferId, input }) => ({
    transferId,
    input,
  }))

describe('a statement', () => {
  it('explains a refund: it asks for itself, and what comes back after it has settled is told to its transfer', async () => {
    const transfer = await store(database.owner, history.completed, onramp())
    const order = { externalId: 'RF1', direction: 'credit', amountMinor: '500', currency: 'USD', account: 'acct_1' }
    await database.owner.query(
      `insert into refunds (id, refund_of, tenant, kind, reason, requested_by, currency, minor, rail, request, state, next_at)
       values ('rf_1', $1, 'acme', 'goodwill', 'x', 'x', 'USD', 500, $2, $3, 'crediting', now() + interval '1 hour')`,
      [transfer.id, rail.id, order],
    )
    book({ reference: 'RF1' }, '-500')
    await read()
    const { rows } = await database.owner.query('select next_at <= now() as due from refunds')
    expect([await verdicts(), rows, await waiting()]).toEqual([['settled'], [{ due: true }], []])
    await database.owner.query(`update refunds set state = 'completed', bank_transfer_id = 'bt_1'`)
    book({ reference: 'RF1' }, '500')
    await read()
    expect([await verdicts(), await waiting()]).toEqual([['settled', 'returned'], [`${transfer.id} operator`]])
    await database.owner.query('delete from refunds')
  })

  it('settles an order whose answer and webhooks were lost, gives it back and takes the return back', async () => {
    const intent = await ordered()
    book(undefined, '500000')
    for (const amount of ['10025', '-10025', '10025']) book(intent, amount)
    expect(await read()).toBe(4)
    expect(await verdicts()).toEqual(['opening', 'settled', 'returned', 'returnReversed'])
    expect(await heard()).toMatchObject(
      ['settled', 'returned', 'returnReversed'].map((type, index) => ({
        transferId: intent.transferId,
        input: { type: 'railFact', step: 'debitFiat', fact: { type, externalId: intent.reference, at: lines[index + 1]!.at } },
      })),
    )
    expect(said).toEqual([])
  })

  it.each(['2026-03-02', '2026-03-02T00:00:00Z'])('that dates by the day (%s) is dated by when it is first read', async day => {
    const intent = await ordered()
    const { rows: before } = await database.owner.query<{ at: Date }>('select now() as at')
    for (const amount of ['10025', '-10025', '10025', '-10025', '10025']) book(intent, amount)
    dateByTheDay(day)
    await read()
    const facts = (await heard()).flatMap(({ input }) => (input.type === 'railFact' ? [input.fact] : []))
    expect(facts.map(({ type }) => type)).toEqual(['settled', 'returned', 'returnReversed', 'returned', 'returnReversed'])
    const moments = facts.map(({ at }) => Date.parse(at))
    expect(moments[0]).toBeGreaterThanOrEqual(before[0]!.at.getTime())
    // Each is later than the one before it, on whatever page.
    expect(moments.every((moment, index) => index === 0 || moment > moments[index - 1]!)).toBe(true)
    const { rows: kept } = await database.owner.query<{ at: Date }>('select distinct at from bank_statement_lines')
    expect(kept).toEqual([{ at: new Date('2026-03-02T00:00:00.000Z') }])
  })

  it('that dates by the day lets a debit clear from when it is read, and not from midnight', async () => {
    const intent = await ordered()
    book(intent, '10025')
    const { rows } = await database.owner.query<{ day: string; ms: number }>(
      `select to_char(now() at time zone 'UTC', 'YYYY-MM-DD') as day, floor(extract(epoch from now()) * 1000)::float8 as ms`,
    )
    dateByTheDay(rows[0]!.day)
    await read()
    const [transfer] = await inTransaction(database.app, client => loadTransfers(client, [intent.transferId]))
    const { after } = decide(transfer!, (await heard())[0]!.input, Date.now()) as Decision
    expect(after.state).toBe('locking')
    expect(Date.parse(after.progress.debit!.finalAt!)).toBeGreaterThanOrEqual(rows[0]!.ms + clearingMs)
  })

  it('is read to its end, a page at a time, and goes on where it was left', async () => {
    const intent = await ordered()
    for (const amount of ['10025', '-10025', '10025', '-10025', '10025']) book(intent, amount)
    expect(await read()).toBe(5)
    expect(asked).toEqual([undefined, '2', '4'])
    expect(await read()).toBe(0)
    book(intent, '-10025')
    expect(await read()).toBe(1)
    expect(await verdicts()).toEqual([
      'settled',
      ...Array.from({ length: 2 }, () => ['returned', 'returnReversed']).flat(),
      'returned',
    ])
  })

  it('that its bank serves again counts once, and keeps nobody from what comes after', async () => {
    const intent = await ordered()
    for (const amount of ['10025', '-10025', '10025']) book(intent, amount)
    await read()
    const repeating = { ...rail, entries: async (account: string) => rail.entries(account, '1') }
    expect(await readStatement(statements, repeating, 'acct_1', () => {})).toBe(0)
    book(intent, '-10025')
    const overlapping = { ...rail, entries: async () => ({ lines: lines.slice(1) }) }
    expect(await readStatement(statements, overlapping, 'acct_1', () => {})).toBe(1)
    expect(await verdicts()).toEqual(['settled', 'returned', 'returnReversed', 'returned'])
    expect(await heard()).toHaveLength(4)
  })

  it('is heard in its order, which is the order of the facts’ times', async () => {
    const intent = await ordered()
    for (const amount of ['10025', '-10025', '10025', '-10025']) book(intent, amount)
    await readStatement(statements, { ...rail, entries: async () => ({ lines }) }, 'acct_1', () => {})
    const { rows } = await database.owner.query<{ fact: string }>('select fact from inbox order by received_at desc')
    expect(rows.map(({ fact }) => fact.split(':')[2])).toEqual(['4', '3', '2', '1'])
    expect((await database.owner.query('select from inbox group by received_at')).rowCount).toBe(4)
  })

  it('says nothing of what is settled already: that would be every order twice', async () => {
    book(await ordered('SUCCEEDED'), '10025')
    await read()
    expect(await verdicts()).toEqual(['settled'])
    expect(await heard()).toEqual([])
  })

  it('counts each line once, however many read it at once', async () => {
    const intents = await Promise.all(Array.from({ length: 6 }, () => ordered()))
    for (const intent of intents) book(intent, '10025')
    await Promise.all(Array.from({ length: 5 }, read))
    await read()
    expect(await verdicts()).toEqual(intents.map(() => 'settled'))
    expect(await heard()).toHaveLength(intents.length)
  })

  it('brings an amount that was not ordered to a person, and the transfer with it', async () => {
    const intent = await ordered()
    book(intent, '10024')
    await read()
    expect(await verdicts()).toEqual(['mismatched'])
    expect(await heard()).toEqual([{ transferId: intent.transferId, input: { type: 'statementMismatched' } }])
    expect(said).toMatchObject([{ externalId: intent.reference, amountMinor: '10024' }])
  })

  it('keeps a line that no order of ours explains, and says so', async () => {
    const stranger = { ...(await ordered()), reference: `CW${'f'.repeat(32)}` }
    book(stranger, '700')
    await read()
    expect(await verdicts()).toEqual(['unexplained'])
    expect(await heard()).toEqual([])
    expect(said).toMatchObject([{ amountMinor: '700' }])
  })

  it('of another bank of ours shows what arrives there, and what goes again', async () => {
    const unborn = rebalance({ arrivalAccount: 'acct_1' })
    const transfer = replay(unborn, rebalanceHistory.payingOut)
    await storeTransfer(database.owner, transfer)
    const intent = intentOf(transfer, { step: 'payoutFiat', attempt: 0 })
    expect(intent.target).toBe('bank:sim')
    await wish(database.owner, intent, { status: 'SUCCEEDED' })
    for (const amount of ['10000', '-10000', '10000', '9999']) book(intent, amount)
    const other = { ...rail, id: 'bank:other' }
    await readStatement(statements, other, 'acct_1', () => {})
    expect(await verdicts()).toEqual(['arrived', 'arrivalReversed', 'arrived', 'mismatched'])
    expect(
      (await heard()).map(({ transferId, input }) => [transferId, input.type === 'railFact' ? input.fact.type : input.type]),
    ).toEqual(['arrived', 'arrivalReversed', 'arrived', 'statementMismatched'].map(type => [transfer.id, type]))
  })

  it('of a third one explains nothing by an order that has no part there', async () => {
    const transfer = replay(rebalance(), rebalanceHistory.payingOut)
    await storeTransfer(database.owner, transfer)
    const intent = intentOf(transfer, { step: 'payoutFiat', attempt: 0 })
    await wish(database.owner, intent)
    book(intent, '10000')
    await readStatement(statements, { ...rail, id: 'bank:third' }, 'acct_2', () => {})
    expect(await verdicts()).toEqual(['unexplained'])
  })
})
