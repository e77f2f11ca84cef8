import { afterAll, beforeAll, expect, it } from 'vitest'
import { scenarios, stageFor } from '../../scripts/demo/scenarios.ts'
import { compileContracts } from '../../scripts/local/compile.ts'
import { type Scenario, startScenario } from '../support/scenario.ts'

let scene: Scenario

beforeAll(async () => {
  await compileContracts()
  scene = await startScenario({ blockMs: 250 })
})
afterAll(() => scene?.stop())

const silent = { say: () => {}, title: () => {}, event: () => {} }

it.each(scenarios)('($letter) $title', ({ play }) => play(stageFor(scene.world, silent)))

it('keeps all laws', async () => {
  expect(await scene.lawsAtRest()).toEqual([])
})
