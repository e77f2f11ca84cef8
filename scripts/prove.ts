import { globSync } from 'node:fs'
import { repository } from './local/child.ts'
import { prove, type Verdict } from './prove/prove.ts'
import { findSolver } from './prove/solver.ts'

// `npm run prove [-- --json]`: what the SMTChecker proves about the escrow, and what it does not. docs/proofs.md says what each claim means.
// Exits 1 when something is refuted, 2 where there is no solver.
const json = process.argv.includes('--json')
const solver = findSolver()
if (!solver) {
  console.log(
    json
      ? JSON.stringify({ ok: false, solver: null })
      : 'NOTHING IS PROVED HERE: there is no z3 on the PATH. Debian has it (apt-get install z3).',
  )
  process.exit(2)
}

const verdicts: Verdict[] = []
for (const file of globSync('contracts/test/proofs/*.t.sol', { cwd: repository }).sort()) {
  if (!json) console.log(`\n${file}`)
  const found = prove(file, solver)
  verdicts.push(...found)
  if (json) continue
  for (const { verdict, claim, line, assertion } of found)
    console.log(`  ${{ proved: '✓', unproved: '?', refuted: '✗' }[verdict]} ${verdict.padEnd(8)} ${claim}:${line}  ${assertion}`)
}

const count = (wanted: Verdict['verdict']) => verdicts.filter(({ verdict }) => verdict === wanted).length
const summary = { proved: count('proved'), unproved: count('unproved'), refuted: count('refuted') }
if (json) console.log(JSON.stringify({ ok: summary.refuted === 0, solver: solver.version, ...summary, verdicts }))
else console.log(`\n${summary.proved} proved, ${summary.unproved} not proved, ${summary.refuted} refuted, by ${solver.version}`)
process.exit(summary.refuted === 0 ? 0 : 1)
