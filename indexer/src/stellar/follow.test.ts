import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openStellarIndexer } from '../../support/stellar-indexer.ts'
import { type Expected, liveOn } from '../../support/stellar-life.ts'
import { type StellarWorld, startStellarWorld } from '../../support/stellar-world.ts'
import type { StellarChainConfig } from '../config.ts'

let world: StellarWorld
let expected: Expected[]

beforeAll(async () => {
  world = await startStellarWorld()
  expected = liveOn(world)
})
afterAll(() => world?.stop())

const sorted = (rows: readonly Expected[]) => [...rows].sort((a, b) => (a[2] < b[2] ? -1 : 1))

const readBy = async (source: Partial<StellarChainConfig>) => {
  const indexer = await openStellarIndexer(world, source)
  try {
    await indexer.start()
    await indexer.caughtUp()
    const { tables } = indexer
    return {
      inbox: await tables.inbox(),
      digest: await tables.digest(),
      head: await tables.head(),
      anomalies: await tables.all('select ordinal, reason from chain_anomalies'),
    }
  } finally {
    await indexer.close()
  }
}

describe('a life of holds, deliveries and deposits', () => {
  test('is in the inbox, whole and nothing else', async () => {
    const { inbox, anomalies } = await readBy({ horizonUrl: world.url })
    const facts = inbox.map(({ subject, kind, fact }): Expected => [subject, kind as Expected[1], fact])
    expect(sorted(facts)).toEqual(sorted(expected))
    expect(anomalies).toEqual([{ ordinal: 0, reason: 'memo_unprintable' }])
    expect(inbox.every(({ revision, source }) => revision === 1 && source === 'stellar:local')).toBe(true)
  })

  test('is the same whichever way it was read, and in whatever pieces', async () => {
    const { digest } = await readBy({ horizonUrl: world.url })
    expect((await readBy({ rpcUrl: world.rpcUrl })).digest).toEqual(digest)
    expect((await readBy({ rpcUrl: world.rpcUrl, batchSize: 1 })).digest).toEqual(digest)
    expect((await readBy({ horizonUrl: world.url, batchSize: 7 })).digest).toEqual(digest)
  })

  test('is final: the cursor is the safe and the finalized ledger', async () => {
    const { head } = await readBy({ horizonUrl: world.url })
    const sequence = String(world.tip().sequence)
    expect(head).toMatchObject({
      ...{ cursor_height: sequence, safe_height: sequence, finalized_height: sequence, finality_mode: 'closed' },
    })
  })

  test('read from its middle on has only what can be known from there', async () => {
    const { inbox } = await readBy({ horizonUrl: world.url, startLedger: 10n })
    const facts = new Set(expected.map(([, , fact]) => fact))
    expect(inbox.length).toBeGreaterThan(0)
    expect(inbox.length).toBeLessThan(expected.length)
    expect(inbox.every(({ fact }) => facts.has(fact))).toBe(true)
  })
})
