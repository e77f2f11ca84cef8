import { beforeAll, expect, it } from 'vitest'
import { runCrashes } from '../../scripts/crash/run.ts'
import { showReport } from '../../scripts/crash/show.ts'
import { compileContracts } from '../../scripts/local/compile.ts'
import { seed } from '../support/seed.ts'

beforeAll(() => compileContracts())

// A gust of it: `npm run test:crash` is the storm.
it('loses, doubles and strands nothing when processes are killed, frozen and cut off under load', {
  timeout: 300_000,
}, async () => {
  const report = await runCrashes({ seed, kills: 4 })
  console.log(showReport(report))
  expect(report.violations).toEqual([])
  expect(report.kills).toBe(4)
  expect(report.transfers).toBeGreaterThan(0)
})
