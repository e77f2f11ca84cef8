import { AuditFailure } from './audit/failure.ts'
import { auditOptions, usage } from './audit/options.ts'
import { audit } from './audit/run.ts'
import { jsonReport, progressBar, showReport } from './audit/show.ts'

// `npm run audit`: what an auditor can say about an escrow with nothing but an RPC URL, and the ledger's API if he has a key.
const bar = progressBar(process.stderr)
try {
  const options = auditOptions(process.argv.slice(2), process.env)
  if (options === 'help') {
    console.log(usage)
    process.exit(0)
  }
  const report = await audit(options, bar.progress)
  bar.end()
  console.log(options.json ? jsonReport(report) : showReport(report))
  process.exit(report.ok ? 0 : 1)
} catch (error) {
  bar.end()
  if (!(error instanceof AuditFailure)) throw error
  console.error(error.message)
  if (error.code === 'arguments_invalid') console.error(`\n${usage}`)
  process.exit(2)
}
