import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Api, onrampInputs, order, startApi } from '../../../test/support/api.ts'

let api: Api
beforeAll(async () => {
  api = await startApi()
})
afterAll(() => api.close())

it('tells what happened, who caused it, where on chain, and what was wished for', async () => {
  const { id } = (await api.post('/v1/transfers', order())).json
  for (const input of onrampInputs('05')) await api.move(id, input)
  const { status, json } = await api.get(`/v1/transfers/${id}/timeline`)
  expect(status).toBe(200)
  const steps = json.events.map(({ version, fromState, toState, cause }: Record<string, unknown>) => [
    version,
    fromState,
    toState,
    cause,
  ])
  expect(steps).toEqual([
    [1, 'none', 'requested', 'command:create'],
    [2, 'requested', 'screened', 'test:screened'],
    [3, 'screened', 'debiting', 'test:screened'],
    [4, 'debiting', 'locking', 'test:railAnswered'],
    [5, 'locking', 'locked', 'test:chainFact'],
    [6, 'locked', 'clearing', 'test:finalityReached'],
    [7, 'clearing', 'releasing', 'test:finalityReached'],
    [8, 'releasing', 'released', 'test:chainFact'],
    [9, 'released', 'completed', 'test:finalityReached'],
  ])
  expect(json.events[0].actor).toBe(`api:${api.keys.acme.id}`)
  expect(json.events[1]).toMatchObject({ type: 'screeningPassed', details: { list: 'none' }, place: null })
  expect(json.events[4].place).toEqual({
    chain: 'evm:31337',
    txHash: `0xa05${'0'.repeat(61)}`,
    blockNumber: '10',
    blockHash: `0x${'a'.padStart(64, '0')}`,
  })
  for (const event of json.events) expect(event.at).toBe(new Date(event.at).toISOString())
  expect(json.intents.map(({ step, status }: Record<string, unknown>) => [step, status])).toEqual([
    ['screen', 'SUCCEEDED'],
    ['debitFiat', 'SUCCEEDED'],
    ['lockEscrow', 'SUCCEEDED'],
    ['releaseEscrow', 'SUCCEEDED'],
  ])
})

it('shows the transfer’s escrow and its chain transactions', async () => {
  const { id } = (await api.post('/v1/transfers', order())).json
  for (const input of onrampInputs('06')) await api.move(id, input)
  const { json } = await api.get(`/v1/transfers/${id}`)
  expect(json).toMatchObject({
    state: 'completed',
    version: 9,
    escrow: {
      id: expect.stringMatching(/^0x[0-9a-f]{64}$/),
      lockTx: `0xa06${'0'.repeat(61)}`,
      releaseTx: `0xb06${'0'.repeat(61)}`,
      refundTx: null,
    },
  })
  expect(Date.parse(json.updatedAt)).toBeGreaterThanOrEqual(Date.parse(json.createdAt))
})

it('shows why a transfer failed', async () => {
  const { id } = (await api.post('/v1/transfers', order())).json
  await api.move(id, { type: 'intentRefused', step: 'screen', attempt: 0, code: 'screening_refused', detail: 'name is on list' })
  const { json } = await api.get(`/v1/transfers/${id}`)
  expect([json.state, json.failure]).toEqual(['failed', { code: 'screening_refused', detail: 'name is on list' }])
  expect((await api.get(`/v1/transfers/${id}/timeline`)).json.intents[0].status).toBe('FAILED')
})
