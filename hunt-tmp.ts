import { planted } from './test/simulation/planted/planted.ts'
import { simulate } from './scripts/sim/run.ts'
const [seeds = '300', prefix = 'evm: ', seed = '1'] = process.argv.slice(2)
for (const { name } of planted.filter(p => p.name.startsWith(prefix))) {
  const r = await simulate({ seed: Number(seed), seeds: Number(seeds), jobs: 2, plant: name, enough: 10 })
  console.log(`${r.failures.length} of ${r.seeds}: ${name} (${[...new Set(r.failures.flatMap(f => f.findings.map(x => x.law)))].join()})`, r.failures.slice(0, 2).map(f => `${f.seed} ${f.findings[0]!.what.slice(0, 150)}`))
}
