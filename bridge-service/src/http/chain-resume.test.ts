import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Api, chainHead, startApi } from '../../../test/support/api.ts'

let api: Api
let anna: { id: string; key: string }
let ben: { id: string; key: string }
beforeAll(async () => {
  api = await startApi()
  anna = await api.keyOf('house', ['operator', 'chains:read'])
  ben = await api.keyOf('house', ['operator'])
})
afterAll(() => api.close())

const halt = 'reorg_below_finality: x'
beforeEach(async () => {
  await api.admin.query('truncate chain_heads, chain_resumes restart identity')
  await chainHead(api.admin, 20, 11, halt)
})

type Asked = { branch?: unknown; reason?: unknown; idempotencyKey?: string; chain?: string }
const resume = (
  who: { key: string },
  { branch = 'ours', reason = 'three explorers say so', idempotencyKey, chain }: Asked = {},
) =>
  api.post(
    `/v1/chains/${chain ?? 'evm:31337'}/resume`,
    { branch, reason },
    { key: who.key, ...(idempotencyKey === undefined ? {} : { idempotencyKey }) },
  )
const stored = async () => (await api.admin.query('select * from chain_resumes order by id')).rows

describe('two operators', () => {
  it('let a chain go on when they say the same: one asks, the other approves', async () => {
    const asked = await resume(anna)
    expect(asked.status).toBe(202)
    expect(asked.json).toEqual({
      ...{
        id: '1',
        chain: 'evm:31337',
        haltedReason: halt,
        branch: 'ours',
        state: 'requested',
        reason: 'three explorers say so',
      },
      ...{ requestedBy: `api:${anna.id}`, requestedAt: expect.any(String), approvalReason: null, approvedBy: null },
      ...{ approvedAt: null, obeyedAt: null, refusal: null },
    })
    expect(asked.headers.location).toBe('/v1/chains')
    const approved = await resume(ben, { reason: 'our own node too' })
    expect(approved.json).toMatchObject({
      id: '1',
      state: 'approved',
      approvedBy: `api:${ben.id}`,
      approvalReason: 'our own node too',
    })
    expect(await stored()).toMatchObject([{ requested_by: `api:${anna.id}`, approved_by: `api:${ben.id}`, obeyed_at: null }])
    const { json } = await api.get('/v1/chains', { key: anna.key })
    expect(json.data[0].halt).toMatchObject({ reason: halt, resumes: [{ id: '1', state: 'approved' }] })
    await api.admin.query('update chain_resumes set obeyed_at = now()')
    expect((await api.get('/v1/chains', { key: anna.key })).json.data[0].halt.resumes[0].state).toBe('obeyed')
  })

  it('are needed: nobody approves what he asked for, however often he asks', async () => {
    await resume(anna)
    const again = await resume(anna)
    expect([again.status, again.json.code]).toEqual([409, 'second_operator_required'])
    expect(await stored()).toMatchObject([{ approved_by: null }])
  })

  it('who say different things approve nothing; either may come round', async () => {
    await resume(anna, { branch: 'ours' })
    expect((await resume(ben, { branch: 'theirs' })).json).toMatchObject({ id: '2', state: 'requested' })
    expect((await resume(anna, { branch: 'theirs' })).json).toMatchObject({ id: '2', state: 'approved' })
    expect(await stored()).toMatchObject([
      { branch: 'ours', approved_by: null },
      { branch: 'theirs', approved_by: `api:${anna.id}` },
    ])
  })

  it('at the same moment are one request and one approval', async () => {
    const answers = await Promise.all([resume(anna), resume(ben)])
    expect(answers.map(({ json }) => json.state).sort()).toEqual(['approved', 'requested'])
    expect(await stored()).toHaveLength(1)
  })

  it('answer the halt that there is: another one needs another word', async () => {
    await resume(anna)
    await chainHead(api.admin, 20, 11, 'reorg_below_finality: y')
    expect((await resume(ben)).json).toMatchObject({ id: '2', state: 'requested', haltedReason: 'reorg_below_finality: y' })
  })
})

it('gives the same answer to the same key, and acts once', async () => {
  const first = await resume(anna, { idempotencyKey: 'resume-1' })
  await resume(ben)
  const replay = await resume(anna, { idempotencyKey: 'resume-1' })
  expect([replay.status, replay.json, replay.headers['idempotent-replayed']]).toEqual([202, first.json, 'true'])
  expect(await stored()).toHaveLength(1)
  expect((await resume(anna, { idempotencyKey: 'resume-1', branch: 'theirs' })).json.code).toBe('idempotency_conflict')
})

it('answers the same key at the same moment once', async () => {
  const answers = await Promise.all([1, 2, 3, 4].map(() => resume(anna, { idempotencyKey: 'resume-2' })))
  expect(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size).toBe(1)
  expect(await stored()).toHaveLength(1)
})

it('refuses what is not halted, not there, or not said properly', async () => {
  expect((await resume(anna, { chain: 'evm:9' })).json.code).toBe('chain_not_found')
  for (const asked of [{ branch: 'both' }, { reason: '' }, { reason: undefined, branch: null }, { reason: 'x'.repeat(501) }])
    expect((await resume(anna, asked)).json.code).toBe('request_invalid')
  expect(
    (await api.post('/v1/chains/evm:31337/resume', { branch: 'ours', reason: 'x' }, { key: anna.key, idempotencyKey: null })).json
      .code,
  ).toBe('idempotency_key_missing')
  await chainHead(api.admin, 20, 11)
  const { status, json } = await resume(anna)
  expect([status, json.code]).toEqual([409, 'chain_not_halted'])
  expect(await stored()).toEqual([])
})
