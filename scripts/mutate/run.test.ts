import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { createWorkspace } from '../local/workspace.ts'
import { describe as describeMutant } from './mutant.ts'
import { showReport } from './report.ts'
import { runMutants } from './run.ts'
import { writeTill } from './testing/till.ts'

test('what the tests miss is reported, and no longer once it is known', { timeout: 600_000 }, async () => {
  const { folder, remove } = createWorkspace()
  onTestFinished(remove)
  const project = writeTill(folder)
  const verdicts = new Map<string, string>()
  const run = () =>
    runMutants(project, { seed: '', json: false }, ({ mutant, verdict }) => verdicts.set(describeMutant(mutant), verdict.kind))

  const report = await run()
  expect(Object.fromEntries(verdicts)).toEqual({
    'Till: 9 → 10': 'killed',
    'Till: 9 → 8': 'killed',
    'take: > → >=': 'killed',
    'take: > → <=': 'killed',
    'take: revert(); → nothing': 'killed',
    'take: held -= amount; → nothing': 'killed',
    'take: -= → +=': 'killed',
    'take: emit Taken(amount | amount); → nothing': 'survived',
    'take: | → &': 'equivalent',
  })
  expect(report.ok).toBe(false)
  expect(report.survivors.map(({ line, operator }) => ({ line, operator }))).toEqual([{ line: 12, operator: 'statement' }])
  expect(showReport(report)).toContain('survived  contracts/Till.sol:12 (statement)\n  - emit Taken(amount | amount);\n  + {}')

  const entry = {
    file: 'contracts/Till.sol',
    within: 'take',
    code: 'emit Taken(amount | amount);',
    original: 'emit Taken(amount | amount);',
    replacement: '{}',
  }
  const reason = 'Nobody listens to this till, so that nobody can tell.'
  writeFileSync(join(folder, 'contracts/test/mutants.json'), JSON.stringify([{ ...entry, reason }]))
  expect(await run()).toMatchObject({ ok: true, survivors: [], stale: [], counts: { known: 1, survived: 0 } })
})
