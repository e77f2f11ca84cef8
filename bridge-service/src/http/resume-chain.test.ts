import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { type Api, chainHead, startApi } from '../../../test/support/api.ts'

let api: Api
let anna: { id: string; key: string }
let annasOther: { id: string; key: string }
let ben: { id: string; key: string }
beforeAll(async () => {
  api = await startApi()
  anna = await api.keyOf('house', ['operator', 'chains:read'], 'anna')
  annasOther = await api.keyOf('acme', ['operator'], 'anna')
  ben = await api.keyOf('house', ['operator'], 'ben')
})
afterAll(() => api.close())

let halt: string
beforeEach(async () => {
  halt = `reorg_below_finality: ${randomUUID()}`
  await api.admin.query('truncate chain_heads')
  await chainHead(api.admin, 20, 11, halt)
})

type Who = { readonly key: string }
const ask = (who: Who, { branch = 'ours' as unknown, scope = 'chain:evm:31337' } = {}) =>
  api.post(
    '/v1/operator/actions',
    { type: 'resumeChain', scope, reason: 'three explorers say so', payload: { branch } },
    { key: who.key },
  )
const approve = (who: Who, { id, payloadHash }: { id: string; payloadHash: string }) =>
  api.post(`/v1/operator/actions/${id}/approval`, { decision: 'approve', payloadHash }, { key: who.key })

it('is asked for by one and approved by another, and waits for the indexer', async () => {
  const asked = await ask(anna)
  expect(asked).toMatchObject({
    status: 202,
    json: {
      ...{ type: 'resumeChain', scope: 'chain:evm:31337', fourEyes: true, state: 'requested' },
      ...{ payload: { branch: 'ours', haltedReason: halt }, requestedBy: `api:${anna.id}` },
    },
  })
  expect((await approve(ben, asked.json)).json).toMatchObject({ state: 'approved', decidedBy: `api:${ben.id}`, obeyedAt: null })
  const resumesOf = async () => (await api.get('/v1/chains', { key: anna.key })).json.data[0].halt.resumes
  expect(await resumesOf()).toMatchObject([{ id: asked.json.id, state: 'approved' }])
  await api.admin.query('update operator_actions set obeyed_at = now() where id = $1', [asked.json.id])
  expect(await resumesOf()).toMatchObject([{ state: 'obeyed' }])
})

it('is no one person’s word, whatever keys he has: not even the table takes it', async () => {
  const { json } = await ask(anna)
  expect((await approve(annasOther, json)).json.code).toBe('second_operator_required')
  await expect(
    api.admin.query(
      `update operator_actions set decision = 'approve', decided_by = 'api:x', decided_person = 'anna', decided_at = now() where id = $1`,
      [json.id],
    ),
  ).rejects.toMatchObject({ code: '23514' })
  await expect(api.admin.query('update operator_actions set four_eyes = false')).rejects.toMatchObject({ code: '23514' })
})

it('answers the halt that the first person has seen, and no other', async () => {
  const { json } = await ask(anna)
  await chainHead(api.admin, 20, 11, `${halt} y`)
  const { status, json: refused } = await approve(ben, json)
  expect([status, refused.code]).toEqual([409, 'chain_not_halted'])
  expect((await api.get('/v1/chains', { key: anna.key })).json.data[0].halt.resumes).toEqual([])
})

it('is refused for what is not halted, not there, or not said properly', async () => {
  expect((await ask(anna, { scope: 'chain:evm:9' })).json.code).toBe('chain_not_found')
  expect((await ask(anna, { scope: 'rail:bank:test' })).json.code).toBe('scope_unknown')
  expect((await ask(anna, { branch: 'both' })).json.code).toBe('request_invalid')
  await chainHead(api.admin, 20, 11)
  expect((await ask(anna)).json.code).toBe('chain_not_halted')
})
