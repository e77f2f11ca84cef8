import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { createWorkspace } from '../local/workspace.ts'
import { describe as describeMutant } from './mutant.ts'
import { showReport } from './report.ts'
import { runMutants } from './run.ts'
import { writeTill } from './testing/till.ts'

test('what the tests miss is reported, and what the list of known ones has wrong', { timeout: 600_000 }, async () => {
  const { folder, remove } = createWorkspace()
  onTestFinished(remove)
  const project = writeTill(folder)
  const entry = { file: 'contracts/Till.sol', within: 'take', code: 'held -= amount;', original: '-=', replacement: '+=' }
  const wrong = { ...entry, reason: 'It is the same whether one gives or takes.' }
  writeFileSync(join(folder, 'contracts/test/mutants.json'), JSON.stringify([wrong]))

  const verdicts = new Map<string, string>()
  const report = await runMutants(project, { seed: '', json: false }, ({ mutant, verdict }) => {
    verdicts.set(describeMutant(mutant), verdict.kind)
  })
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
  expect(report).toMatchObject({ ok: false, mutants: 9, tried: 9, stale: [wrong] })
  expect(report.counts).toEqual({ killed: 7, timedOut: 0, survived: 1, known: 0, equivalent: 1, notCompiled: 0 })
  expect(showReport(report)).toContain('survived  contracts/Till.sol:12 (statement)\n  - emit Taken(amount | amount);\n  + {}\n')
})
