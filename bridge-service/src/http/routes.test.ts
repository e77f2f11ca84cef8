import { getAddress, slice } from 'viem'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  type Api,
  configuration,
  customer,
  onChain,
  order,
  payoutPartner,
  readOnlyChain,
  startApi,
  treasury,
} from '../../../test/support/api.ts'
import type { ChainConfig } from '../chain-config.ts'
import type { Chain } from '../chains/chain.ts'
import { BridgeError } from '../errors.ts'
import { unknown } from '../outcome.ts'
import type { OfframpTerms, RemittanceTerms } from '../transfer/terms.ts'
import type { EscrowJson } from './escrow-json.ts'

let isSilent = false
const silent = async () => unknown('not in this test')
/** A chain with deposit addresses. */
const second: Chain = {
  ...readOnlyChain,
  id: 'evm:31338',
  deposits: {
    ids: terms => [readOnlyChain.escrowId(terms)],
    prepare: () => Promise.reject(new BridgeError('chain_unavailable')),
    wayBack: async () => ({ kind: 'over' }),
    addresses: {
      addressOf: terms => getAddress(slice(readOnlyChain.escrowId(terms), 12)),
      prepare: async ({ ref }) => {
        if (isSilent) throw new BridgeError('chain_unavailable')
        return { kind: 'evm_transfer', escrowId: ref, token: '', to: '', units: '1', call: { to: '', data: '' }, uri: '' }
      },
      look: async () => [],
      lock: silent,
    },
  },
}
const hour = 3_600_000

let api: Api
beforeAll(async () => {
  const config = configuration('postgres://nowhere')
  const chains = [config.chains[0]!, { ...config.chains[0]!, id: second.id } as ChainConfig]
  api = await startApi({
    config: { ...config, chains },
    chains: new Map([
      [readOnlyChain.id, readOnlyChain],
      [second.id, second],
    ]),
  })
})
afterAll(() => api.close())

const account = { type: 'bank_account', name: 'Grace Hopper', accountNumber: '000987654321', routingNumber: '021000021' }
const address = (chain: string) => ({ type: 'chain_address', chain, address: customer })
const bodies = {
  onramp: order(),
  offramp: {
    source: address('evm:31337'),
    destination: { ...account, rail: 'ach', asset: 'USD' },
    amount: { value: '100.25', asset: 'USDC' },
  },
  remittance: { ...order(), destination: { ...account, rail: 'wire', asset: 'USD' } },
  crosschain: {
    source: address('evm:31337'),
    destination: { ...address('evm:31338'), asset: 'USDC' },
    amount: { value: '100.25', asset: 'USDC' },
  },
}

const opened = async (body: unknown) => {
  const { status, json } = await api.post('/v1/transfers', body)
  expect([status, json.code]).toEqual([202, undefined])
  const { rows } = await api.admin.query<{ route: string; terms: OfframpTerms & RemittanceTerms; ref: string }>(
    'select route, terms, escrow_ref as ref from transfers where id = $1',
    [json.id],
  )
  return { json, ...rows[0]! }
}
const refused = async (body: unknown) => {
  const before = await api.counts()
  const { json } = await api.post('/v1/transfers', body)
  expect(await api.counts(), 'nothing has moved').toEqual(before)
  return [json.code, json.errors?.[0]?.path]
}

describe.each(['onramp', 'offramp', 'remittance', 'crosschain'] as const)('a transfer that is an %s', route => {
  it('is opened by its legs alone, and shows the same afterwards', async () => {
    const { json, ...stored } = await opened(bodies[route])
    expect([json.route, stored.route]).toEqual([route, route])
    expect((await api.get(`/v1/transfers/${json.id}`)).json).toMatchObject({ ...json, updatedAt: expect.any(String) })
    expect((await api.get(`/v1/transfers/${json.id}/timeline`)).json.events).toHaveLength(1)
    expect((json.escrow ?? json.deposit).ref).toBe(stored.ref)
  })

  it('takes a quote as it stands', async () => {
    const quote = (await api.post('/v1/quotes', bodies[route])).json
    const { json } = await opened({ quoteId: quote.id })
    expect([json.route, json.amount, json.destinationAmount]).toEqual([route, quote.amount, quote.destinationAmount])
  })
})

describe('what is fixed when it is opened', () => {
  it('of an off-ramp: the escrow that the customer is to lock, and when; the bank’s pool; nothing of ours on the chain', async () => {
    const { json, terms } = await opened(bodies.offramp)
    expect(json.escrow).toBeNull()
    expect(json.payout).toEqual({ state: 'waiting', bankTransferId: null })
    expect(json.deposit).toMatchObject({
      chain: 'evm:31337',
      address: readOnlyChain.escrow,
      id: readOnlyChain.escrowId(terms.deposit.terms),
      terms: { payer: customer, payee: treasury, amount: { value: '100.250000', asset: 'USDC' }, onExpiry: 'refund' },
      ...{ lockTx: null, commitTx: null, releaseTx: null, refundTx: null },
    })
    const { refundAfter, hardDeadline } = json.deposit.terms
    expect(Date.parse(json.deposit.dueAt) - Date.parse(json.createdAt)).toBe(hour)
    expect(refundAfter).toBe(Math.floor((Date.parse(json.deposit.dueAt) + 6 * hour) / 1000))
    expect(hardDeadline - refundAfter).toBe((7 * 24 * hour) / 1000)
    expect(terms).toMatchObject({ pool: 'bank:test:USD', payoutAccount: 'acct_usd' })
    expect(terms.deposit).toMatchObject({ committedBy: 'escrow', finality: { level: 'finalized' } })
  })

  it('of a remittance: a hold for the partner, at par, in the pool of his token; the account that he pays out of', async () => {
    const { json, terms } = await opened(bodies.remittance)
    expect([json.deposit, json.payout.state]).toEqual([null, 'waiting'])
    expect(json.escrow).toMatchObject({ chain: 'evm:31337', id: null, commitTx: null })
    const { minor } = terms.destinationAmount
    expect(terms).toMatchObject({
      hold: { payee: payoutPartner.address, payer: treasury, currency: 'USDC', amountMinor: `${minor}0000`, onExpiry: 'release' },
      ...{ pool: 'evm:31337:USDC', bankAccount: 'acct_usd', payoutAccount: 'acct_partner', commits: true },
      destination: { kind: 'bank', rail: 'bank:test', scheme: 'wire' },
    })
  })

  it('of a crosschain transfer: both, under one ref', async () => {
    const { json, terms } = await opened(bodies.crosschain)
    expect([json.escrow.chain, json.deposit.chain, json.payout]).toEqual(['evm:31338', 'evm:31337', null])
    expect(json.escrow.ref).toBe(json.deposit.ref)
    expect(terms).toMatchObject({ chain: 'evm:31338', pool: 'evm:31338:USDC', hold: { payee: customer, payer: treasury } })
  })
})

describe('a deposit by a plain transfer', () => {
  const byTransfer = { ...bodies.offramp, source: { ...address(second.id), depositBy: 'transfer' } }

  it.each<[string, () => Promise<unknown>]>([
    ['by its legs', async () => byTransfer],
    ['by a quote', async () => ({ quoteId: (await api.post('/v1/quotes', byTransfer)).json.id })],
  ])('has an address of its own, which is looked after, when it is ordered %s', async (_how, body) => {
    const { json, terms } = await opened(await body())
    const { payer, ...rest } = terms.deposit.terms
    expect(terms.deposit.refundTo).toBe(customer)
    expect(payer).toBe(second.deposits!.addresses!.addressOf({ ...rest, payer: customer }))
    expect(json.source).toEqual({ ...byTransfer.source, asset: 'USDC' })
    expect(json.deposit.terms.payer).toBe(payer)
    const { rows } = await api.admin.query('select chain, seen from deposit_addresses where transfer_id = $1', [json.id])
    expect(rows).toEqual([{ chain: second.id, seen: '0' }])
  })

  it('is not opened while the chain cannot say that it knows the address', async () => {
    isSilent = true
    expect(await refused(byTransfer)).toEqual(['chain_unavailable', undefined])
    isSilent = false
  })

  it('is nothing that a customer gets who did not ask for it', async () => {
    const { json, terms } = await opened({ ...byTransfer, source: address(second.id) })
    expect([terms.deposit.terms.payer, 'refundTo' in terms.deposit]).toEqual([customer, false])
    expect((await api.admin.query('select from deposit_addresses where transfer_id = $1', [json.id])).rowCount).toBe(0)
  })
})

describe('an order is refused before anything moves', () => {
  const { offramp, remittance, crosschain } = bodies

  const orders: [what: string, body: unknown, code: string, path: string][] = [
    [
      'from an account to itself',
      { ...remittance, destination: { ...remittance.source, asset: 'USD' } },
      'same_account',
      'destination',
    ],
    [
      'within a chain',
      { ...crosschain, destination: { ...address('evm:31337'), asset: 'USDC' } },
      ...(['route_unsupported', 'destination.chain'] as const),
    ],
    [
      'in a currency that no partner pays out',
      {
        ...remittance,
        destination: { type: 'bank_account', rail: 'sepa', name: 'G', accountNumber: 'DE89370400440532013000', asset: 'EUR' },
      },
      ...(['route_unsupported', 'destination'] as const),
    ],
    [
      'by a rail that the partner’s bank has not',
      { ...remittance, destination: { ...account, rail: 'book', asset: 'USD' } },
      ...(['route_unsupported', 'destination'] as const),
    ],
    [
      'by a rail that moves another currency',
      { ...offramp, destination: { ...account, rail: 'sepa', asset: 'USD' } },
      ...(['asset_mismatch', 'destination.asset'] as const),
    ],
    ['of fiat from a chain', { ...offramp, amount: { value: '1', asset: 'USD' } }, 'asset_mismatch', 'amount.asset'],
    [
      'of a token that the chain has not',
      { ...offramp, amount: { value: '1', asset: 'EURC' } },
      'asset_mismatch',
      'amount.asset',
    ],
    ['of a token from a bank', { ...remittance, amount: { value: '1', asset: 'USDC' } }, 'asset_mismatch', 'amount.asset'],
    [
      'from an address that is none',
      { ...offramp, source: { ...offramp.source, address: '0x12' } },
      ...(['address_invalid', 'source'] as const),
    ],
    [
      'by transfer on a chain that has no deposit addresses',
      { ...offramp, source: { ...offramp.source, depositBy: 'transfer' } },
      ...(['deposit_way_unsupported', 'source.depositBy'] as const),
    ],
    [
      'over the limit of its source',
      { ...offramp, amount: { value: '1000000.01', asset: 'USDC' } },
      'amount_over_limit',
      'amount.value',
    ],
    [
      'over the limit of what arrives',
      {
        ...offramp,
        source: { ...offramp.source, asset: 'USDC' },
        amount: undefined,
        destinationAmount: { value: '1000000.01', asset: 'USD' },
      },
      ...(['amount_over_limit', 'destinationAmount.value'] as const),
    ],
    [
      'that does not cover its fee',
      { ...offramp, amount: { value: '0.2', asset: 'USDC' } },
      'amount_under_minimum',
      'amount.value',
    ],
  ]
  it.each(orders)('%s', async (_what, body, code, path) => {
    expect(await refused(body)).toEqual([code, path])
  })

  it('and no quote is a way around that', async () => {
    const { json } = await api.post('/v1/quotes', { ...remittance, destination: { ...remittance.source, asset: 'USD' } })
    expect(json.code).toBe('same_account')
    const quote = (await api.post('/v1/quotes', offramp)).json
    expect(await refused({ quoteId: quote.id, source: offramp.source })).toEqual(['quote_source_mismatch', 'source'])
  })
})

describe('two escrows of one transfer', () => {
  it('are listed both, page by page, and each is found by its id', async () => {
    const { json } = await opened({ ...bodies.crosschain, reference: 'two' })
    const ref = json.escrow.ref
    const all = (await api.get(`/v1/escrows?ref=${ref}`)).json
    expect(all.data.map(({ role, chain }: EscrowJson) => [role, chain])).toEqual([
      ['hold', 'evm:31338'],
      ['deposit', 'evm:31337'],
    ])
    expect(all.nextCursor).toBeNull()
    const first = (await api.get('/v1/escrows?limit=1')).json
    const next = (await api.get(`/v1/escrows?limit=1&cursor=${first.nextCursor}`)).json
    expect([first.data[0], next.data[0]]).toEqual(all.data)
    const third = (await api.get(`/v1/escrows?limit=1&cursor=${next.nextCursor}`)).json
    expect(third.data[0].transferId).not.toBe(json.id)

    await onChain(api.admin, {
      ...{ type: 'escrowLocked', escrowId: json.deposit.id, ref, payer: customer, amount: '100250000', block: 10 },
    })
    expect((await api.get(`/v1/escrows/${json.deposit.id}`)).json).toMatchObject({ role: 'deposit', state: 'locked', ref })
    expect((await api.get(`/v1/escrows/${ref}`)).json).toEqual(all.data[0])
    for (const [filter, roles] of [
      ['chain=evm:31337', ['deposit']],
      ['chain=evm:31338', ['hold']],
      [`payer=${customer}`, ['deposit']],
      [`payer=${treasury}`, ['hold']],
    ] as const)
      expect(
        (await api.get(`/v1/escrows?ref=${ref}&${filter}`)).json.data.map(({ role }: EscrowJson) => role),
        filter,
      ).toEqual(roles)
  })
})
