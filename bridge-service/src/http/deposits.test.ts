import { randomUUIDv7 } from 'node:crypto'
import type { Hex } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { testDollarAbi } from '../../../contracts/abi/test-dollar.ts'
import { evmAccount } from '../../../scripts/local/evm-accounts.ts'
import { type Api, order, startApi } from '../../../test/support/api.ts'
import { type EvmScene, startEvmWorld } from '../../../test/support/evm-world.ts'
import { replay } from '../../../test/support/given.ts'
import { offramp } from '../../../test/support/offramp.ts'
import type { Chain, HoldTerms } from '../chains/chain.ts'
import { postgresAddressStore } from '../deposits/address-store.ts'
import { depositTurn } from '../deposits/desk.ts'
import { postgresDepositStore } from '../deposits/postgres-store.ts'
import { denyListScreening } from '../policy/screening.ts'
import type { TransferEvent } from '../transfer/event.ts'

let world: Awaited<ReturnType<typeof startEvmWorld>>
let scene: EvmScene
let api: Api
let chain: Chain
beforeAll(async () => {
  world = await startEvmWorld()
  scene = await world.open()
  const chains = new Map<string, Chain>()
  api = await startApi({ chains })
  chain = scene.adapter({}, api.pool)
  chains.set(chain.id, chain)
})
afterAll(async () => {
  await scene?.close()
  await api?.close()
  await world?.stop()
})
beforeEach(async () => {
  await scene.client.writeContract({
    ...{ account: privateKeyToAccount(scene.deployment.admin.key), chain: null, address: scene.deployment.token },
    ...{ abi: testDollarAbi, functionName: 'mint', args: [customer.address, 100_250_000n] },
  })
  await scene.mine()
})

const customer = privateKeyToAccount(evmAccount(8).key)
const waiting: TransferEvent[] = [
  { type: 'transferRequested' },
  { type: 'screeningPassed', list: 'none' },
  { type: 'liquidityReserved' },
]
/** An off-ramp as its history left it. */
const opened = async (history = waiting, change: Partial<HoldTerms> = {}, dueInMs = 1_800_000, atAddress = false) => {
  const seconds = Math.floor(Date.now() / 1000)
  const parties = { payer: customer.address, payee: scene.deployment.treasury.address }
  const own = scene.terms({ ...parties, refundAfter: seconds + 3_600, hardDeadline: seconds + 7_200, ...change })
  const terms = atAddress ? { ...own, payer: chain.deposits!.addresses!.addressOf(own) } : own
  const dueAt = new Date(Date.now() + dueInMs).toISOString()
  const finality = { level: 'latest', confirmations: 1 } as const
  const refundTo = atAddress ? { refundTo: customer.address } : {}
  const unborn = offramp({ deposit: { chain: chain.id, terms, ...refundTo, committedBy: 'escrow', dueAt, finality } })
  const { id, tenant, route, definition, state, version, progress, terms: all } = replay(unborn, history)
  await api.admin.query(
    `insert into transfers (id, tenant, route, definition, state, version, terms, progress, escrow_ref) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    [id, tenant, route, definition, state, version, all, progress, terms.ref],
  )
  return { id, terms, url: `/v1/transfers/${id}/deposit` }
}
const signature = async (url: string, account = customer) => {
  const { authorization } = (await api.get(url)).json.instructions
  return { validBefore: Number(authorization.message.validBefore), signature: await account.signTypedData(authorization) }
}
const screening = denyListScreening({ name: 'none', names: [], accounts: [], addresses: [] })
/** What the saga's process does about deposits, now. */
const turn = async () => {
  await api.admin.query(`update deposit_orders set next_at = now() where status in ('PENDING', 'IN_FLIGHT')`)
  await depositTurn({
    ...{ store: postgresDepositStore(api.pool), addresses: postgresAddressStore(api.pool) },
    chains: api.deps.chains,
    screening,
    newUuid: randomUUIDv7,
    log: () => {},
  })()
}
const lockedUnder = (ref: Hex) => scene.events('Locked', ref)

describe('GET /v1/transfers/{id}/deposit', () => {
  it('shows what is to come, and all that a wallet needs', async () => {
    const { id, terms, url } = await opened()
    const { status, json } = await api.get(url)
    expect(status).toBe(200)
    expect(json).toMatchObject({
      ...{ transferId: id, chain: 'evm:31337', ref: terms.ref, payer: terms.payer, payee: terms.payee },
      ...{ refundTo: terms.payer, received: null },
      ...{ amount: { value: '100.250000', asset: 'USDC' }, expected: true, lockTx: null, signedLock: null },
      refundAfter: new Date(terms.refundAfter * 1000).toISOString(),
      instructions: { kind: 'evm', escrowId: chain.escrowId(terms), escrow: chain.escrow },
    })
  })

  it('shows the address of a deposit by transfer, and what has come to it', async () => {
    const { terms, url } = await opened(waiting, {}, 1_800_000, true)
    expect((await api.get(url)).json).toMatchObject({
      ...{ payer: null, refundTo: customer.address, received: { value: '0.000000', asset: 'USDC' } },
      instructions: { kind: 'evm_transfer', to: terms.payer, units: '100250000', token: scene.deployment.token },
    })
    await scene.client.writeContract({
      ...{ account: customer, chain: null, address: scene.deployment.token, abi: testDollarAbi, functionName: 'transfer' },
      args: [terms.payer as Hex, 60_000_000n],
    })
    await scene.mine()
    await api.admin.query('update deposit_addresses set look_at = now()')
    await turn()
    expect((await api.get(url)).json.received).toEqual({ value: '60.000000', asset: 'USDC' })
    const { status, json } = await api.post(url, { validBefore: 2_000_000_000, signature: `0x${'11'.repeat(65)}` })
    expect([status, json.code]).toEqual([422, 'authorization_unsupported'])
  })

  it.each<[string, () => ReturnType<typeof opened>]>([
    ['not yet asked for', () => opened(waiting.slice(0, 1))],
    ['too late', () => opened(waiting, {}, -1)],
    ['canceled', () => opened([...waiting, { type: 'transferCanceled', reason: 'x' }])],
  ])('gives nobody anything to sign for a deposit that is %s, nor takes a signature', async (_what, open) => {
    const { url } = await open()
    expect((await api.get(url)).json).toMatchObject({ expected: false, instructions: null })
    const { status, json } = await api.post(url, { validBefore: 2_000_000_000, signature: `0x${'11'.repeat(65)}` })
    expect([status, json.code]).toEqual([409, 'deposit_not_expected'])
  })

  it('knows no deposit of a route that begins at a bank, and none of somebody else', async () => {
    const { url } = await opened()
    expect((await api.get(url, { key: api.keys.globex.key })).json.code).toBe('transfer_not_found')
    const rail = (await api.post('/v1/transfers', order())).json
    expect((await api.get(`/v1/transfers/${rail.id}/deposit`)).json.code).toBe('deposit_not_found')
  })
})

describe('POST /v1/transfers/{id}/deposit', () => {
  it('keeps a signature, sends the lock once, and tells when it is there', async () => {
    const { url, terms } = await opened()
    const body = await signature(url)
    const first = await api.post(url, body, { idempotencyKey: 'sign 1' })
    expect([first.status, first.headers.location, first.json.signedLock.state]).toEqual([202, url, 'pending'])
    expect((await api.post(url, body, { idempotencyKey: 'sign 1' })).headers['idempotent-replayed']).toBe('true')
    await Promise.all([turn(), turn()])
    expect((await api.get(url)).json.signedLock.state).toBe('sent')
    await scene.mine()
    await turn()
    const [locked] = await lockedUnder(terms.ref)
    expect((await api.get(url)).json.signedLock).toEqual({
      ...{ state: 'locked', tx: locked?.transactionHash, code: null, detail: null },
    })
    expect(await lockedUnder(terms.ref)).toHaveLength(1)
  })

  it('takes one at a time', async () => {
    const { url } = await opened()
    const body = await signature(url)
    expect((await api.post(url, body)).status).toBe(202)
    const again = await api.post(url, body)
    expect([again.status, again.json.code]).toEqual([409, 'authorization_pending'])
  })

  it('takes another when the chain has refused the first', async () => {
    const { url, terms } = await opened(waiting, { amountMinor: '999999999999' })
    expect((await api.post(url, await signature(url))).status).toBe(202)
    await turn()
    expect((await api.get(url)).json.signedLock).toMatchObject({ state: 'refused', code: 'ERC20InsufficientBalance' })
    expect((await api.post(url, await signature(url))).status).toBe(202)
    expect(await lockedUnder(terms.ref)).toHaveLength(0)
  })

  it.each<[string, (url: string) => Promise<object>, number, string]>([
    ['of somebody else', async url => signature(url, privateKeyToAccount(evmAccount(9).key)), 422, 'authorization_invalid'],
    ['that has expired', async url => ({ ...(await signature(url)), validBefore: 1 }), 422, 'authorization_expired'],
    ['that is none', async () => ({ validBefore: 2_000_000_000, signature: '0x12' }), 422, 'authorization_invalid'],
    ['with more than that', async url => ({ ...(await signature(url)), payee: '0x1' }), 422, 'field_unknown'],
  ])('refuses one %s, and keeps nothing', async (_what, body, status, code) => {
    const { url, id } = await opened()
    const refused = await api.post(url, await body(url))
    expect([refused.status, refused.json.errors?.[0]?.code ?? refused.json.code]).toEqual([status, code])
    expect((await api.admin.query('select from deposit_orders where subject = $1', [id])).rowCount).toBe(0)
  })
})

describe('/v1/deposits', () => {
  const insert = async (id: string, tenant: string | null, state: string, atAddress = false) =>
    api.admin.query(
      `insert into stray_deposits (id, chain, fact, ref, tenant, token, currency, units, booked, payer, reason, state, reclaim_after, address_terms)
       values ($1::text, 'evm:31337', $1::text || ':0', '0x01', $2, '0xcc', 'USDC', 7, 0, '0x44', 'wrong_amount', $3, 1900000000, $4)`,
      [id, tenant, state, atAddress ? {} : null],
    )
  const [mine, theirs, nobodys] = ['1', '2', '3'].map(digit => `sd_${digit.repeat(26)}`) as [string, string, string]

  it('shows each tenant those of its own transfers, and an operator all', async () => {
    await insert(mine, 'acme', 'self_serve')
    await insert(theirs, 'globex', 'person')
    await insert(nobodys, null, 'person', true)
    const reader = await api.keyOf('acme', ['transfers:read'])
    const ids = async (query: string, key: string) =>
      (await api.get(`/v1/deposits${query}`, { key })).json.data.map((stray: { id: string }) => stray.id)
    expect(await ids('', reader.key)).toEqual([mine])
    expect(await ids('?state=person', reader.key)).toEqual([])
    expect(await ids('', api.keys.acme.key)).toEqual([nobodys, theirs, mine])
    expect(await ids('?state=person', api.keys.acme.key)).toEqual([nobodys, theirs])
    const page = (await api.get('/v1/deposits?limit=2', { key: api.keys.acme.key })).json
    expect(await ids(`?cursor=${page.nextCursor}`, api.keys.acme.key)).toEqual([mine])
    expect((await api.get(`/v1/deposits/${theirs}`, { key: reader.key })).json.code).toBe('deposit_not_found')
    expect((await api.get(`/v1/deposits/${mine}`, { key: reader.key })).json).toMatchObject({
      ...{ id: mine, state: 'self_serve', reason: 'wrong_amount', units: '7', asset: 'USDC' },
      ...{ reclaimAfter: '2030-03-17T17:46:40.000Z', tx: mine, depositAddress: null },
    })
    expect((await api.get(`/v1/deposits/${nobodys}`)).json).toMatchObject({ tx: null, depositAddress: nobodys })
    expect((await api.get('/v1/deposits/sd_1', { key: reader.key })).status).toBe(404)
  })
})
