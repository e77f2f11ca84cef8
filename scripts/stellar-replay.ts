import { parseArgs } from 'node:util'
import { replay } from './local/stellar/replay/run.ts'
import { readVectors, type Vectors } from './local/stellar/replay/vectors.ts'

const usage = `npm run stellar:replay -- FILE [--json]

Puts the scenarios of a file, which a real stellar-core has answered, to the local Stellar ledger and prints every difference in
immediate answer, result, fee, or state after each ledger. Scenarios with an operation that the ledger does not emulate are skipped.

Exit code 0: no difference. 1: differences. 2: the file could not be replayed.`

const given = (): { vectors: Vectors; json: boolean } => {
  try {
    const { positionals, values } = parseArgs({ allowPositionals: true, options: { json: { type: 'boolean' } } })
    const [file, ...more] = positionals
    if (file === undefined || more.length > 0) throw new Error(usage)
    return { vectors: readVectors(file), json: values.json === true }
  } catch (error) {
    console.error((error as Error).message)
    process.exit(2)
  }
}

const { vectors, json } = given()
const report = replay(vectors)
if (json) console.log(JSON.stringify(report))
else {
  for (const { scenario, step, what, expected, found } of report.differences) {
    console.log(`✗ ${scenario}${step === undefined ? '' : `, step ${step}`}: ${what}`)
    console.log(`  expected ${JSON.stringify(expected)}\n  found    ${JSON.stringify(found)}`)
  }
  const { scenarios, passed, failed, skipped } = report
  console.log(`${failed === 0 ? '✓' : '✗'} ${scenarios} scenarios: ${passed} passed, ${failed} failed, ${skipped} skipped`)
}
process.exitCode = report.failed === 0 ? 0 : 1
