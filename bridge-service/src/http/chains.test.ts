import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { type Api, chainHead, startApi } from '../../../test/support/api.ts'

let api: Api
beforeAll(async () => {
  api = await startApi()
})
afterAll(() => api.close())
beforeEach(() => api.admin.query('truncate chain_heads, chain_endpoints, chain_reorgs restart identity'))

const chain = async () => {
  const { status, json } = await api.get('/v1/chains')
  expect(status).toBe(200)
  return json.data.find(({ id }: { id: string }) => id === 'evm:31337')
}
const node = (endpoint: string, standing: string, head: number | null) =>
  api.admin.query(
    `insert into chain_endpoints (chain, endpoint, standing, head_height, latency_ms, requests, failures, disagreements)
     values ('evm:31337', $1, $2, $3, 7, 100, 2, 1)`,
    [endpoint, standing, head],
  )

it('shows a chain that is configured and not begun as unseen', async () => {
  expect(await chain()).toEqual({
    ...{ id: 'evm:31337', state: 'unseen', head: null, safeHeight: null, finalizedHeight: null, verifiedHeight: null },
    ...{ finalityMode: null, lagBlocks: null, alarm: null, halt: null, nodes: [], updatedAt: null },
  })
})

it('shows where a chain stands, how far behind its best good node, and what the nodes are worth', async () => {
  await chainHead(api.admin, 20, 11)
  await node('a.example', 'good', 23)
  await node('b.example', 'lying', 99)
  await node('c.example', 'silent', null)
  expect(await chain()).toMatchObject({
    ...{
      state: 'following',
      head: { height: '20', hash: '0x00' },
      safeHeight: '11',
      finalizedHeight: '11',
      finalityMode: 'tags',
    },
    ...{ lagBlocks: '3', alarm: null, halt: null, updatedAt: expect.any(String) },
    nodes: [
      {
        ...{ endpoint: 'a.example', standing: 'good', headHeight: '23', latencyMs: 7, requests: '100', failures: '2' },
        disagreements: '1',
      },
      { endpoint: 'b.example', standing: 'lying' },
      { endpoint: 'c.example', standing: 'silent', headHeight: null },
    ],
  })
  await api.admin.query(`update chain_endpoints set head_height = 19 where endpoint = 'a.example'`)
  expect((await chain()).lagBlocks).toBe('0')
  await api.admin.query(`delete from chain_endpoints where endpoint = 'a.example'`)
  expect((await chain()).lagBlocks).toBeNull()
})

it('tells a halt from a doubt', async () => {
  await chainHead(api.admin, 20, 11)
  await api.admin.query(`update chain_heads set alarm = 'sequence_gap', verified_height = 9`)
  expect(await chain()).toMatchObject({ state: 'in_doubt', alarm: 'sequence_gap', verifiedHeight: '9', halt: null })
  await chainHead(api.admin, 20, 11, 'reorg_below_finality: x')
  expect(await chain()).toMatchObject({ state: 'halted', halt: { reason: 'reorg_below_finality: x', resumes: [] } })
})

const reorg = (values: { depth: number; deep?: boolean; chain?: string }) =>
  api.admin.query(
    `insert into chain_reorgs (chain, deep, depth, ancestor_height, ancestor_hash, from_height, from_hash, to_height, to_hash,
                               orphaned_blocks, orphaned_events)
     values ($1, $2::boolean, $3, case when $2 then null else 10 end, case when $2 then null else '0x0a' end, 10 + $3, '0x0b', 12, '0x0c',
             case when $2 then 0 else $3 end, 1)`,
    [values.chain ?? 'evm:31337', values.deep ?? false, values.depth],
  )

it('lists the reorgs of one chain, newest first, page by page', async () => {
  await chainHead(api.admin, 20, 11)
  for (const depth of [1, 2, 3, 4, 5]) await reorg({ depth })
  await reorg({ depth: 9, chain: 'evm:1' })
  await reorg({ depth: 70, deep: true })
  const depths: number[] = []
  let cursor = ''
  for (let pages = 1; ; pages++) {
    const { status, json } = await api.get(`/v1/chains/evm:31337/reorgs?limit=2${cursor && `&cursor=${cursor}`}`)
    expect(status).toBe(200)
    depths.push(...json.data.map((item: { depth: number }) => item.depth))
    if (json.nextCursor === null) {
      expect(pages).toBe(3)
      break
    }
    cursor = json.nextCursor
  }
  expect(depths).toEqual([70, 5, 4, 3, 2, 1])
  const [deep, five] = (await api.get('/v1/chains/evm:31337/reorgs')).json.data
  expect(deep).toMatchObject({ deep: true, ancestor: null, orphanedBlocks: 0 })
  expect(five).toEqual({
    ...{ id: '5', at: expect.any(String), deep: false, depth: 5, ancestor: { height: '10', hash: '0x0a' } },
    ...{ from: { height: '15', hash: '0x0b' }, to: { height: '12', hash: '0x0c' }, orphanedBlocks: 5, orphanedEvents: 1 },
  })
})

it('has no reorgs of a chain that it does not know, and none of another list’s cursor', async () => {
  await chainHead(api.admin, 20, 11)
  expect((await api.get('/v1/chains/evm:31337/reorgs')).json).toEqual({ data: [], nextCursor: null })
  for (const id of ['evm:7', 'what', `${'x'.repeat(70)}:1`]) {
    const { status, json } = await api.get(`/v1/chains/${id}/reorgs`)
    expect([status, json.code]).toEqual([404, 'chain_not_found'])
  }
  const foreign = Buffer.from('escrows 1').toString('base64url')
  expect((await api.get(`/v1/chains/evm:31337/reorgs?cursor=${foreign}`)).json.code).toBe('cursor_invalid')
})
