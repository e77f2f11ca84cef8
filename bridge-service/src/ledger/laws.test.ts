import { randomUUID } from 'node:crypto'
import pg from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { freshDatabase } from '../../../test/support/database.ts'
import { account, chartFor } from './chart.ts'
import { openAccounts } from './open-accounts.ts'

const cash = account.bankCash('bank:sim', 'USD')
const customer = account.customerClearing('USD')
const treasury = account.treasury('evm:1', 'USDC')
const escrow = account.escrow('evm:1', 'USDC')

type Line = { account: string; currency: string; amount: bigint; layer?: 'posted' | 'pending' }

let database: Awaited<ReturnType<typeof freshDatabase>>
let owner: pg.Pool
let app: pg.Pool

beforeAll(async () => {
  database = await freshDatabase()
  owner = new pg.Pool({ connectionString: database.url, max: 12 })
  app = new pg.Pool({ connectionString: database.url, max: 12, options: '-c role=causeway_app' })
  for (const pool of [owner, app]) pool.on('error', () => {})
  await openAccounts(
    owner,
    chartFor({ banks: [{ rail: 'bank:sim', currency: 'USD' }], tokens: [{ chain: 'evm:1', currency: 'USDC' }] }),
  )
})
afterAll(async () => {
  await Promise.all([owner.end(), app.end()])
  await database.drop()
})

/** One entry in one statement, as a step writes it; `entries` of it share the statement. */
const book = async (client: pg.Pool | pg.PoolClient, ...entries: { id?: string; version?: number; lines: Line[] }[]) => {
  const named = entries.map(({ id = `test_${randomUUID()}`, version = 1, lines }) => ({ id, version, lines }))
  const postings = named.flatMap(({ id, version, lines }) => lines.map((line, index) => ({ id, version, index, ...line })))
  await client.query(
    `with e as (
       insert into ledger_entries (transfer_id, version, kind) select id, version, 'test' from unnest($1::text[], $2::int[]) as n(id, version)
       returning position, transfer_id, version
     )
     insert into ledger_postings (entry, line, account_id, currency, layer, amount)
     select e.position, q.line, q.account, q.currency, q.layer, q.amount
       from unnest($3::text[], $4::int[], $5::int[], $6::text[], $7::text[], $8::text[], $9::numeric[])
            as q(id, version, line, account, currency, layer, amount)
       join e on e.transfer_id = q.id and e.version = q.version`,
    [
      named.map(n => n.id),
      named.map(n => n.version),
      postings.map(q => q.id),
      postings.map(q => q.version),
      postings.map(q => q.index),
      postings.map(q => q.account),
      postings.map(q => q.currency),
      postings.map(q => q.layer ?? 'posted'),
      postings.map(q => q.amount),
    ],
  )
}

const usd = (amount: bigint, from = customer, to = cash, layer: 'posted' | 'pending' = 'posted'): Line[] => [
  { account: from, currency: 'USD', amount: -amount, layer },
  { account: to, currency: 'USD', amount, layer },
]

const counted = async () => {
  const { rows } = await owner.query<{ entries: number; postings: number }>(
    'select (select count(*)::int from ledger_entries) as entries, (select count(*)::int from ledger_postings) as postings',
  )
  return rows[0]!
}

const balanceMismatches = async () => {
  const { rows } = await owner.query(
    `select account_id from
       (select account_id, sum(posted) as posted, sum(pending) as pending from ledger_balances group by 1) b
       full join
       (select account_id, coalesce(sum(amount) filter (where layer = 'posted'), 0) as posted,
               coalesce(sum(amount) filter (where layer = 'pending'), 0) as pending from ledger_postings group by 1) p
       using (account_id)
      where b.posted is distinct from p.posted or b.pending is distinct from p.pending`,
  )
  return rows
}

describe('the database refuses', () => {
  let before: { entries: number; postings: number }
  beforeEach(async () => {
    before = await counted()
  })

  const netZero = { code: '23514', constraint: 'ledger_net_zero' }
  const notItsOwn = { code: '23503', constraint: 'ledger_own_entry' }
  const wrongAccount = { code: '23503', constraint: 'ledger_account_currency' }
  const refuses = async (attempt: Promise<unknown>, error: Record<string, string>) => {
    await expect(attempt).rejects.toMatchObject(error)
    expect(await counted()).toEqual(before)
    expect(await balanceMismatches()).toEqual([])
  }

  it('an entry that does not balance', async () => {
    await refuses(book(app, { lines: [...usd(100n), { account: cash, currency: 'USD', amount: 1n }] }), netZero)
    await refuses(book(app, { lines: [{ account: cash, currency: 'USD', amount: 1n }] }), netZero)
  })

  it('an entry that balances over two currencies only', async () => {
    const lines: Line[] = [
      { account: cash, currency: 'USD', amount: 100n },
      { account: treasury, currency: 'USDC', amount: -100n },
    ]
    await refuses(book(app, { lines }), netZero)
  })

  it('an entry that balances over two layers only', async () => {
    const lines: Line[] = [
      { account: cash, currency: 'USD', amount: 100n, layer: 'posted' },
      { account: customer, currency: 'USD', amount: -100n, layer: 'pending' },
    ]
    await refuses(book(app, { lines }), netZero)
  })

  it('a statement of two entries of which one is bad, whichever it is', async () => {
    const good = { lines: usd(100n) }
    const bad = { lines: [{ account: cash, currency: 'USD', amount: 1n }] }
    await refuses(book(app, good, bad), netZero)
    await refuses(book(app, bad, good), netZero)
  })

  it('two entries that balance each other', async () => {
    await refuses(
      book(
        app,
        { lines: [{ account: cash, currency: 'USD', amount: 1n }] },
        { lines: [{ account: customer, currency: 'USD', amount: -1n }] },
      ),
      netZero,
    )
  })

  it('a posting in a currency that is not the account’s', async () => {
    await refuses(
      book(app, {
        lines: [
          { account: cash, currency: 'EUR', amount: 5n },
          { account: customer, currency: 'EUR', amount: -5n },
        ],
      }),
      wrongAccount,
    )
  })

  it('a posting to an account that does not exist', async () => {
    await refuses(book(app, { lines: usd(5n, customer, 'bank_cash:bank:sim:XXX') }), wrongAccount)
  })

  it('a posting without an entry', async () => {
    await refuses(
      app.query(
        `insert into ledger_postings (entry, line, account_id, currency, layer, amount)
         values (-1, 0, $1, 'USD', 'posted', 5), (-1, 1, $2, 'USD', 'posted', -5)`,
        [cash, customer],
      ),
      notItsOwn,
    )
  })

  it('a posting of nothing', async () => {
    await refuses(book(app, { lines: usd(0n) }), { code: '23514' })
  })

  it('a second entry for the same event', async () => {
    const id = `test_${randomUUID()}`
    await book(app, { id, version: 3, lines: usd(100n) })
    before = await counted()
    await refuses(book(app, { id, version: 3, lines: usd(100n) }), { code: '23505' })
    await book(app, { id, version: 4, lines: usd(100n) })
  })

  it('a posting that is added later to an entry of another transaction', async () => {
    // A snapshot that holds the entry's transaction would never see it: sum and snapshot would part for ever.
    const id = `test_${randomUUID()}`
    await book(app, { id, lines: usd(100n) })
    before = await counted()
    await refuses(
      app.query(
        `insert into ledger_postings (entry, line, account_id, currency, layer, amount)
         select position, l.line, l.account, 'USD', 'posted', l.amount
           from ledger_entries, (values (10, $2::text, 5), (11, $3::text, -5)) as l(line, account, amount) where transfer_id = $1`,
        [id, cash, customer],
      ),
      notItsOwn,
    )
  })

  const history = ['ledger_entries', 'ledger_postings', 'ledger_snapshots', 'transfer_events', 'audit_log'] as const
  const anyColumn = {
    ledger_entries: 'kind',
    ledger_postings: 'line',
    ledger_snapshots: 'posted',
    transfer_events: 'type',
    audit_log: 'actor',
  }

  it.each(history)('to rewrite %s, even for its owner', async table => {
    const appendOnly = { code: '42501', constraint: 'append_only' }
    await refuses(owner.query(`update ${table} set ${anyColumn[table]} = ${anyColumn[table]}`), appendOnly)
    await refuses(owner.query(`delete from ${table}`), appendOnly)
    await refuses(owner.query(`truncate ${table}`), appendOnly)
  })

  it.each(history)('to rewrite %s for the application, which lacks the right', async table => {
    for (const sql of [
      `update ${table} set ${anyColumn[table]} = ${anyColumn[table]}`,
      `delete from ${table}`,
      `truncate ${table}`,
    ]) {
      const error = await app.query(sql).catch(reason => reason as { code: string; constraint?: string })
      // The missing right, not the trigger: both say 42501.
      expect(error).toMatchObject({ code: '42501' })
      expect((error as { constraint?: string }).constraint).toBeUndefined()
    }
  })

  it('that the application touches balances by hand, or gives itself rights', async () => {
    for (const sql of [
      `insert into ledger_balances (account_id, shard, posted, pending) values ('${cash}', 99, 1000000, 0)`,
      'update ledger_balances set posted = posted + 1',
      'delete from ledger_balances',
      'alter table ledger_postings disable trigger net_zero',
      'drop trigger append_only on ledger_postings',
      'update outbox set type = type',
    ])
      await expect(app.query(sql), sql).rejects.toMatchObject({ code: '42501' })
    // A grant by one who may not is a warning and no error.
    await app.query('grant update on ledger_postings to causeway_app')
    const { rows } = await app.query(`select has_table_privilege('ledger_postings', 'update') as may`)
    expect(rows).toEqual([{ may: false }])
  })
})

describe('balances', () => {
  it('are the sum of the postings, by layer', async () => {
    await book(app, { lines: usd(700n, customer, cash, 'pending') }, { lines: usd(50n) })
    expect(await balanceMismatches()).toEqual([])
  })

  it('are the sum of the postings under eight writers at once, on the shards of hot accounts', async () => {
    const writers = await Promise.all(Array.from({ length: 8 }, () => app.connect()))
    try {
      const before = await counted()
      await Promise.all(
        writers.map(async (client, writer) => {
          for (let round = 0; round < 40; round++) {
            const there = usd(BigInt(round + 1))
            const back = [
              { account: treasury, currency: 'USDC', amount: -7n },
              { account: escrow, currency: 'USDC', amount: 7n },
            ]
            // Both orders of accounts: writers that lock in a circle would end in a deadlock.
            await book(
              client,
              ...(writer % 2
                ? [{ lines: there }, { lines: back }]
                : [{ lines: [...back].reverse() }, { lines: [...there].reverse() }]),
            )
          }
        }),
      )
      expect(await counted()).toEqual({ entries: before.entries + 640, postings: before.postings + 1280 })
    } finally {
      for (const client of writers) client.release()
    }
    expect(await balanceMismatches()).toEqual([])
    const { rows } = await owner.query<{ shards: number }>(
      'select count(*)::int as shards from ledger_balances where account_id = $1',
      [cash],
    )
    expect(rows[0]!.shards).toBeGreaterThan(1)
  })

  it('hold numbers that no JavaScript number can', async () => {
    const huge = 10n ** 30n + 1n
    await book(app, { lines: usd(huge) })
    await book(app, { lines: usd(huge, cash, customer) })
    expect(await balanceMismatches()).toEqual([])
  })
})

describe('a snapshot', () => {
  /** Newest snapshot and everything behind it: must be the balances. */
  const snapshotMismatches = async () => {
    const { rows } = await owner.query(
      `with last as (select coalesce(max(through_xid), 0) as xid from ledger_snapshots),
            base as (select account_id, posted, pending from ledger_snapshots where through_xid = (select xid from last)),
            tail as (select p.account_id, coalesce(sum(p.amount) filter (where p.layer = 'posted'), 0) as posted,
                            coalesce(sum(p.amount) filter (where p.layer = 'pending'), 0) as pending
                       from ledger_entries e join ledger_postings p on p.entry = e.position
                      where e.xid >= (select xid from last) group by 1),
            total as (select account_id, coalesce(base.posted, 0) + coalesce(tail.posted, 0) as posted,
                             coalesce(base.pending, 0) + coalesce(tail.pending, 0) as pending from base full join tail using (account_id)),
            now as (select account_id, sum(posted) as posted, sum(pending) as pending from ledger_balances group by 1)
       select account_id from total full join now using (account_id)
        where total.posted is distinct from now.posted or total.pending is distinct from now.pending`,
    )
    return rows
  }
  const take = () => owner.query('select ledger_take_snapshot()')

  it('and what came after it are the balances', async () => {
    await book(app, { lines: usd(1n) })
    await take()
    expect(await snapshotMismatches()).toEqual([])
    await book(app, { lines: usd(2n, customer, cash, 'pending') })
    expect(await snapshotMismatches()).toEqual([])
    await take()
    expect(await snapshotMismatches()).toEqual([])
  })

  it('stays right when a transaction was open while it was taken and committed afterwards', async () => {
    const open = await app.connect()
    try {
      await open.query('begin')
      await book(open, { lines: usd(11n) })
      await book(app, { lines: usd(13n) }) // a later transaction that is through before
      await take()
      await open.query('commit')
    } finally {
      open.release()
    }
    expect(await snapshotMismatches()).toEqual([])
    await take()
    expect(await snapshotMismatches()).toEqual([])
  })

  it('does not count a transaction that was open and then rolled back', async () => {
    const open = await app.connect()
    try {
      await open.query('begin')
      await book(open, { lines: usd(17n) })
      await take()
      await open.query('rollback')
    } finally {
      open.release()
    }
    await take()
    expect(await snapshotMismatches()).toEqual([])
  })

  it('may be taken by two at once and again without news', async () => {
    await book(app, { lines: usd(19n) })
    await Promise.all([take(), take(), take()])
    await take()
    await take()
    expect(await snapshotMismatches()).toEqual([])
  })
})
