import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Fault, inProcessBank, inProcessChain } from '../../../test/support/in-process.ts'
import { onramp } from '../../../test/support/onramp.ts'
import { fundPool, type SagaDatabase, sagaDatabase } from '../../../test/support/saga.ts'
import { seed } from '../../../test/support/seed.ts'
import { until } from '../../../test/support/until.ts'
import { denyListScreening } from '../policy/screening.ts'
import { terminalStates } from '../transfer/state.ts'
import { type Engine, startEngine } from './engine.ts'
import { postgresStore } from './postgres-store.ts'

let database: SagaDatabase
beforeAll(async () => {
  database = await sagaDatabase()
})
afterAll(() => database.close())

const one = async <T extends object>(sql: string, ...values: unknown[]): Promise<T[]> =>
  (await database.owner.query<T>(sql, values)).rows

/** Mulberry32: small, and the same numbers for the same seed. */
const random = (state: number) => () => {
  state = (state + 0x6d2b79f5) | 0
  let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
}

describe('two engines over a bank and a chain that lose answers', () => {
  it('bring every transfer to its end, every cent to one place, and leave nothing lying about', async () => {
    const dice = random(seed)
    const bank = inProcessBank()
    const chain = inProcessChain(database.owner)
    // Once for one order and one question: the back-off doubles each time, and a test has no day to wait.
    const rolled = new Set<string>()
    const unreliable = (key: string, faults: Fault[], refusals: boolean) => {
      if (rolled.has(key)) return
      rolled.add(key)
      const roll = dice()
      if (roll < 0.15) faults.push('lostBefore')
      else if (roll < 0.3) faults.push('lostAfter')
      else if (roll < 0.4) faults.push('throws')
      else if (refusals && roll < 0.5) faults.push({ refused: 'account_closed' })
    }
    const rail = {
      ...bank,
      submit: (order: Parameters<typeof bank.submit>[0]) => {
        // A bank that refuses to take money back would be a person's business.
        unreliable(order.key, bank.faults.submit, order.direction === 'debit')
        return bank.submit(order)
      },
      query: (reference: Parameters<typeof bank.query>[0]) => {
        unreliable(`query ${reference.key}`, bank.faults.query, false)
        return bank.query(reference)
      },
    }
    const flaky = {
      ...chain,
      submit: (order: Parameters<typeof chain.submit>[0]) => {
        unreliable(order.key, chain.faults.submit, false)
        return chain.submit(order)
      },
    }
    const pool = await fundPool(database.owner, 'evm:1:USDC', 60n * 100_000_000n)
    const engines: Engine[] = []
    const logged: string[] = []
    for (const owner of ['a', 'b'])
      engines.push(
        await startEngine({
          store: postgresStore(database.app),
          owner,
          rails: new Map([[rail.id, rail]]),
          chains: new Map([[flaky.id, flaky]]),
          screening: denyListScreening({ name: 'test', names: ['Mallory'], accounts: [], addresses: [] }),
          finalFacts: chain.finalFacts,
          intentLeaseMs: 1_000,
          pollMs: 20,
          onMoved: () => {},
          log: (level, message) => level === 'error' && logged.push(message),
        }),
      )
    const unborn = Array.from({ length: 80 }, (_, index) =>
      onramp({ ...pool, clearingMs: index % 3 === 0 ? 300 : 0, createdAt: new Date().toISOString() }),
    )
    const mallory = unborn[7]!
    unborn[7] = {
      ...mallory,
      terms: {
        ...mallory.terms,
        source: { ...mallory.terms.source, account: { name: 'MALLORY', accountNumber: '1' } } as typeof mallory.terms.source,
      },
    }
    const mining = setInterval(() => void chain.mine().catch(() => {}), 30)
    try {
      await Promise.all(
        unborn.map((each, index) =>
          engines[index % 2]!.opener.open({
            unborn: each,
            actor: 'api:test',
            key: each.id,
            route: 'POST /v1/transfers',
            requestHash: createHash('sha256').update(each.id).digest(),
            status: 202,
            response: {},
            location: `/v1/transfers/${each.id}`,
          }),
        ),
      )
      // Some change their minds, each after so and so many of its events.
      await Promise.all(
        unborn
          .filter((_, index) => index % 5 === 0)
          .map(async ({ id }) => {
            const version = 1 + Math.floor(dice() * 7)
            const reached = `select 1 from transfers where id = $1 and (version >= $2 or state = any($3))`
            await until('its moment', async () => (await one(reached, id, version, terminalStates)).length > 0)
            await one(
              `insert into inbox (source, fact, subject, kind, payload)
               values ('command', $1, $1, 'cancel', '{"actor":"api:test","reason":"changed my mind"}')`,
              id,
            )
          }),
      )
      const open = () =>
        one(
          `select id from transfers where state not in ('completed', 'compensated', 'canceled', 'failed')
           union all select key from intents where status in ('PENDING', 'IN_FLIGHT', 'UNKNOWN')
           union all select source || ' ' || kind || ' ' || unmatched from inbox where consumed < revision`,
        )
      await until('everything is at rest', async () => (await open()).length === 0, 25_000).catch(async error => {
        throw new Error(`${error}: ${JSON.stringify(await open())}`)
      })
    } finally {
      clearInterval(mining)
      await Promise.all(engines.map(engine => engine.stop()))
    }

    const ended = Object.fromEntries(
      (await one<{ state: string; n: number }>('select state, count(*)::int as n from transfers group by 1')).map(row => [
        row.state,
        row.n,
      ]),
    )
    expect(ended.completed).toBeGreaterThan(0)
    expect(ended.failed).toBeGreaterThan(0)
    expect(logged).toEqual([])

    const balance = async (account: string) =>
      BigInt(
        (
          await one<{ sum: string }>('select coalesce(sum(posted), 0) as sum from ledger_balances where account_id = $1', account)
        )[0]!.sum,
      )
    expect(await balance('bank_cash:bank:sim:USD'), 'bank cash is what the bank says').toBe(bank.bookedMinor())
    expect(await balance('customer_clearing:USD'), 'nobody’s money lies about').toBe(0n)
    expect(await balance('escrow:evm:1:USDC'), 'escrow is what the chain says').toBe(0n)
    expect([...chain.escrows.values()].filter(status => status === 'locked')).toEqual([])
    expect(await one('select account_id from ledger_balances group by 1 having sum(pending) <> 0')).toEqual([])
    expect(await balance('exchange:USDC'), 'what was delivered').toBe(BigInt(ended.completed!) * 100_000_000n)
    expect([...chain.escrows.values()].filter(status => status === 'released')).toHaveLength(ended.completed!)
    expect(await one('select 1 from ledger_postings group by currency, layer having sum(amount) <> 0')).toEqual([])
    expect(await one('select total, reserved from liquidity_pools')).toEqual([
      { total: ((60n - BigInt(ended.completed!)) * 100_000_000n).toString(), reserved: '0' },
    ])
    expect(await one(`select 1 from reservations where status = 'reserved'`)).toEqual([])
    for (const table of ['deadlines', 'finality_waits']) expect(await one(`select * from ${table}`), table).toEqual([])
    const [counts] = await one(
      `select (select count(*) from transfer_events) = (select count(*) from outbox) as outbox,
              (select count(*) from transfer_events) = (select count(*) from audit_log) as audit,
              (select count(*) from transfer_events) = (select sum(version) from transfers) as versions`,
    )
    expect(counts).toEqual({ outbox: true, audit: true, versions: true })
    // One debit at most of each customer, and no credit to one who was served.
    const orders = [...bank.orders.values()]
    expect(new Set(orders.map(order => `${order.direction} ${order.description}`)).size).toBe(orders.length)
    expect(orders.filter(order => order.direction === 'credit')).toHaveLength(ended.compensated ?? 0)
  })
})
