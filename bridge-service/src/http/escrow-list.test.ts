import { afterAll, beforeAll, expect, it } from 'vitest'
import {
  type Api,
  chainHead,
  customer,
  onChain,
  onrampInputs,
  order,
  startApi,
  token,
  treasury,
} from '../../../test/support/api.ts'

type Escrow = { id: string | null; ref: string; state: string; transferId: string; events: { finality: string }[] }

let api: Api
/** Oldest first: not debited, unseen, locked, locked and orphaned, released. */
const escrows: Escrow[] = []
beforeAll(async () => {
  api = await startApi()
  await chainHead(api.admin, 20, 11)
  for (let i = 0; i < 5; i++) {
    const { id } = (await api.post('/v1/transfers', order())).json
    if (i > 0) for (const input of onrampInputs(`2${i}`).slice(0, 2)) await api.move(id, input)
    const { escrow } = (await api.get(`/v1/transfers/${id}`)).json
    escrows.push({ ...escrow, transferId: id })
  }
  const event = (i: number) => ({ escrowId: escrows[i]!.id!, ref: escrows[i]!.ref, amount: '99890000' })
  await onChain(api.admin, { ...event(2), type: 'escrowLocked', block: 10 })
  await onChain(api.admin, { ...event(3), type: 'escrowLocked', block: 12, canonical: false })
  await onChain(api.admin, { ...event(4), type: 'escrowLocked', block: 10 })
  await onChain(api.admin, { ...event(4), type: 'escrowReleased', block: 15 })
  // A stranger's, under our ref: it tells nothing of ours.
  await onChain(api.admin, { ...event(2), escrowId: `0x${'77'.repeat(32)}`, type: 'escrowRefunded', block: 11 })
})
afterAll(() => api.close())

const list = async (query = '', key?: string) => {
  const { status, json } = await api.get(`/v1/escrows${query}`, key === undefined ? {} : { key })
  expect([status, json.code]).toEqual([200, undefined])
  return json as { data: Escrow[]; nextCursor: string | null }
}
const refs = async (query: string) => (await list(query)).data.map(({ ref }) => escrows.findIndex(escrow => escrow.ref === ref))

it('shows every escrow of the tenant, newest first, with its events', async () => {
  const { data, nextCursor } = await list()
  expect(data.map(({ transferId }) => transferId)).toEqual(escrows.map(({ transferId }) => transferId).reverse())
  expect(data.map(({ state }) => state)).toEqual(['released', 'unseen', 'locked', 'unseen', 'unseen'])
  expect(data.map(({ events }) => events.map(({ finality }) => finality))).toEqual([
    ['finalized', 'latest'],
    ['orphaned'],
    ['finalized'],
    [],
    [],
  ])
  expect([data.at(-1)!.id, nextCursor]).toEqual([null, null])
  expect(data[0]).toEqual((await api.get(`/v1/escrows/${escrows[4]!.id}`)).json)
})

it.each([
  ['?state=locked', [2]],
  ['?state=unseen', [3, 1, 0]],
  ['?state=released&chain=evm:31337', [4]],
  ['?state=refunded', []],
  ['?chain=evm:1', []],
  [`?token=${token.toLowerCase()}&state=locked`, [2]],
  [`?token=${treasury}`, []],
  [`?payee=${customer.toLowerCase()}&payer=${treasury}&state=released`, [4]],
  [`?payee=${treasury}`, []],
])('is filtered by %s', async (query, expected) => {
  expect(await refs(query)).toEqual(expected)
})

it('is filtered by ref', async () => {
  expect(await refs(`?ref=${escrows[1]!.ref.toUpperCase().replace('0X', '0x')}`)).toEqual([1])
  expect(await refs(`?ref=0x${'0'.repeat(64)}`)).toEqual([])
})

it.each(['', '&state=unseen', `&payee=${customer}`])('comes page by page: limit=1%s', async filter => {
  const whole = (await list(`?limit=100${filter}`)).data.map(({ transferId }) => transferId)
  const paged: string[] = []
  let cursor: string | null = ''
  for (let pages = 0; cursor !== null; pages++) {
    expect(pages).toBeLessThan(10)
    const page: { data: Escrow[]; nextCursor: string | null } = await list(`?limit=1${filter}${cursor && `&cursor=${cursor}`}`)
    expect(page.data.length).toBeLessThanOrEqual(1)
    paged.push(...page.data.map(({ transferId }) => transferId))
    cursor = page.nextCursor
  }
  expect(paged).toEqual(whole)
})

it('counts as final only what a second reading has confirmed', async () => {
  await api.admin.query('update chain_heads set verified_height = 9')
  expect((await list('?state=locked')).data[0]!.events[0]!.finality).toBe('safe')
  await api.admin.query('update chain_heads set verified_height = 10')
  expect((await list('?state=locked')).data[0]!.events[0]!.finality).toBe('finalized')
})

it('is empty for another tenant, and refuses what it does not know', async () => {
  expect(await list('', api.keys.globex.key)).toEqual({ data: [], nextCursor: null })
  for (const query of ['?state=open', '?ref=0x12', '?what=1', '?limit=0'])
    expect((await api.get(`/v1/escrows${query}`)).status).toBe(422)
  expect((await api.get('/v1/escrows?cursor=abc')).json.code).toBe('cursor_invalid')
})
