import { type AbiEvent, toEventSelector } from 'viem'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { escrowAbi } from '../../contracts/abi/escrow.ts'
import { markFork } from '../../scripts/local/reorg.ts'
import { freshDatabase } from '../../test/support/database.ts'
import { type Lie, type RpcProxy, startRpcProxy } from '../../test/support/rpc-proxy.ts'
import { type EscrowChain, startEscrowChain } from '../support/escrow-chain.ts'
import { openTables, type Tables } from '../support/tables.ts'
import { until } from '../support/until.ts'
import { type Indexer, startIndexer } from './indexer.ts'
import { finalFacts } from './queries.ts'

// What a node that forgets, invents or miscounts does to the tables: nothing that lasts.

let evm: EscrowChain
let proxy: RpcProxy
let database: Awaited<ReturnType<typeof freshDatabase>>
let tables: Tables
let indexer: Indexer | undefined

beforeAll(async () => {
  evm = await startEscrowChain()
  proxy = await startRpcProxy(evm.url)
})
afterAll(async () => {
  await proxy?.stop()
  await evm?.stop()
})
beforeEach(async () => {
  database = await freshDatabase()
  tables = openTables(database.url)
})
afterEach(async () => {
  proxy.lie = (_, result) => result
  await indexer?.stop()
  indexer = undefined
  await tables.close()
  await database.drop()
})

const depth = 3
const skipped = escrowAbi.find(item => item.type === 'event' && item.name === 'Skipped') as AbiEvent
const start = async (rpcUrls: string[] = [proxy.url]) => {
  indexer = await startIndexer(
    {
      databaseUrl: database.url,
      host: '127.0.0.1',
      port: 0,
      chains: [
        {
          ...{ kind: 'evm', id: 'evm:31337', rpcUrls, quorum: 1, escrow: evm.escrow, startBlock: BigInt(evm.startBlock) },
          ...{ finalityDepth: depth, pollMs: 20, batchSize: 100, concurrency: 4, rpcBatchSize: 100, rpcTimeoutMs: 5_000 },
        },
      ],
    },
    () => {},
  )
  await caughtUp()
}
const caughtUp = async () => {
  const { hash } = await evm.tip()
  await until('the cursor is at the tip', tables.cursorHash, cursor => cursor === hash)
}
const verified = async () => {
  const height = await evm.height()
  await until('verified', tables.head, head => BigInt(head.verified_height) >= height - BigInt(depth))
}
const factOf = async (sent: { hash: string }) => (await tables.inbox()).find(row => row.fact === `${sent.hash}:0`)
const ready = async () => {
  const response = await fetch(`${indexer!.url}/health/ready`)
  return { status: response.status, chain: ((await response.json()) as { chains: Record<string, string>[] }).chains[0]! }
}
/** Every event is told once, and what the contract has locked is what the tables add up. */
const isRight = async () => {
  expect((await tables.inbox()).every(row => row.revision === 1 && row.payload.status === 'included')).toBe(true)
  const [sums] = await tables.all(
    `select (select sum(case type when 'escrowLocked' then amount when 'escrowReleased' then -amount when 'escrowRefunded' then -amount end)
               from chain_events where canonical)::text as events,
            (select locked from chain_token_states where canonical order by block_number desc limit 1)::text as states`,
  )
  expect(sums.states).toBe(sums.events)
}

/** The node's index of logs has lost those of a transaction; its receipts have not. */
const forgets =
  (hash: string): Lie =>
  ({ method }, result) =>
    method === 'eth_getLogs' ? (result as { transactionHash: string }[]).filter(log => log.transactionHash !== hash) : result

describe('a node that forgets', () => {
  test('all that a block holds: the bloom betrays it, and the receipts have it', async () => {
    await start()
    const lock = await evm.lock(1n)
    proxy.lie = forgets(lock.hash)
    await evm.mine()
    await caughtUp()
    expect(await factOf(lock)).toMatchObject({ revision: 1, payload: { status: 'included' } })
  })

  test("one of two: the next event's number betrays it, and the tables are set right", async () => {
    await start()
    const [kept, lost] = [await evm.lock(1n), await evm.lock(2n)]
    proxy.lie = forgets(lost.hash)
    await evm.mine()
    await caughtUp()
    expect([(await factOf(kept))?.revision, await factOf(lost)]).toEqual([1, undefined])
    const next = await evm.lock(3n)
    await evm.mine()
    await caughtUp()
    for (const lock of [lost, kept, next]) expect(await factOf(lock)).toMatchObject({ revision: 1 })
    expect(await tables.all('select cause, added, removed from chain_repairs')).toEqual([
      { cause: 'sequence_gap', added: 1, removed: 0 },
    ])
    await evm.mine(depth)
    await verified()
    await isRight()
  })

  test('an event that is none of the saga, too: its number is missed all the same', async () => {
    await start()
    await evm.pause()
    proxy.lie = forgets(await evm.unpause())
    await evm.mine()
    await caughtUp()
    const lock = await evm.lock(1n)
    await evm.mine()
    await caughtUp()
    expect(await factOf(lock)).toMatchObject({ revision: 1 })
    expect(await tables.all('select cause, added, removed from chain_repairs')).toEqual([
      { cause: 'sequence_gap', added: 0, removed: 0 },
    ])
    await evm.mine(depth)
    await verified()
    expect((await tables.head()).alarm).toBeNull()
    await isRight()
  })

  test('the last of all: the second reading, from another node, finds it before anything is paid on it', async () => {
    await start([proxy.url, evm.url])
    const [kept, lost] = [await evm.lock(1n), await evm.lock(2n)]
    proxy.lie = forgets(lost.hash)
    await evm.mine()
    await caughtUp()
    expect(await factOf(lost)).toBeUndefined()
    await evm.mine(depth)
    await verified()
    for (const lock of [kept, lost]) expect(await factOf(lock)).toMatchObject({ revision: 1 })
    expect(await tables.all('select cause, added, removed from chain_repairs')).toEqual([
      { cause: 'second_reading', added: 1, removed: 0 },
    ])
    await isRight()
    const checks = await tables.all('select from_height, to_height, endpoint from chain_checks order by to_height')
    expect(checks.every((check, i) => i === 0 || BigInt(check.from_height) === BigInt(checks[i - 1].to_height) + 1n)).toBe(true)
  })

  test('what no escrow tells, from the node that is asked again: another one is asked', async () => {
    // Asked from the end, so this one comes first; and the same node twice stands for two.
    await start([evm.url, evm.url, proxy.url])
    let lies = 0
    proxy.lie = ({ method }, result) => {
      if (method !== 'eth_getLogs') return result
      lies++
      return (result as { data: string }[]).map(log => ({ ...log, data: log.data.replace(/^0x00/, '0xff') }))
    }
    const lock = await evm.lock(1n)
    await evm.mine(depth + 1)
    await caughtUp()
    await verified()
    expect(lies).toBeGreaterThan(0)
    expect(await factOf(lock)).toMatchObject({ revision: 1 })
    await isRight()
  })

  test('a log that is no event, before one: the fact gets its right name, and that is no reason to halt', async () => {
    await start([proxy.url, evm.url])
    const batch = await evm.lockBatch([1n, 0n, 2n]) // the contract skips the second, and says so without a number
    proxy.lie = ({ method }, result) =>
      method === 'eth_getLogs'
        ? (result as { topics: string[] }[]).filter(({ topics }) => topics[0] !== toEventSelector(skipped))
        : result
    await evm.mine()
    await caughtUp()
    const facts = async () =>
      (await tables.inbox())
        .filter(row => row.fact.startsWith(batch.hash))
        .map(({ fact, revision, payload }) => [fact.split(':')[1], revision, payload.status])
    expect(await facts()).toEqual([
      ['0', 1, 'included'],
      ['1', 1, 'included'],
    ])
    await evm.mine(depth)
    await verified()
    expect(await facts()).toEqual([
      ['0', 1, 'included'],
      ['1', 2, 'orphaned'],
      ['2', 1, 'included'],
    ])
    expect((await ready()).status).toBe(200)
    expect(await tables.all('select added, removed from chain_repairs')).toEqual([{ added: 0, removed: 0 }])
  })

  test('a range in a backfill: asked for in halves where it is refused, and found whole', async () => {
    const locks = []
    for (let i = 0; i < 6; i++) {
      locks.push(await evm.lock(BigInt(i + 1)))
      await evm.mine(3)
    }
    proxy.inPlace = ({ method, params }) => {
      const { fromBlock, toBlock } = (params[0] ?? {}) as { fromBlock?: string; toBlock?: string }
      const wide = method === 'eth_getLogs' && fromBlock !== undefined && BigInt(toBlock!) - BigInt(fromBlock) > 4n
      return wide ? { error: { code: -32005, message: 'query returned more than 10000 results' } } : undefined
    }
    try {
      await start()
      for (const lock of locks) expect(await factOf(lock)).toMatchObject({ revision: 1 })
    } finally {
      proxy.inPlace = () => undefined
    }
  })
})

test('a node that invents an event that was final: withdrawn, and the chain waits for an operator', async () => {
  await start([proxy.url, evm.url])
  const lock = await evm.lock(1n)
  await evm.mine()
  const { hash } = await evm.tip()
  const invented = `0x${'ab'.repeat(32)}`
  proxy.lie = ({ method }, result) => {
    if (method !== 'eth_getLogs') return result
    const logs = result as { transactionHash: string; data: string; logIndex: string }[]
    const real = logs.find(log => log.transactionHash === lock.hash)
    if (!real) return result
    const sequence = (BigInt(`0x${real.data.slice(-64)}`) + 1n).toString(16).padStart(64, '0')
    return [...logs, { ...real, transactionHash: invented, logIndex: '0x63', data: real.data.slice(0, -64) + sequence }]
  }
  await caughtUp()
  // Caught up before the node began to lie: in the next database it is read again.
  await indexer!.stop()
  await tables.close()
  await database.drop()
  database = await freshDatabase()
  tables = openTables(database.url)
  await start([proxy.url, evm.url])
  expect(await factOf({ hash: invented })).toMatchObject({ payload: { status: 'included', blockHash: hash } })
  await evm.mine(depth)
  const head = await until('halted', tables.head, head => head.halted_reason !== null)
  expect(head.halted_reason).toMatch(/^final_event_withdrawn/)
  expect(await factOf({ hash: invented })).toMatchObject({ revision: 2, payload: { status: 'orphaned' } })
  expect(await factOf(lock)).toMatchObject({ revision: 1, payload: { status: 'included' } })
})

test('the contract has locked something else than its events say: alarm, not ready, nothing final, until it is over', async () => {
  await start()
  proxy.lie = ({ method }, result) =>
    method === 'eth_call' ? `0x${(BigInt(result as string) + 1n).toString(16).padStart(64, '0')}` : result
  const lock = await evm.lock(5n)
  await evm.mine(1 + depth)
  await until(
    'not ready',
    ready,
    ({ status, chain }) => status === 503 && chain.alarm === 'total_locked_mismatch' && chain.state === 'following',
  )
  await caughtUp()
  await tables.all('update inbox set consumed = revision')
  await tables.all(`insert into finality_waits values ('tr_1', 'lock', 'evm:31337', 'latest', $1, $2)`, [
    (await evm.height()).toString(),
    `${lock.hash}:0`,
  ])
  expect(await finalFacts(tables.pool, 10)).toEqual([])
  proxy.lie = (_, result) => result
  await until('ready', ready, ({ status }) => status === 200)
  expect(await finalFacts(tables.pool, 10)).toHaveLength(1)
  expect(
    (await tables.all('select type from chain_outbox where details is not null order by position')).map(row => row.type),
  ).toEqual(['alarmRaised', 'alarmCleared'])
})

describe('a chain that was halted goes on as two operators say', () => {
  const halted = async () => {
    await start([evm.url])
    await evm.mine(2)
    const fork = await markFork(evm.url)
    const lock = await evm.lock(1n)
    await evm.mine(depth + 3)
    await caughtUp()
    await until('final', tables.head, head => BigInt(head.finalized_height) >= fork.height + 1)
    await fork.reorg()
    const { halted_reason } = await until('halted', tables.head, head => head.halted_reason !== null)
    expect(halted_reason).toMatch(/^reorg_below_finality/)
    return { fork, lock, reason: halted_reason as string }
  }
  const resume = (reason: string, branch: string, approvedBy: string | null = 'bob') =>
    tables.all(
      `insert into operator_actions (id, type, scope, reason, payload, payload_hash, four_eyes, requested_by, requested_person, requested_at,
                                     expires_at, decision, decided_by, decided_person, decided_at)
       select 'oa_' || gen_random_uuid(), 'resumeChain', 'chain:evm:31337', 'looked at three other nodes',
              jsonb_build_object('haltedReason', $1::text, 'branch', $2::text), repeat('0', 64), true, 'api:' || 'alice', 'alice',
              clock_timestamp(), now() + interval '1 day', case when $3::text is not null then 'approve' end, 'api:' || $3, $3,
              case when $3 is not null then now() end
       returning id`,
      [reason, branch, approvedBy],
    )

  test('theirs: what was final is orphaned, the saga hears of it, and the chain is followed from the ancestor on', async () => {
    const { fork, lock, reason } = await halted()
    await resume(reason, 'theirs', null)
    await resume('another halt', 'theirs')
    await resume(reason, 'theirs')
    await caughtUp()
    expect(await factOf(lock)).toMatchObject({ revision: 2, payload: { status: 'orphaned' } })
    await until('following', ready, ({ status }) => status === 200)
    const resumes = await tables.all(
      `select decided_person as approved_by, payload->>'haltedReason' = $1 as same, obeyed_at is not null as obeyed
         from operator_actions order by requested_at`,
      [reason],
    )
    expect(resumes.map(({ approved_by, same, obeyed }) => [approved_by, same, obeyed])).toEqual([
      [null, true, false],
      ['bob', false, false],
      ['bob', true, true],
    ])
    const reorgs = await tables.all('select deep, ancestor_height, orphaned_events from chain_reorgs order by id')
    expect(reorgs).toEqual([
      { deep: true, ancestor_height: null, orphaned_events: 0 },
      { deep: false, ancestor_height: String(fork.height), orphaned_events: 1 },
    ])
    expect(await evm.again(lock)).toBe(lock.hash)
    await evm.mine()
    await caughtUp()
    expect(await factOf(lock)).toMatchObject({ revision: 3, payload: { status: 'included' } })
  })

  test('ours: nothing is orphaned, and it halts again while the node has not come back', async () => {
    const { lock, reason } = await halted()
    await resume(reason, 'ours')
    await until(
      'obeyed, and halted again',
      async () => (await tables.all('select obeyed_at from operator_actions where obeyed_at is not null')).length,
      obeyed => obeyed === 1,
    )
    await until('halted', tables.head, head => head.halted_reason !== null)
    expect(await factOf(lock)).toMatchObject({ revision: 1, payload: { status: 'included' } })
    expect((await ready()).status).toBe(503)
  })

  test('one operator alone cannot', async () => {
    const { reason } = await halted()
    await expect(resume(reason, 'theirs', 'alice')).rejects.toMatchObject({ code: '23514' })
  })
})
