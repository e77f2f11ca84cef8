import { randomInt } from 'node:crypto'
import { parseEventLogs } from 'viem'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { escrowAbi } from '../../contracts/abi/escrow.ts'
import { type Fork, markFork } from '../../scripts/local/reorg.ts'
import { freshDatabase } from '../../test/support/database.ts'
import { type EscrowChain, type Sent, startEscrowChain } from '../support/escrow-chain.ts'
import { openTables, type Tables } from '../support/tables.ts'
import { until } from '../support/until.ts'
import { type Indexer, startIndexer } from './indexer.ts'

const seed = Number(process.env.SEED ?? randomInt(2 ** 31))
const rounds = 14

let evm: EscrowChain
let database: Awaited<ReturnType<typeof freshDatabase>>
let tables: Tables
let indexer: Indexer

const start = () =>
  startIndexer(
    {
      databaseUrl: database.url,
      host: '127.0.0.1',
      port: 0,
      chains: [
        {
          ...{ kind: 'evm', id: 'evm:31337', rpcUrls: [evm.url], quorum: 1, rpcBatchSize: 100, escrow: evm.escrow },
          ...{ startBlock: BigInt(evm.startBlock), finalityDepth: 8 },
          ...{ pollMs: 10, batchSize: 3, concurrency: 3, rpcTimeoutMs: 5_000 },
        },
      ],
    },
    () => {},
  )

beforeAll(async () => {
  evm = await startEscrowChain()
  database = await freshDatabase()
  tables = openTables(database.url)
  indexer = await start()
})
afterAll(async () => {
  await indexer?.stop()
  await tables?.close()
  await database?.drop()
  await evm?.stop()
})

// mulberry32
const random = (state: number) => () => {
  state = (state + 0x6d2b79f5) | 0
  let t = Math.imul(state ^ (state >>> 15), 1 | state)
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
}

/** Reads the chain by itself, with one query over everything, and knows nothing of blooms, batches or branches. */
const compareWithChain = async (everSeen: Set<string>) => {
  const tip = await evm.tip()
  await until('the cursor is at the tip', tables.cursorHash, hash => hash === tip.hash)
  const logs = await evm.client.getLogs({ address: evm.escrow, fromBlock: BigInt(evm.startBlock), toBlock: tip.number })
  const ordinals = new Map<string, number>()
  const truth = parseEventLogs({ abi: escrowAbi, logs }).flatMap(log => {
    const ordinal = ordinals.get(log.transactionHash) ?? 0
    ordinals.set(log.transactionHash, ordinal + 1)
    if (log.eventName !== 'Locked' && log.eventName !== 'Released' && log.eventName !== 'Refunded') return []
    const { id, ref, amount } = log.args
    const fact = `${log.transactionHash}:${ordinal}`
    return [
      { fact, kind: `escrow${log.eventName}`, escrowId: id, subject: ref, amount: String(amount), blockHash: log.blockHash },
    ]
  })
  const byFact = (a: { fact: string }, b: { fact: string }) => (a.fact < b.fact ? -1 : 1)

  const events =
    await tables.all(`select fact, type as kind, escrow_id as "escrowId", ref as subject, amount::text, block_hash as "blockHash"
                                     from chain_events where canonical`)
  expect(events.sort(byFact)).toEqual([...truth].sort(byFact))

  const inbox = await tables.inbox()
  const included = inbox.filter(row => row.payload.status === 'included')
  expect(
    included.map(({ fact, kind, subject, payload }) => ({
      ...{ fact, kind, escrowId: payload.escrowId, subject, amount: payload.amount, blockHash: payload.blockHash },
    })),
  ).toEqual([...truth].sort(byFact))
  // What was ever told is either true or taken back: nothing is forgotten.
  for (const row of inbox) everSeen.add(row.fact)
  expect(new Set(inbox.map(row => row.fact))).toEqual(everSeen)

  const blocks = await tables.all('select number, hash from chain_blocks where canonical and number >= $1 order by number', [
    evm.startBlock,
  ])
  expect(blocks).toHaveLength(Number(tip.number) - evm.startBlock + 1)
  for (const { number, hash } of blocks.slice(-12))
    expect((await evm.client.getBlock({ blockNumber: BigInt(number) })).hash, `block ${number}`).toBe(hash)
  return { events: truth.length, orphaned: inbox.length - included.length }
}

test('whatever the chain does, the tables say what an independent reading of it says', async () => {
  console.log(`seed ${seed} (repeat with SEED=${seed})`)
  const next = random(seed)
  const upTo = (n: number) => Math.floor(next() * n)
  const everSeen = new Set<string>()
  let open: Sent[] = []
  let orphaned = 0
  await evm.mine(8) // so that no fork reaches below the first block

  for (let round = 0; round < rounds; round++) {
    const fork: Fork | undefined = next() < 0.6 ? await markFork(evm.url) : undefined
    const sent: Sent[] = []
    for (let block = 0; block < 1 + upTo(4); block++) {
      for (let i = 0; i < upTo(3); i++) sent.push(await evm.lock(BigInt(1 + upTo(1_000_000))))
      const chosen = open.pop()
      if (chosen) sent.push(next() < 0.5 ? await evm.release(chosen) : await evm.refund(chosen))
      await evm.mine()
      if (next() < 0.3) await compareWithChain(everSeen) // else the indexer may never see this block
    }
    if (next() < 0.2) {
      await indexer.stop()
      if (fork && next() < 0.5) await evm.mine()
      indexer = await start()
    }
    if (fork) {
      await fork.reorg({ blocks: 1 })
      await evm.mine(upTo(6))
      for (const tx of sent) if (next() < 0.7) await evm.again(tx).catch(() => {}) // its nonce may be taken, or a gap
      await evm.mine(1 + upTo(2))
    }
    const found = await compareWithChain(everSeen)
    orphaned = Math.max(orphaned, found.orphaned)
    const locked = await tables.all(`select escrow_id from chain_events where canonical group by 1 having count(*) = 1`)
    const ids = new Set(locked.map(row => row.escrow_id))
    const refs = new Set(
      (await tables.all('select ref from chain_events where canonical and escrow_id = any($1)', [[...ids]])).map(r => r.ref),
    )
    open = [...open, ...sent].filter(tx => refs.has(tx.terms.ref))
  }
  console.log(`${everSeen.size} facts, at most ${orphaned} orphaned at a time`)
  expect(everSeen.size).toBeGreaterThan(0)
}, 90_000)
