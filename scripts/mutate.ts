import { randomBytes } from 'node:crypto'
import { MutateFailure } from './mutate/failure.ts'
import { mutateOptions, usage } from './mutate/options.ts'
import { causeway } from './mutate/project.ts'
import { showReport, showVerdict } from './mutate/report.ts'
import { runMutants } from './mutate/run.ts'

// `npm run mutate`: whether the Solidity tests notice when the contracts are changed.
try {
  const options = mutateOptions(process.argv.slice(2), randomBytes(4).toString('hex'))
  if (options === 'help') {
    console.log(usage)
    process.exit(0)
  }
  if (options.sample !== undefined) console.error(`seed ${options.seed}`)
  const report = await runMutants(causeway, options, (judged, done, of) =>
    console.error(`[${done}/${of}] ${showVerdict(judged)}`),
  )
  console.log(options.json ? JSON.stringify(report) : showReport(report))
  process.exit(report.ok ? 0 : 1)
} catch (error) {
  if (!(error instanceof MutateFailure)) throw error
  console.error(`${error.message}\n\n${usage}`)
  process.exit(2)
}
