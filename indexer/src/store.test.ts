import pg from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { freshDatabase } from '../../test/support/database.ts'
import { openTables, type Tables } from '../support/tables.ts'
import type { BlockRef } from './canonical.ts'
import type { Header } from './evm/header.ts'
import type { EscrowEvent, Hash } from './observation.ts'
import { escrowEvents, finalFacts, heads } from './queries.ts'
import { commitBatch, createHead, haltChain, readBranch, readHead } from './store.ts'

let database: Awaited<ReturnType<typeof freshDatabase>>
let tables: Tables
let db: pg.Client
let app: pg.Client

const chain = 'evm:1'
const as = async (role: string) => {
  const client = new pg.Client({ connectionString: database.url, options: `-c role=${role}` })
  client.on('error', () => {})
  await client.connect()
  return client
}
beforeAll(async () => {
  database = await freshDatabase()
  tables = openTables(database.url)
  db = await as('causeway_indexer')
  app = await as('causeway_app')
})
afterAll(async () => {
  await Promise.all([db?.end(), app?.end(), tables?.close()])
  await database?.drop()
})

const hash = (name: string): Hash => `0x${name}`
const header = (number: number, fork: string, parent: string): Header => ({
  number: BigInt(number),
  hash: hash(`${fork}${number}`),
  parentHash: hash(parent),
  time: 1_700_000_000n + BigInt(number),
  logsBloom: undefined,
})
const event = (block: Header, tx: string, more: Partial<EscrowEvent> = {}): EscrowEvent => ({
  type: 'escrowLocked',
  escrowId: hash(`e${tx}`),
  ref: hash(`f${tx}`),
  token: '0xT',
  payer: '0xP',
  payee: '0xQ',
  amount: 2n ** 200n,
  payload: { amount: '1', sequence: '3' },
  txHash: hash(tx),
  ordinal: 0,
  blockNumber: block.number,
  blockHash: block.hash,
  logIndex: 0,
  ...more,
})

const anchor = header(9, 'a', 'a8')
const [a10, a11] = [header(10, 'a', 'a9'), header(11, 'a', 'a10')]
const [b10, b11] = [header(10, 'b', 'a9'), header(11, 'b', 'b10')]

let tip: BlockRef
let heights = { safe: 9n, finalized: 9n }
const put = async (ancestor: BlockRef, blocks: Header[], events: EscrowEvent[], final = heights) => {
  heights = final
  const result = await commitBatch(db, { chain, from: tip, ancestor, blocks, events, heights, mode: 'depth' })
  tip = blocks[blocks.length - 1] ?? ancestor
  return result
}
const inbox = async () => (await tables.inbox()).map(row => [row.fact, row.revision, row.payload.status, row.payload.blockHash])

beforeEach(async () => {
  await createHead(db, chain, '0xescrow', anchor)
  tip = anchor
  heights = { safe: 9n, finalized: 9n }
})
afterEach(() =>
  tables.all(
    'truncate chain_heads, chain_blocks, chain_events, chain_anomalies, chain_token_states, chain_reorgs, chain_outbox, inbox, finality_waits, transfers cascade',
  ),
)

describe('the hand-off', () => {
  test('an included fact is one inbox row with the whole truth', async () => {
    expect(await put(tip, [a10], [event(a10, '1')])).toEqual({ orphaned: 0, revised: 1 })
    expect(await tables.inbox()).toEqual([
      {
        source: chain,
        fact: '0x1:0',
        subject: '0xf1',
        kind: 'escrowLocked',
        revision: 1,
        consumed: 0,
        payload: {
          ...{ status: 'included', escrowId: '0xe1', ref: '0xf1', token: '0xT', payer: '0xP', payee: '0xQ' },
          ...{ amount: String(2n ** 200n), sequence: '3', txHash: '0x1', blockNumber: '10', blockHash: '0xa10', logIndex: 0 },
        },
      },
    ])
  })

  test('who triggered a refund is told; what an event lacks is absent', async () => {
    const { payee: _, ...refund } = event(a10, '1', { type: 'escrowRefunded', payload: { owner: '0xB', sequence: '3' } })
    await put(tip, [a10], [refund])
    const [row] = await tables.inbox()
    expect(row?.payload).toMatchObject({ owner: '0xB', sequence: '3', payer: '0xP' })
    expect(row?.payload).not.toHaveProperty('payee')
  })

  test('out, and back in another block: two revisions of one fact', async () => {
    await put(tip, [a10], [event(a10, '1')])
    expect(await put(anchor, [b10], [])).toEqual({ orphaned: 1, revised: 1 })
    expect(await inbox()).toEqual([['0x1:0', 2, 'orphaned', '0xa10']])
    await put(tip, [b11], [event(b11, '1')])
    expect(await inbox()).toEqual([['0x1:0', 3, 'included', '0xb11']])
  })

  test('out and back in one step is one revision', async () => {
    await put(tip, [a10], [event(a10, '1')])
    expect(await put(anchor, [b10], [event(b10, '1')])).toEqual({ orphaned: 1, revised: 1 })
    expect(await inbox()).toEqual([['0x1:0', 2, 'included', '0xb10']])
  })

  test('the chain may come back to a branch that it had left', async () => {
    await put(tip, [a10], [event(a10, '1')])
    await put(anchor, [b10, b11], [])
    await put(anchor, [a10, a11], [event(a10, '1')])
    expect(await inbox()).toEqual([['0x1:0', 3, 'included', '0xa10']])
    expect((await readBranch(db, chain, 9n)).map(block => block.hash)).toEqual(['0xa9', '0xa10', '0xa11'])
    expect(await tables.all('select hash from chain_blocks where not canonical order by hash')).toEqual([
      { hash: '0xb10' },
      { hash: '0xb11' },
    ])
  })

  test('the same truth again changes nothing, what was consumed stays so', async () => {
    await put(tip, [a10], [event(a10, '1')])
    await tables.all('update inbox set consumed = 1')
    await put(anchor, [a10], [event(a10, '1')])
    expect(await tables.inbox()).toMatchObject([{ revision: 1, consumed: 1 }])
  })

  test('another event at the same place of the same transaction is another truth of the fact', async () => {
    await put(tip, [a10], [event(a10, '1')])
    await put(anchor, [b10], [event(b10, '1', { ref: '0xother', type: 'escrowReleased' })])
    expect(await tables.inbox()).toMatchObject([{ revision: 2, subject: '0xother', kind: 'escrowReleased' }])
  })
})

describe('what Stellar tells', () => {
  const payment = (block: Header, tx: string): EscrowEvent => {
    const { escrowId: _, ...rest } = event(block, tx, { type: 'depositReceived', ref: 'order 7', payload: { memoType: 'text' } })
    return rest
  }

  test('a plain payment is a deposit without an escrow, and nothing else is', async () => {
    await put(tip, [a10], [payment(a10, '1')])
    const [row] = await tables.inbox()
    expect(row).toMatchObject({ kind: 'depositReceived', subject: 'order 7', payload: { memoType: 'text' } })
    expect(row?.payload).not.toHaveProperty('escrowId')
    const found = await escrowEvents(app, { ref: 'order 7' as Hash })
    expect(found).toEqual([{ ...payment(a10, '1'), chain, fact: '0x1:0', canonical: true }])
    await expect(put(tip, [a11], [{ ...payment(a11, '2'), type: 'escrowLocked' }])).rejects.toMatchObject({ code: '23514' })
  })

  test('a memo may say anything, in as many lines as it likes, and be nothing', async () => {
    const memos = ['', 'a\nb', '\t"\\n\'{}', 'null']
    await put(
      tip,
      [a10],
      memos.map((ref, i) => ({ ...payment(a10, `${i}`), ref, logIndex: i })),
    )
    expect((await tables.inbox()).map(({ subject }) => subject)).toEqual(memos)
    expect((await tables.all('select ref from chain_events order by log_index')).map(({ ref }) => ref)).toEqual(memos)
  })

  test('which balance was made, which one ended, and under which fee bump', async () => {
    const payload = { balanceId: '00ab', balance: 'hold', feeBumpHash: '0xfee', sequence: '0', endedBalanceId: '00cd' }
    await put(tip, [a10], [event(a10, '1', { type: 'escrowReleased', payload })])
    const { endedBalanceId: _, ...told } = payload
    expect((await tables.inbox())[0]?.payload).toMatchObject(told)
    expect(await tables.all('select balance_id from chain_events')).toEqual([{ balance_id: '00ab' }])
  })

  test('a strange transaction is kept with its ledger, once', async () => {
    const strange = {
      ...{ blockNumber: 10n, blockHash: a10.hash, txHash: hash('1'), ordinal: -1, reason: 'undecodable' },
      ...{ detail: "a NUL \0 and a quote '", envelopeXdr: 'AAAA', resultXdr: 'AAAB' },
    }
    const commit = { chain, from: tip, ancestor: tip, blocks: [a10], events: [], heights, mode: 'closed' as const }
    await commitBatch(db, { ...commit, anomalies: [strange, strange] })
    expect(await tables.all('select * from chain_anomalies')).toMatchObject([
      { chain, tx_hash: '0x1', block_number: '10', detail: "a NUL \u{fffd} and a quote '", envelope_xdr: 'AAAA' },
    ])
    expect((await readHead(db, chain))?.mode).toBe('closed')
    await expect(db.query('update chain_anomalies set reason = $1', ['x'])).rejects.toMatchObject({ code: '42501' })
    expect((await app.query('select count(*)::int from chain_anomalies')).rows).toEqual([{ count: 1 }])
  })
})

describe('the cursor', () => {
  test('a writer that starts elsewhere writes nothing', async () => {
    await put(tip, [a10], [])
    const late = { chain, from: anchor, ancestor: anchor, blocks: [b10], events: [event(b10, '1')], heights, mode: undefined }
    const before = await tables.digest()
    await expect(commitBatch(db, late)).rejects.toMatchObject({ code: 'cursor_moved' })
    expect(await tables.digest()).toEqual(before)
  })

  test('a halted chain takes no blocks; the rival branch is beside ours', async () => {
    await put(tip, [a10], [event(a10, '1')])
    await haltChain(db, { chain, from: tip, reason: 'why', blocks: [b10], events: [event(b10, '1')] })
    expect((await readHead(db, chain))?.haltedReason).toBe('why')
    await expect(put(tip, [a11], [])).rejects.toMatchObject({ code: 'cursor_moved' })
    expect(await tables.all('select hash, canonical from chain_blocks where number = 10 order by hash')).toEqual([
      { hash: '0xa10', canonical: true },
      { hash: '0xb10', canonical: false },
    ])
    expect(await inbox()).toEqual([['0x1:0', 1, 'included', '0xa10']])
  })

  test('cut off before any of its statements, a commit has done nothing, and done again it is complete', async () => {
    await put(tip, [a10], [event(a10, '1')])
    const commit = {
      chain,
      from: a10,
      ancestor: anchor,
      blocks: [b10, b11],
      events: [event(b11, '1'), event(b11, '2', { logIndex: 1 })],
    }
    const before = await tables.digest()
    let statements = 0
    for (let cut = 1; ; cut++) {
      const victim = await as('causeway_indexer')
      const [{ pid }] = (await victim.query('select pg_backend_pid() as pid')).rows
      statements = 0
      const query = victim.query.bind(victim) as (...args: unknown[]) => unknown
      const dying = async (...args: unknown[]) => {
        if (++statements === cut) await tables.all('select pg_terminate_backend($1, 5000)', [pid])
        return query(...args)
      }
      const result = await commitBatch(Object.assign(victim, { query: dying }), { ...commit, heights, mode: 'depth' }).catch(
        () => undefined,
      )
      await victim.end().catch(() => {})
      if (result) break
      expect(await tables.digest(), `cut before statement ${cut}`).toEqual(before)
    }
    // begin, cursor, three of orphaning, blocks, events, hand-off, reorg, its telling, commit: each was cut once
    expect(statements).toBe(11)
    expect(await inbox()).toEqual([
      ['0x1:0', 2, 'included', '0xb11'],
      ['0x2:0', 1, 'included', '0xb11'],
    ])
  })

  test('final never falls', async () => {
    await put(tip, [a10, a11], [], { safe: 11n, finalized: 10n })
    await put(tip, [], [], { safe: 11n, finalized: 9n })
    expect((await readHead(db, chain))?.heights).toEqual({ safe: 11n, finalized: 10n })
  })

  test('nobody deletes, and the service does not write', async () => {
    await expect(db.query('delete from chain_events')).rejects.toMatchObject({ code: '42501' })
    await expect(
      app.query("update chain_heads set finalized_height = 99, safe_height = 99 where chain = 'evm:1'"),
    ).rejects.toMatchObject({
      code: '42501',
    })
  })
})

describe('the published queries, as the service', () => {
  test('heads', async () => {
    await put(tip, [a10], [], { safe: 10n, finalized: 9n })
    expect(await heads(app)).toEqual([
      {
        ...{ chain, latest: { number: 10n, hash: '0xa10' }, safeHeight: 10n, finalizedHeight: 9n },
        ...{
          finalityMode: 'depth',
          haltedReason: undefined,
          alarm: undefined,
          verifiedHeight: undefined,
          updatedAt: expect.any(Date),
        },
      },
    ])
  })

  test('events of an escrow by id and by ref, with the orphaned ones', async () => {
    await put(tip, [a10], [event(a10, '1')])
    await put(anchor, [b10], [event(b10, '1'), event(b10, '2', { logIndex: 1 })])
    const found = await escrowEvents(app, { escrowId: '0xe1' })
    expect(found).toEqual([
      { ...event(a10, '1'), chain, fact: '0x1:0', canonical: false },
      { ...event(b10, '1'), chain, fact: '0x1:0', canonical: true },
    ])
    expect(await escrowEvents(app, { ref: '0xf1' })).toEqual(found)
    expect(await escrowEvents(app, { ref: '0xf9' })).toEqual([])
  })

  const wait = (level: string, height: number, more: { fact?: string; kind?: string; transfer?: string } = {}) =>
    tables.all('insert into finality_waits (transfer_id, kind, chain, level, height, fact) values ($1, $2, $3, $4, $5, $6)', [
      more.transfer ?? 'tr_1',
      more.kind ?? 'lock',
      chain,
      level,
      height,
      more.fact ?? '0x1:0',
    ])
  const consume = () => tables.all('update inbox set consumed = revision')
  const due = async () => (await finalFacts(app, 100)).map(fact => fact.transferId)

  test('a wait is due when its level has reached its height, and says in which block', async () => {
    await put(tip, [a10, a11], [event(a10, '1')], { safe: 10n, finalized: 9n })
    await consume()
    await wait('safe', 10)
    await wait('latest', 12, { transfer: 'tr_2' })
    await wait('finalized', 10, { transfer: 'tr_3' })
    expect(await finalFacts(app, 100)).toEqual([
      { transferId: 'tr_1', kind: 'lock', chain, fact: '0x1:0', escrowId: '0xe1', blockNumber: 10n, blockHash: '0xa10' },
    ])
    await put(tip, [header(12, 'a', 'a11')], [], { safe: 11n, finalized: 10n })
    expect((await due()).sort()).toEqual(['tr_1', 'tr_2', 'tr_3'])
    expect(await finalFacts(app, 2)).toHaveLength(2)
  })

  test('an orphaned fact is not final, whatever the height', async () => {
    await put(tip, [a10], [event(a10, '1')])
    await put(anchor, [b10, b11], [])
    await consume()
    await wait('latest', 10)
    expect(await due()).toEqual([])
  })

  test('a fact that moved up is not final by its old height', async () => {
    await put(tip, [a10], [event(a10, '1')], { safe: 10n, finalized: 9n })
    await consume()
    await wait('safe', 10)
    expect(await due()).toEqual(['tr_1'])
    await put(anchor, [b10, b11], [event(b11, '1')], { safe: 10n, finalized: 9n })
    await consume()
    expect(await due()).toEqual([])
  })

  test('nothing is final while the saga has not heard the newest truth', async () => {
    await put(tip, [a10], [event(a10, '1')])
    await wait('latest', 10)
    expect(await due()).toEqual([])
    await consume()
    expect(await due()).toEqual(['tr_1'])
    await put(anchor, [b10], [event(b10, '1')])
    expect(await due()).toEqual([])
  })

  test('another event, or one of another escrow, is not what was waited for', async () => {
    await put(tip, [a10], [event(a10, '1')])
    await consume()
    await wait('latest', 10, { kind: 'release' })
    await wait('latest', 10, { transfer: 'tr_other' })
    await tables.all(`insert into transfers (id, tenant, route, definition, state, version, terms, progress, escrow_ref)
                      values ('tr_other', 't', 'onramp', 1, 's', 1, '{}', '{}', '0xelse'), ('tr_own', 't', 'onramp', 1, 's', 1, '{}', '{}', '0xf1')`)
    await wait('latest', 10, { transfer: 'tr_own' })
    expect(await due()).toEqual(['tr_own'])
  })

  test('a wait of a parked transfer waits with it', async () => {
    await put(tip, [a10], [event(a10, '1')])
    await consume()
    await tables.all(`insert into transfers (id, tenant, route, definition, state, version, terms, progress, escrow_ref, parked_reason)
                      values ('tr_1', 't', 'onramp', 1, 's', 1, '{}', '{}', '0xf1', 'a person looks')`)
    await wait('latest', 10)
    expect(await due()).toEqual([])
    await tables.all('update transfers set parked_reason = null')
    expect(await due()).toEqual(['tr_1'])
  })

  test('a halted chain makes nothing final', async () => {
    await put(tip, [a10], [event(a10, '1')])
    await consume()
    await wait('latest', 10)
    expect(await due()).toEqual(['tr_1'])
    await haltChain(db, { chain, from: tip, reason: 'why', blocks: [], events: [] })
    expect(await due()).toEqual([])
  })
})
