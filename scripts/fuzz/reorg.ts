import pg from 'pg'
import { findAnvil } from '../local/anvil.ts'
import { startPostgres } from '../local/postgres.ts'
import { createWorkspace } from '../local/workspace.ts'
import { migrate } from '../migrate.ts'
import { keepJournal } from './reorg/journal.ts'
import { fuzzOptions, usage } from './reorg/options.ts'
import { fuzz } from './reorg/run.ts'
import { showReport } from './reorg/show.ts'

// `npm run fuzz:reorg`: random reorgs, restarts and lying nodes against an oracle that re-reads the chain.
const fail = (message: string): never => {
  console.error(message)
  process.exit(2)
}

let options: ReturnType<typeof fuzzOptions>
try {
  options = fuzzOptions(process.argv.slice(2))
} catch (error) {
  fail(`${(error as Error).message}\n\n${usage}`)
  throw error
}
if (options === 'help') {
  console.log(usage)
  process.exit(0)
}
const anvil =
  findAnvil() ?? fail('There is no anvil: neither the optional package @foundry-rs/anvil-linux-amd64 nor `anvil` on the PATH.')
if (!options.json) console.log(`seeds from ${options.seed}`)

const workspace = createWorkspace()
const postgres = await startPostgres(workspace.folder, { ephemeral: true })
await migrate(postgres.url)
const db = new pg.Pool({ connectionString: postgres.url, max: 8 })
db.on('error', () => {})
await keepJournal(db)

const { json, seeds } = options
const report = await fuzz(options, { anvil, databaseUrl: postgres.url, db, patienceMs: 30_000 }, ({ seed, findings }, done) => {
  if (findings.length > 0) console.error(`seed ${seed}: ${findings[0]!.kind}: ${findings[0]!.what}`)
  else if (!json && done % 10 === 0) console.log(`${done} of ${seeds}`)
})
console.log(json ? JSON.stringify(report) : showReport(report))
await db.end()
await postgres.stop()
workspace.remove()
process.exit(report.failures.length > 0 ? 1 : 0)
