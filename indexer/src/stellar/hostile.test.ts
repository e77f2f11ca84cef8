import { Memo } from '@stellar/stellar-sdk/base'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { freshDatabase } from '../../../test/support/database.ts'
import { customer, hot, pay } from '../../support/stellar-transactions.ts'
import { type InLedger, type StellarWorld, startStellarWorld, stellarConfig } from '../../support/stellar-world.ts'
import { openTables, type Tables } from '../../support/tables.ts'
import { until } from '../../support/until.ts'
import { createMetrics } from '../metrics.ts'
import { newStatus } from '../status.ts'
import { followStellar } from './follow.ts'
import { horizonSource } from './horizon-source.ts'
import { rpcSource } from './rpc-source.ts'
import type { LedgerSource } from './source.ts'
import type { RawTransaction } from './transaction.ts'

let world: StellarWorld
let database: Awaited<ReturnType<typeof freshDatabase>>
let tables: Tables

beforeAll(async () => {
  world = await startStellarWorld()
})
afterAll(() => world?.stop())
beforeEach(async () => {
  database = await freshDatabase()
  tables = openTables(database.url)
})
afterEach(async () => {
  await tables.close()
  await database.drop()
})

/** A node that serves one transaction otherwise than it is: written in a language of tomorrow, or broken on the way. */
const tampered = (source: LedgerSource, { hash }: { hash: string }, change: Partial<RawTransaction>): LedgerSource => ({
  ...source,
  transactions: async function* (from) {
    for await (const page of source.transactions(from)) yield page.map(one => (one.hash === hash ? { ...one, ...change } : one))
  },
})

const followed = async (source: LedgerSource, work: () => Promise<void>) => {
  const stopping = new AbortController()
  const lines: string[] = []
  const [config, status] = [stellarConfig(), newStatus('stellar:local')]
  const metrics = createMetrics([status])
  const log = (_: string, message: string) => void lines.push(message)
  const following = followStellar({ config, source, status, metrics, log, databaseUrl: database.url }, stopping.signal)
  try {
    await until('the cursor is at the tip', tables.cursorHash, hash => hash === `0x${world.tip().hash}`)
    await work()
  } finally {
    stopping.abort()
    await following
  }
  return { lines, metrics: await metrics.registry.metrics(), state: status.state }
}

/** Three payments in one ledger, of which the first one sent is the strange one. */
const ledgerOfThree = (): [strange: InLedger, ...others: string[]] => {
  const sent = (['channel', 'channel-2', 'stranger'] as const).map((by, i) =>
    world.submit([pay(customer, hot, '1')], { by, memo: Memo.id(String(i)) }),
  )
  const ledger = BigInt(world.close().sequence)
  const [strange, ...others] = sent.map(transaction => `0x${Buffer.from(transaction.hash()).toString('hex')}` as const)
  return [{ transaction: sent[0]!, hash: strange!, ledger }, ...others]
}

const limits = { timeoutMs: 5_000 }
const viaHorizon = () => horizonSource({ horizonUrl: world.url, ...limits })

test.each<[string, Partial<RawTransaction>, string]>([
  ['is no XDR', { envelopeXdr: 'not XDR at all \0 !' }, 'undecodable'],
  ['is XDR of something else', { envelopeXdr: 'AAAABwAAAAA=' }, 'undecodable'],
  ['has a result that nobody understands', { resultXdr: 'AAAAAAAAAGQAAABjAAAAAA==' }, 'undecodable'],
])('a transaction that %s is kept for a person; its ledger and all others go on', async (_, change, reason) => {
  const [strange, ...others] = ledgerOfThree()
  world.apply([pay(customer, hot, '2')], { memo: Memo.id('9') })
  const { lines, metrics, state } = await followed(tampered(viaHorizon(), strange, change), async () => {
    const facts = (await tables.inbox()).map(({ fact }) => fact)
    expect(facts).toEqual(expect.arrayContaining(others.map(hash => `${hash}:0`)))
    expect(facts).not.toContain(`${strange.hash}:0`)
    const stored = Object.entries(change)[0]![1]!.toString().replace('\0', '\u{fffd}')
    expect(await tables.all('select * from chain_anomalies')).toMatchObject([
      {
        ...{ chain: 'stellar:local', tx_hash: strange.hash, ordinal: -1, reason, block_number: String(strange.ledger) },
        [change.envelopeXdr === undefined ? 'result_xdr' : 'envelope_xdr']: stored,
      },
    ])
  })
  expect(lines.filter(line => line.includes('a person should look'))).toHaveLength(1)
  expect(metrics).toContain('causeway_indexer_anomalies_total{chain="stellar:local"} 1')
  expect(state).toBe('following')
})

test('an envelope that is not the one its hash says is not believed', async () => {
  const [strange, ...others] = ledgerOfThree()
  const other = world.build([pay(customer, hot, '1000')], { memo: Memo.id('5') })
  const change = { envelopeXdr: other.toEnvelope().toXdr('base64') }
  await followed(tampered(viaHorizon(), strange, change), async () => {
    expect((await tables.inbox()).map(({ fact }) => fact)).toEqual(expect.arrayContaining(others.map(hash => `${hash}:0`)))
    expect(await tables.all('select tx_hash, reason from chain_anomalies')).toEqual([
      { tx_hash: strange.hash, reason: 'hash_mismatch' },
    ])
  })
})

test('over RPC an envelope that cannot be read is strange, while a result that is not the one in the ledger is a node at fault', async () => {
  const [strange] = ledgerOfThree()
  const rpc = rpcSource({ rpcUrl: world.rpcUrl, ...limits })
  await followed(tampered(rpc, strange, { envelopeXdr: 'AAAA' }), async () => {
    expect(await tables.all('select tx_hash from chain_anomalies')).toEqual([{ tx_hash: strange.hash }])
  })
  const stopping = new AbortController()
  const status = newStatus('stellar:local')
  const source = tampered(rpc, ledgerOfThree()[0], { resultXdr: 'AAAAAAAAAGQAAAAAAAAAAAAAAAA=' })
  const house = { config: stellarConfig(), metrics: createMetrics([status]), log: () => {}, databaseUrl: database.url }
  const following = followStellar({ source, status, ...house }, stopping.signal)
  await until(
    'retrying',
    () => status.reason,
    reason => reason === 'node_inconsistent',
  )
  stopping.abort()
  await following
})
