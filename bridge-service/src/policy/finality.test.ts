import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { freshDatabase } from '../../../test/support/database.ts'
import { money } from '../money/money.ts'
import { type FinalityTier, finalityFor, finalityVersion } from './finality.ts'
import { publishFinality } from './publish-finality.ts'

const tiers: FinalityTier[] = [
  { uptoMinor: 100n, requirement: { level: 'latest', confirmations: 2 } },
  { uptoMinor: 10_000n, requirement: { level: 'safe', confirmations: 0 } },
  { uptoMinor: null, requirement: { level: 'finalized', confirmations: 0 } },
]
const policy = new Map([['evm:1' as const, tiers]])

test('the bigger the amount, the later the payout', () => {
  const levelOf = (minor: bigint) => finalityFor(policy, 'evm:1', money('USDC', minor)).level
  expect([1n, 100n, 101n, 10_000n, 10_001n, 10n ** 30n].map(levelOf)).toEqual([
    ...['latest', 'latest', 'safe', 'safe', 'finalized', 'finalized'],
  ])
})

test('where nobody has said otherwise, only the word of the chain counts', () => {
  expect(finalityFor(policy, 'evm:2', money('USDC', 1n))).toEqual({ level: 'finalized', confirmations: 0 })
})

test('a version is what the tiers say', () => {
  expect(finalityVersion([...tiers])).toBe(finalityVersion(tiers))
  const others = [tiers.slice(1), [...tiers].reverse(), [{ ...tiers[0]!, uptoMinor: 101n }, ...tiers.slice(1)], []]
  expect(new Set([tiers, ...others].map(finalityVersion)).size).toBe(5)
})

let database: Awaited<ReturnType<typeof freshDatabase>>
let pool: pg.Pool
beforeAll(async () => {
  database = await freshDatabase()
  pool = new pg.Pool({ connectionString: database.url, options: '-c role=causeway_app' })
})
afterAll(async () => {
  await pool.end()
  await database.drop()
})

test('each version is written down once, and nobody changes what it says', async () => {
  await publishFinality(pool, [{ id: 'evm:1', finality: tiers }])
  await publishFinality(pool, [
    { id: 'evm:1', finality: tiers },
    { id: 'evm:2', finality: [] },
  ])
  const { rows } = await pool.query('select chain, version, tiers from finality_policies order by chain')
  expect(rows.map(({ chain, version }) => [chain, version])).toEqual([
    ['evm:1', finalityVersion(tiers)],
    ['evm:2', finalityVersion([])],
  ])
  expect(rows[0].tiers[0]).toEqual({ uptoMinor: '100', requirement: { level: 'latest', confirmations: 2 } })
  await expect(pool.query(`update finality_policies set tiers = '[]'`)).rejects.toMatchObject({ code: '42501' })
})
