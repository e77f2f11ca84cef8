import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export type Solver = { readonly version: string; readonly solve: (query: string) => string }

// What solc's own wrapper for Horn clauses tells z3; without it the solver runs into quantifiers that it need not touch.
const parameters = [
  ...['rewriter.pull_cheap_ite=true', 'fp.spacer.q3.use_qgen=true', 'fp.spacer.mbqi=false'],
  'fp.spacer.ground_pobs=false',
  // Steps, not seconds: what is proved on one machine is proved on every other. The hardest claim that is proved takes a third of them.
  'rlimit=100000000',
]

// What is proved takes seconds. There are queries on which z3 forgets to count.
const timeout = 180_000

/** z3 from the PATH; undefined where there is none. It answers `unknown` when it has made its steps. */
export const findSolver = (): Solver | undefined => {
  const { status, stdout } = spawnSync('z3', ['--version'], { encoding: 'utf8' })
  if (status !== 0) return undefined
  return { version: stdout.trim(), solve }
}

const solve = (query: string): string => {
  const folder = mkdtempSync(join(tmpdir(), 'causeway-prove-'))
  try {
    const file = join(folder, 'query.smt2')
    writeFileSync(file, query)
    // A proof has no model to print, and z3 exits with an error when it is asked for one: what it printed first is the answer.
    const { stdout } = spawnSync('z3', ['-smt2', ...parameters, file], { encoding: 'utf8', timeout, maxBuffer: 2 ** 30 })
    return /^(?:sat|unsat|unknown)\b/.test(stdout) ? stdout : 'unknown'
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
