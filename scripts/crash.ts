import { crashOptions, usage } from './crash/options.ts'
import { runCrashes } from './crash/run.ts'
import { showReport } from './crash/show.ts'

// `npm run test:crash`: real processes, killed, frozen and cut off under load, and an oracle that asks bank and chain.
const fail = (message: string): never => {
  console.error(message)
  process.exit(2)
}

let options: ReturnType<typeof crashOptions>
try {
  options = crashOptions(process.argv.slice(2))
} catch (error) {
  fail(`${(error as Error).message}\n\n${usage}`)
  throw error
}
if (options === 'help') {
  console.log(usage)
  process.exit(0)
}
const { seed, kills, json } = options
if (!json) console.log(`seed ${seed}`)
const report = await runCrashes({ seed, kills }, done => {
  if (!json && done % 10 === 0) console.log(`${done} of ${kills} kills`)
}).catch(error => {
  throw fail(String(error))
})
console.log(json ? JSON.stringify(report) : showReport(report))
process.exit(report.violations.length > 0 ? 1 : 0)
