import pg from 'pg'
import { applicationPool } from '../../bridge-service/src/app.ts'
import { chartFor } from '../../bridge-service/src/ledger/chart.ts'
import { openAccounts } from '../../bridge-service/src/ledger/open-accounts.ts'
import { denyListScreening } from '../../bridge-service/src/policy/screening.ts'
import { youngForMs } from '../../bridge-service/src/saga/caution.ts'
import { type Engine, type FinalFact, startEngine } from '../../bridge-service/src/saga/engine.ts'
import { postgresStore } from '../../bridge-service/src/saga/postgres-store.ts'
import { depositOf } from '../../bridge-service/src/transfer/hold.ts'
import { type State, terminalStates } from '../../bridge-service/src/transfer/state.ts'
import { startPostgres } from '../local/postgres.ts'
import { createWorkspace } from '../local/workspace.ts'
import { migrate } from '../migrate.ts'
import { calibrate } from './calibrate.ts'
import { inProcessChain, inProcessRail } from './in-process.ts'
import { postgresCpuMs } from './postgres-cpu.ts'
import { isBenchRoute, newTransfer } from './transfers.ts'

const flag = (name: string, fallback: string) => {
  const index = process.argv.indexOf(`--${name}`)
  return index < 0 ? fallback : (process.argv[index + 1] ?? fallback)
}
const json = process.argv.includes('--json')
const levels = flag('levels', '1,32,256,1024').split(',').map(Number)
const seconds = Number(flag('seconds', '6'))
const route = flag('route', 'onramp')
if (!isBenchRoute(route)) throw new Error(`no such route: ${route}`)

const say = (text: string) => {
  if (!json) console.log(text)
}

const workspace = createWorkspace()
const postgres = await startPostgres(workspace.folder)
await migrate(postgres.url)
const pool = applicationPool(postgres.url, 12, () => {})
const admin = new pg.Client({ connectionString: postgres.url })
await admin.connect()

const calibration = await calibrate(postgres.url)
say(
  `calibration: ${calibration.map(({ clients, commitsPerSecond }) => `${commitsPerSecond} one-row commits/s with ${clients}`).join(', ')}`,
)

await openAccounts(
  pool,
  chartFor({ banks: [{ rail: 'bank:bench', currency: 'USD' }], tokens: [{ chain: 'evm:1', currency: 'USDC' }] }),
)
await pool.query(
  `insert into liquidity_pools (id, currency, total) values ('evm:1:USDC', 'USDC', 1000000000000000000), ('bank:bench:USD', 'USD', 1000000000000000000)`,
)

const bornMs = performance.now()
const finished = new Map<string, () => void>()
let engine: Engine
const chain = inProcessChain(pool, () => engine.wake())
/** Where something waits for a block that is final at once. */
const waiting: readonly State[] = ['deposited', 'locked', 'committed', 'released', 'collected']
engine = await startEngine({
  store: postgresStore(pool),
  owner: 'bench',
  rails: new Map([['bank:bench', inProcessRail()]]),
  chains: new Map([['evm:1', chain]]),
  screening: denyListScreening({ name: 'none', names: [], accounts: [], addresses: [] }),
  finalFacts: async limit => {
    const { rows } = await pool.query<FinalFact>({
      name: 'bench_final',
      text: `select w.transfer_id as "transferId", w.kind, w.fact,
                    (select i.payload->>'escrowId' from inbox i where i.source = w.chain and i.fact = w.fact) as "escrowId"
               from finality_waits w limit $1`,
      values: [limit],
    })
    return rows
  },
  intentLeaseMs: 60_000,
  onMoved: moved => {
    if (moved.some(transfer => waiting.includes(transfer.state))) engine.wake()
    for (const transfer of moved) {
      const deposit = transfer.state === 'awaitingDeposit' ? depositOf(transfer.terms) : undefined
      if (deposit) chain.depositBy(deposit.terms)
      if (terminalStates.includes(transfer.state)) {
        finished.get(transfer.id)?.()
        finished.delete(transfer.id)
      }
    }
  },
  log: (level, message, details) => console.error(level, message, details),
})

const oneTransfer = async (): Promise<number> => {
  const unborn = newTransfer(route)
  const startedMs = performance.now()
  const over = new Promise<void>(resolve => finished.set(unborn.id, resolve))
  const answer = { id: unborn.id, state: 'requested' }
  await engine.opener.open({
    unborn,
    actor: 'api:bench',
    key: unborn.id,
    route: 'POST /v1/transfers',
    requestHash: Buffer.alloc(32),
    status: 202,
    response: answer,
    location: `/v1/transfers/${unborn.id}`,
  })
  await over
  return performance.now() - startedMs
}

const counters = async () => {
  const { rows } = await admin.query<{ commits: string; wal: string }>(
    `select (select xact_commit from pg_stat_database where datname = current_database()) as commits,
            pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0') as wal`,
  )
  return {
    commits: Number(rows[0]!.commits),
    walBytes: Number(rows[0]!.wal),
    cpu: process.cpuUsage(),
    postgresCpuMs: postgresCpuMs(workspace.folder) ?? Number.NaN,
  }
}

const quantile = (sorted: readonly number[], q: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? 0

const measure = async (inFlight: number) => {
  await Promise.all(Array.from({ length: inFlight }, oneTransfer)) // warm: plans, caches, pages
  const before = await counters()
  const startedMs = performance.now()
  const latencies: number[] = []
  const worker = async () => {
    while (performance.now() - startedMs < seconds * 1000) latencies.push(await oneTransfer())
  }
  await Promise.all(Array.from({ length: inFlight }, worker))
  const elapsedS = (performance.now() - startedMs) / 1000
  await new Promise(resolve => setTimeout(resolve, 1_100)) // Postgres publishes its counters once a second
  const after = await counters()
  const sagas = latencies.length
  latencies.sort((a, b) => a - b)
  const best = Math.max(...calibration.map(({ commitsPerSecond }) => commitsPerSecond))
  const cpuUs = after.cpu.user - before.cpu.user + after.cpu.system - before.cpu.system
  return {
    inFlight,
    sagas,
    sagasPerSecond: round(sagas / elapsedS),
    p50Ms: round(quantile(latencies, 0.5)),
    p99Ms: round(quantile(latencies, 0.99)),
    commitsPerSaga: round((after.commits - before.commits) / sagas),
    walBytesPerSaga: Math.round((after.walBytes - before.walBytes) / sagas),
    serviceCpuMsPerSaga: round(cpuUs / 1000 / sagas),
    databaseCpuMsPerSaga: orNull(round((after.postgresCpuMs - before.postgresCpuMs) / sagas)),
    ratioToCalibration: Math.round((sagas / elapsedS / best) * 10_000) / 10_000,
    residentMb: Math.round(process.memoryUsage.rss() / 1_048_576),
  }
}
const orNull = (value: number) => (Number.isNaN(value) ? null : value)
const round = (value: number) => Math.round(value * 100) / 100

// Who has just been started writes down what he takes in hand, which costs him a fifth: what is measured is how he lives from then on.
say(`transfers go one by one until the service is ${youngForMs / 1_000} s old`)
while (performance.now() - bornMs < youngForMs) await oneTransfer()

const results = []
for (const level of levels) {
  const result = await measure(level)
  results.push(result)
  say(
    `${String(result.inFlight).padStart(5)} in flight: ${result.sagasPerSecond} ${route}s/s (${(result.ratioToCalibration * 100).toFixed(1)} % of calibration), ` +
      `p50 ${result.p50Ms} ms, p99 ${result.p99Ms} ms, ${result.commitsPerSaga} commits, ${result.walBytesPerSaga} WAL bytes, ` +
      `${result.serviceCpuMsPerSaga} CPU ms a saga in the service and ${result.databaseCpuMsPerSaga} in Postgres, ${result.residentMb} MB`,
  )
}

// A benchmark that lost money would measure nothing: the books must be right at the end.
const { rows: open } = await pool.query(
  `select (select count(*) from transfers where state <> 'completed')::int as open,
          (select coalesce(sum(abs(amount)), 0) from (
             select sum(amount) as amount from ledger_postings p join ledger_accounts a on a.id = p.account_id
              where a.kind = 'clearing' group by account_id) c) as clearing`,
)
await engine.stop()
await pool.end()
await admin.end()
await postgres.stop()
workspace.remove()
if (open[0].open !== 0 || open[0].clearing !== '0') {
  console.error('the books are wrong after the benchmark', open[0])
  process.exit(1)
}
if (json) console.log(JSON.stringify({ route, calibration, levels: results }))
