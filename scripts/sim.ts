import { planted } from '../test/simulation/planted/planted.ts'
import { addSeed, emptyReport, uncovered } from '../test/simulation/report.ts'
import { type SimOptions, simOptions, usage } from './sim/options.ts'
import { simulate } from './sim/run.ts'
import { replayOf, showReport } from './sim/show.ts'

// `npm run sim`: the saga in worlds that lose, repeat, forge, delay and kill, against an oracle that reads their books.

// Fewer worlds need not have met every fault.
const allFaultsFrom = 10_000
// A bug that one seed in a thousand finds was found by luck.
const leastCatches = 2
const enoughCatches = 10

const sim = async (options: SimOptions): Promise<boolean> => {
  const { seed, seeds, json } = options
  if (!json) console.log(`seeds from ${seed}`)
  const began = performance.now()
  let worlds = 0
  const report = await simulate(options, {
    onFailure: (failed, findings) => console.error(`${replayOf(failed)}\n  ${findings[0]!.law}: ${findings[0]!.what}`),
    onProgress: more => {
      worlds += more
      if (!json && worlds % 500 === 0) console.log(`${worlds} of ${seeds}`)
    },
  })
  const seconds = (performance.now() - began) / 1_000
  const missing = uncovered(report)
  if (json) {
    const failures = report.failures.map(failure => ({ ...failure, repeat: replayOf(failure.seed) }))
    console.log(
      JSON.stringify({ ...report, failures, uncovered: missing, seconds, seedsPerMinute: Math.round((seeds / seconds) * 60) }),
    )
  } else console.log(showReport(report, seconds))
  return report.failures.length === 0 && (seeds < allFaultsFrom || missing.length === 0)
}

const trace = async ({ seed, seeds }: SimOptions): Promise<boolean> => {
  const report = emptyReport(seed)
  const began = performance.now()
  for (let index = 0; index < seeds; index++) await addSeed(report, seed + index, { show: line => console.log(line) })
  console.log(showReport(report, (performance.now() - began) / 1_000))
  return report.failures.length === 0
}

const huntPlanted = async ({ seed, seeds, jobs, json }: SimOptions): Promise<boolean> => {
  const results: { readonly name: string; readonly caught: number; readonly seeds: number; readonly laws: readonly string[] }[] =
    []
  for (const { name } of planted) {
    const report = await simulate({ seed, seeds, jobs, plant: name, enough: enoughCatches })
    const laws = [...new Set(report.failures.flatMap(({ findings }) => findings.map(({ law }) => law)))].sort()
    const result = { name, caught: report.failures.length, seeds: report.seeds, laws }
    results.push(result)
    if (!json)
      console.log(`${result.caught} of ${result.seeds} seeds caught: ${name} (${laws.join(', ') || 'no law was broken'})`)
  }
  if (json) console.log(JSON.stringify({ planted: results }))
  return results.every(({ caught, laws }) => caught >= leastCatches && !laws.includes('harness'))
}

let options: ReturnType<typeof simOptions>
try {
  options = simOptions(process.argv.slice(2))
} catch (error) {
  console.error(`${(error as Error).message}\n\n${usage}`)
  process.exit(2)
}
if (options === 'help') {
  console.log(usage)
  process.exit(0)
}
const isFine = await (options.planted ? huntPlanted(options) : options.trace ? trace(options) : sim(options)).catch(error => {
  console.error(error)
  process.exit(2)
})
process.exit(isFine ? 0 : 1)
