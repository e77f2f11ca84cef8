import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { compileContracts } from '../../scripts/local/compile.ts'
import { type Scenario, startScenario } from '../support/scenario.ts'
import { until } from '../support/until.ts'

const transfers = 200
let scene: Scenario

beforeAll(async () => {
  await compileContracts()
  // As it runs in production: without the compiled code that processes of local worlds keep in memory to start sooner.
  scene = await startScenario({ blockMs: 250, env: { NODE_DISABLE_COMPILE_CACHE: '1' } })
})
afterAll(() => scene?.stop())

/** Resident and peak resident memory of the service in MB; undefined where there is no /proc. */
const memoryMb = () => {
  if (process.platform !== 'linux') return undefined
  const status = readFileSync(`/proc/${scene.world.service().pid}/status`, 'utf8')
  const of = (name: string) => Math.round(Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)![1]) / 1024)
  return { now: of('VmRSS'), peak: of('VmHWM') }
}

it(`carries ${transfers} transfers at once, in little memory`, async () => {
  const idle = memoryMb()
  const startedMs = performance.now()
  const ids = await Promise.all(
    Array.from({ length: transfers }, (_, index) =>
      scene.post({ value: `${10 + (index % 90)}.25`, account: `10000${index % 50}` }),
    ),
  )
  const acceptedMs = performance.now() - startedMs
  expect(new Set(ids).size).toBe(transfers)
  await until(
    'all of them to complete',
    async () => {
      const { rows } = await scene.database.query(`select count(*)::int as n from transfers where state = 'completed'`)
      return rows[0].n === transfers
    },
    60_000,
  )
  const completedMs = performance.now() - startedMs
  const loaded = memoryMb()
  console.log(
    `${transfers} transfers accepted in ${Math.round(acceptedMs)} ms, completed in ${Math.round(completedMs)} ms;`,
    `service: ${idle?.now ?? '?'} MB idle, ${loaded?.peak ?? '?'} MB at most`,
  )
  if (idle === undefined || loaded === undefined) return
  expect(idle.now).toBeLessThan(200)
  expect(loaded.peak).toBeLessThan(400)
})

it('keeps all laws', async () => {
  expect(await scene.lawsAtRest(30_000)).toEqual([])
})
