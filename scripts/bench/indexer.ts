import { join } from 'node:path'
import pg from 'pg'
import { findAnvil, startAnvil } from '../local/anvil.ts'
import { startChild } from '../local/child.ts'
import { deployContracts } from '../local/deploy-contracts.ts'
import { startPostgres } from '../local/postgres.ts'
import { createWorkspace } from '../local/workspace.ts'
import { migrate } from '../migrate.ts'
import { nodeFlags } from '../node-flags.ts'
import { calibrate } from './calibrate.ts'
import { fill, mineLock } from './indexer/fill.ts'
import { peakResidentMb } from './indexer/peak-resident-mb.ts'
import { scrape } from './indexer/scrape.ts'
import { cpuMsOf, postgresCpuMs } from './postgres-cpu.ts'

// `npm run bench:indexer [-- --json] [--blocks 1000] [--tips 200]`: a backfill of an anvil's chain until its last row is committed, then
// how soon after a block is mined its observation is. The indexer is a process of its own, as in production.
const flag = (name: string, fallback: string) => {
  const index = process.argv.indexOf(`--${name}`)
  return index < 0 ? fallback : (process.argv[index + 1] ?? fallback)
}
const json = process.argv.includes('--json')
const blocks = Number(flag('blocks', '1000'))
const tips = Number(flag('tips', '200'))
const say = (text: string) => {
  if (!json) console.log(text)
}
const round = (value: number, digits = 2) => Math.round(value * 10 ** digits) / 10 ** digits

const orNull = (value: number) => (Number.isNaN(value) ? null : value)

const path = findAnvil()
if (path === undefined) {
  console.error('bench:indexer needs anvil: install the optional dependency, or put an anvil on the PATH.')
  process.exit(1)
}
const workspace = createWorkspace()
const postgres = await startPostgres(workspace.folder)
await migrate(postgres.url)
const calibration = await calibrate(postgres.url)
const best = Math.max(...calibration.map(({ commitsPerSecond }) => commitsPerSecond))
say(
  `calibration: ${calibration.map(({ clients, commitsPerSecond }) => `${commitsPerSecond} one-row commits/s with ${clients}`).join(', ')}`,
)

const anvil = await startAnvil(path, { chainId: 31_337, timestamp: Math.floor(Date.now() / 1_000), slotsInAnEpoch: 8 })
const deployment = await deployContracts(anvil.url)
const { events } = await fill(anvil.url, deployment, blocks)
say(`${blocks} blocks with ${events} events`)

const client = new pg.Client({ connectionString: postgres.url })
await client.connect()
await client.query('listen causeway_inbox')
let heard = () => {}
client.on('notification', () => heard())

/** Asks again at each word of the indexer's until it holds. Resolves to when it was heard. */
const whenTold = async (holds: () => Promise<boolean>): Promise<number> => {
  for (;;) {
    const told = new Promise<number>(resolve => {
      heard = () => resolve(performance.now())
    })
    if (await holds()) return performance.now()
    const atMs = await told
    if (await holds()) return atMs
  }
}
const count = async (sql: string, values: unknown[] = []) => Number((await client.query(sql, values)).rows[0]?.count ?? 0)

const databaseCpuBeforeMs = postgresCpuMs(workspace.folder) ?? Number.NaN
const spawnedMs = performance.now()
const child = await startChild({
  name: 'indexer',
  script: 'indexer/src/main.ts',
  nodeFlags,
  env: {
    DATABASE_URL: postgres.url,
    CAUSEWAY_CHAINS: JSON.stringify([
      {
        ...{ id: 'evm:31337', rpcUrls: [anvil.url], escrow: deployment.escrow, startBlock: String(deployment.startBlock) },
        ...{ finalityDepth: 64, pollMs: 50 },
      },
    ]),
  },
  logFile: join(workspace.folder, 'indexer.log'),
})
const startedMs = performance.now()
const indexerCpuBeforeMs = cpuMsOf(child.pid) ?? Number.NaN
const committedMs = await whenTold(async () => (await count('select count(*) from chain_events')) === events)
const indexerCpuMs = (cpuMsOf(child.pid) ?? Number.NaN) - indexerCpuBeforeMs
const seconds = (committedMs - startedMs) / 1_000
const backfill = await scrape(String(child.ready.url))
const backfillRssMb = peakResidentMb(child.pid)
const databaseCpuMs = (postgresCpuMs(workspace.folder) ?? Number.NaN) - databaseCpuBeforeMs
const inbox = await count('select count(*) from inbox where revision = 1')

// The second reading of all that comes first: at the tip it is one block at a time.
await whenTold(async () => (await count('select count(*) from chain_heads where verified_height = finalized_height')) === 1)
const verifiedMs = performance.now()

const latencies: number[] = []
for (let i = 0; i < tips; i++) {
  const { ref, minedMs } = await mineLock(anvil.url, deployment, 10_000_000 + i)
  const atMs = await whenTold(async () => (await count('select count(*) from inbox where subject = $1', [ref])) === 1)
  latencies.push(atMs - minedMs)
  // A step that does not divide the poll: blocks come at every phase of it.
  await new Promise(resolve => setTimeout(resolve, 20 + ((i * 17) % 50)))
}
latencies.sort((a, b) => a - b)
const quantile = (q: number) => round(latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * q))] ?? 0)
const checks = await count('select count(*) from chain_checks')

const result = {
  events,
  blocks,
  seconds: round(seconds, 3),
  secondsFromSpawn: round((committedMs - spawnedMs) / 1_000, 3),
  eventsPerSecond: Math.round(events / seconds),
  httpCalls: backfill.httpCalls,
  fetchSeconds: round(backfill.fetchSeconds, 3),
  databaseSeconds: round(backfill.databaseSeconds, 3),
  // What the machine's other work blurs least: the CPU time that it took.
  indexerCpuSeconds: orNull(round(indexerCpuMs / 1_000)),
  databaseCpuSeconds: orNull(round(databaseCpuMs / 1_000)),
  rssMb: backfillRssMb,
  rssMbAfterTips: peakResidentMb(child.pid),
  eventsPerCalibrationCommit: round(events / seconds / best),
  tip: {
    blocks: tips,
    pollMs: 50,
    p50Ms: quantile(0.5),
    p99Ms: quantile(0.99),
    worstMs: round(latencies[latencies.length - 1] ?? 0),
  },
  secondReadings: checks,
  secondsUntilVerified: round((verifiedMs - startedMs) / 1_000, 3),
  calibration,
}
await child.stop()
await client.end()
await anvil.stop()
await postgres.stop()
workspace.remove()
if (inbox !== events) {
  console.error(`the inbox is wrong after the benchmark: ${inbox} of ${events}`)
  process.exit(1)
}
if (json) console.log(JSON.stringify(result))
else {
  say(
    `backfill: ${result.eventsPerSecond} events/s (${result.eventsPerCalibrationCommit} for each one-row commit of the calibration), ` +
      `${result.seconds} s, ${result.httpCalls} HTTP calls, ${result.fetchSeconds} s waiting for the node, ` +
      `${result.databaseSeconds} s committing, CPU ${result.indexerCpuSeconds} s of the indexer and ${result.databaseCpuSeconds} s of Postgres, ` +
      `${result.rssMb} MB`,
  )
  say(`tip: p50 ${result.tip.p50Ms} ms, p99 ${result.tip.p99Ms} ms from mined to committed, polling every 50 ms`)
}
process.exit(0)
