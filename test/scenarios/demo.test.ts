import { afterAll, beforeAll, expect, it } from 'vitest'
import { scenarios } from '../../scripts/demo/scenarios.ts'
import { stageFor } from '../../scripts/demo/stage.ts'
import { compileContracts } from '../../scripts/local/compile.ts'
import { type Scenario, startScenario } from '../support/scenario.ts'

let scene: Scenario

beforeAll(async () => {
  await compileContracts()
  scene = await startScenario({ blockMs: 250, stellarCloseMs: 500, secondBank: true, statementPollMs: 500 })
})
afterAll(() => scene?.stop())

const silent = { say: () => {}, title: () => {}, event: () => {} }

it.each(scenarios)('($letter) $title', ({ play }) => play(stageFor(scene.world, silent)))

it('keeps all laws', async () => {
  expect(await scene.lawsAtRest()).toEqual([])
})

it('sees what breaks them: an order at the bank that nobody here wished for', async () => {
  const { url, apiKey, accounts } = scene.world.bank
  const { status } = await fetch(`${url}/v1/transfers`, {
    method: 'POST',
    headers: { authorization: `Bearer ${apiKey}`, 'idempotency-key': 'a-stranger', 'content-type': 'application/json' },
    body: JSON.stringify({
      ...{ externalId: 'a-stranger', direction: 'debit', rail: 'book', amount: '1', currency: 'USD', account: accounts.USD },
      counterparty: { name: 'Ada Lovelace', accountNumber: '1234567890', routingNumber: '021000021' },
    }),
  })
  expect(status).toBe(201)
  const broken = (await scene.lawsAtRest(0)).map(({ name }) => name)
  expect(broken).toEqual(expect.arrayContaining(['one bank effect per key', 'bank cash is the bank statement']))
})
