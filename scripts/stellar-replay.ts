import { parseArgs } from 'node:util'
import { replay } from './local/stellar/replay/run.ts'
import { readVectors } from './local/stellar/replay/vectors.ts'

// `npm run stellar:replay`: the local Stellar ledger against what a real stellar-core answered.
const usage = 'npm run stellar:replay -- FILE [--json]'

const { positionals, values } = parseArgs({ allowPositionals: true, options: { json: { type: 'boolean' } } })
const [file] = positionals
if (file === undefined || positionals.length > 1) {
  console.error(usage)
  process.exit(2)
}
const report = replay(readVectors(file))
if (values.json) console.log(JSON.stringify(report))
else {
  for (const { scenario, step, what, expected, found } of report.differences)
    console.log(
      `✗ ${scenario}${step === undefined ? '' : `, step ${step}`}: ${what}\n  expected ${JSON.stringify(expected)}\n  found    ${JSON.stringify(found)}`,
    )
  const { scenarios, passed, failed, skipped } = report
  console.log(`${failed === 0 ? '✓' : '✗'} ${scenarios} scenarios: ${passed} passed, ${failed} failed, ${skipped} skipped`)
}
process.exitCode = report.failed === 0 ? 0 : 1
