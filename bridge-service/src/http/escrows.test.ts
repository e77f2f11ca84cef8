import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Api, chainHead, customer, onChain, onrampInputs, order, startApi, treasury } from '../../../test/support/api.ts'

let api: Api
beforeAll(async () => {
  api = await startApi()
  await chainHead(api.admin, 20, 11)
})
afterAll(() => api.close())

const debited = async (seed: string) => {
  const { id } = (await api.post('/v1/transfers', order())).json
  for (const input of onrampInputs(seed).slice(0, 2)) await api.move(id, input)
  return (await api.get(`/v1/transfers/${id}`)).json
}

it('is found by its ref before and after it is on chain, and by its id from then on', async () => {
  const { id: transferId, escrow } = await debited('11')
  const before = await api.get(`/v1/escrows/${escrow.ref}`)
  expect(before.json).toMatchObject({ id: escrow.id, state: 'unseen', transferId, events: [] })
  expect((await api.get(`/v1/escrows/${escrow.id}`)).json.code).toBe('escrow_not_found')
  await onChain(api.admin, { type: 'escrowLocked', escrowId: escrow.id, ref: escrow.ref, amount: '99890000', block: 10 })
  for (const name of [escrow.id, escrow.ref, escrow.ref.toUpperCase().replace('0X', '0x')]) {
    const { status, json } = await api.get(`/v1/escrows/${name}`)
    expect(status).toBe(200)
    expect(json).toMatchObject({
      id: escrow.id,
      ref: escrow.ref,
      chain: 'evm:31337',
      transferId,
      state: 'locked',
      terms: {
        payer: treasury,
        payee: customer,
        amount: { value: '99.890000', asset: 'USDC' },
        refundAfter: expect.any(Number),
        hardDeadline: expect.any(Number),
        onExpiry: 'release',
      },
      events: [{ type: 'escrowLocked', finality: 'finalized', blockNumber: '10', arguments: { amount: '99890000' } }],
    })
    expect(json.terms.hardDeadline).toBeGreaterThan(json.terms.refundAfter)
  }
})

it('keeps orphaned events as evidence, and judges by the canonical chain', async () => {
  const { escrow } = await debited('12')
  const event = { escrowId: escrow.id, ref: escrow.ref, amount: '99890000' }
  const tx = `0x${'12'.repeat(32)}`
  await onChain(api.admin, { ...event, type: 'escrowLocked', block: 10, tx })
  await onChain(api.admin, { ...event, type: 'escrowReleased', block: 12, canonical: false })
  const orphaned = (await api.get(`/v1/escrows/${escrow.id}`)).json
  expect([orphaned.state, orphaned.events.map((e: { finality: string }) => e.finality)]).toEqual([
    'locked',
    ['finalized', 'orphaned'],
  ])
  await onChain(api.admin, { ...event, type: 'escrowReleased', block: 13 })
  const released = (await api.get(`/v1/escrows/${escrow.id}`)).json
  expect([released.state, released.events.at(-1).finality]).toEqual(['released', 'latest'])
})

it('shows a payout that the token refused as a credit of its owner, as long as it stands', async () => {
  const { escrow } = await debited('14')
  const event = { escrowId: escrow.id, ref: escrow.ref, amount: '99890000' }
  await onChain(api.admin, { ...event, type: 'escrowLocked', block: 10 })
  await onChain(api.admin, { ...event, type: 'escrowReleased', block: 12 })
  const gone = { ...event, type: 'escrowCredited', owner: customer, block: 12 } as const
  await onChain(api.admin, { ...gone, canonical: false })
  expect((await api.get(`/v1/escrows/${escrow.id}`)).json).toMatchObject({ state: 'released', credit: null })
  await onChain(api.admin, { ...gone, block: 13 })
  expect((await api.get(`/v1/escrows/${escrow.id}`)).json).toMatchObject({
    state: 'released',
    credit: { owner: customer, amount: { value: '99.890000', asset: 'USDC' } },
  })
})

it('does not show another tenant’s escrow, nor a stranger’s under our ref', async () => {
  const { escrow } = await debited('13')
  const strange = `0x${'13'.repeat(32)}`
  await onChain(api.admin, { type: 'escrowLocked', escrowId: escrow.id, ref: escrow.ref, amount: '99890000', block: 10 })
  await onChain(api.admin, {
    type: 'escrowRefunded',
    escrowId: strange,
    ref: escrow.ref,
    amount: '1',
    block: 10,
    payer: customer,
  })
  expect((await api.get(`/v1/escrows/${strange}`)).json.code).toBe('escrow_not_found')
  expect((await api.get(`/v1/escrows/${escrow.ref}`)).json).toMatchObject({ state: 'locked', events: [{ type: 'escrowLocked' }] })
  const stranger = await api.get(`/v1/escrows/${escrow.id}`, { key: api.keys.globex.key })
  expect([stranger.status, stranger.json.code]).toEqual([404, 'escrow_not_found'])
})

it.each(['0x12', 'abc', `0x${'g'.repeat(64)}`, `0x${'0'.repeat(64)}`])('has no escrow %s', async name => {
  const { status, json } = await api.get(`/v1/escrows/${name}`)
  expect([status, json.code]).toEqual([404, 'escrow_not_found'])
})
