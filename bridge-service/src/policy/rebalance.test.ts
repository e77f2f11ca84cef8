import { describe, expect, it } from 'vitest'
import { configuration, customer, readOnlyChain, webhookSecret } from '../../../test/support/api.ts'
import type { Chain } from '../chains/chain.ts'
import { BridgeError } from '../errors.ts'
import type { Currency } from '../money/currency.ts'
import { money } from '../money/money.ts'
import { atParUp, checkProviders, planRebalance } from './rebalance.ts'

const provider = {
  currency: 'USD',
  account: { scheme: 'wire', name: 'Deep Pockets', accountNumber: '9876543210', routingNumber: '021000021' },
  addresses: { 'evm:31337': customer, 'evm:7': customer },
}
const ourBank = (id: string, change: object = {}) => ({
  ...{ id, url: 'http://127.0.0.1:1', apiKey: 'k', webhookSecrets: [webhookSecret], schemes: ['ach', 'sepa', 'wire'] },
  accounts: { USD: 'acct_usd', EUR: 'acct_eur' },
  payableAs: { USD: { scheme: 'wire', name: 'Causeway', accountNumber: `1${id.length}00`, routingNumber: '021000021' } },
  ...change,
})
const chainOf = (id: string) => ({
  ...{ id, rpcUrls: ['http://127.0.0.1:1'], escrow: `0x${'ee'.repeat(20)}` },
  tokens: { USDC: `0x${'cc'.repeat(20)}`, EURC: `0x${'cd'.repeat(20)}` },
})
const config = configuration('postgres://nowhere', {
  CAUSEWAY_BANKS: JSON.stringify([
    ...[ourBank('bank:test'), ourBank('bank:other'), ourBank('bank:slow', { schemes: ['ach'] })],
    ourBank('bank:shut', { payableAs: {} }),
  ]),
  CAUSEWAY_CHAINS: JSON.stringify(['evm:31337', 'evm:7', 'evm:8'].map(chainOf)),
  CAUSEWAY_POLICY: JSON.stringify({ liquidityProviders: [provider] }),
})
const chains = new Map<string, Chain>(['evm:31337', 'evm:7', 'evm:8'].map(id => [id, { ...readOnlyChain, id } as Chain]))
const plan = (from: string, to: string, minor = 100_000_000n, asset: Currency = 'USDC') =>
  planRebalance({ from, to, amount: money(asset, minor) }, { config })
const refusalOf = (run: () => unknown) => {
  try {
    run()
  } catch (error) {
    if (error instanceof BridgeError) return error.code
    throw error
  }
  return undefined
}

describe('a rebalance', () => {
  it('from a bank to a chain has the provider bring tokens for our fiat: his off-ramp', () => {
    const { legs, price, worth } = plan('bank:test:USD', 'evm:31337:USDC')
    expect(legs).toMatchObject({
      route: 'offramp',
      source: { chain: 'evm:31337', currency: 'USDC', address: customer },
      destination: { rail: 'bank:test', scheme: 'wire', account: { accountNumber: '9876543210' } },
    })
    expect([price.sourceAmount, price.fee, price.destinationAmount]).toEqual([
      ...[money('USDC', 100_000_000n), money('USDC', 0n), money('USD', 10_000n)],
    ])
    expect(worth).toEqual(money('USD', 10_000n))
  })

  it('from a chain to a bank has him bring fiat for our tokens: his on-ramp', () => {
    expect(plan('evm:31337:USDC', 'bank:test:USD', 10_000n, 'USD').legs).toMatchObject({
      route: 'onramp',
      source: { rail: 'bank:test' },
      destination: { chain: 'evm:31337' },
    })
  })

  it('from chain to chain has him bring there what he gets here', () => {
    expect(plan('evm:31337:USDC', 'evm:7:USDC').legs).toMatchObject({
      route: 'crosschain',
      source: { chain: 'evm:7' },
      destination: { chain: 'evm:31337' },
    })
  })

  it('from bank to bank needs nobody else, and goes by the scheme by which the other one is paid', () => {
    const { legs, price } = plan('bank:test:USD', 'bank:other:USD', 10_000n, 'USD')
    expect(legs).toEqual({
      route: 'rebalance',
      source: {
        ...{ kind: 'bank', rail: 'bank:test', scheme: 'wire', currency: 'USD' },
        account: { name: 'Causeway', accountNumber: '1900', routingNumber: '021000021' },
      },
      destination: {
        ...{ kind: 'bank', rail: 'bank:other', scheme: 'wire', currency: 'USD' },
        account: { name: 'Causeway', accountNumber: '11000', routingNumber: '021000021' },
      },
    })
    expect(price).toMatchObject({ sourceAmount: money('USD', 10_000n), destinationAmount: money('USD', 10_000n), fees: [] })
  })

  it.each([
    ['a pool that is not there', 'bank:test:USD', 'evm:9:USDC', 'pool_unknown'],
    ['a pool in what the bank has not', 'bank:test:GBP', 'bank:other:USD', 'pool_unknown'],
    ['a name that is none', 'bank', 'bank:other:USD', 'pool_unknown'],
    ['a pool and itself', 'bank:test:USD', 'bank:test:USD', 'same_account'],
    ['pools of another worth', 'bank:test:EUR', 'evm:31337:USDC', 'rebalance_unsupported'],
    ['euros, for which there is no provider', 'bank:test:EUR', 'evm:31337:EURC', 'rebalance_unsupported'],
    ['a chain on which he has no address', 'bank:test:USD', 'evm:8:USDC', 'rebalance_unsupported'],
    ['a bank that nobody can pay', 'bank:test:USD', 'bank:shut:USD', 'rebalance_unsupported'],
    ['a bank without the scheme', 'bank:slow:USD', 'bank:other:USD', 'rebalance_unsupported'],
    ['a provider’s bank without his scheme', 'bank:slow:USD', 'evm:31337:USDC', 'rebalance_unsupported'],
  ] as const)('between %s is refused', (_what, from, to, code) => {
    expect(refusalOf(() => plan(from, to, 10_000n, 'USD'))).toBe(code)
  })

  it('loses no fraction: what the coarser side cannot show is refused', () => {
    expect(refusalOf(() => plan('bank:test:USD', 'evm:31337:USDC', 100_005_000n))).toBe('amount_too_precise')
    expect(refusalOf(() => plan('evm:31337:USDC', 'bank:test:USD', 100_005_000n))).toBe('amount_too_precise')
    expect(refusalOf(() => plan('evm:31337:USDC', 'evm:7:USDC', 100_005_000n))).toBeUndefined()
    expect(refusalOf(() => plan('bank:test:USD', 'evm:31337:USDC', 100n, 'EUR'))).toBe('asset_mismatch')
  })
})

it('what fills a pool is rounded up to the units of the one that gives', () => {
  expect(atParUp(money('USDC', 100_000_001n), 'USD')).toEqual(money('USD', 10_001n))
  expect(atParUp(money('USD', 10_001n), 'USDC')).toEqual(money('USDC', 100_010_000n))
})

it('a provider who cannot be paid keeps the service from starting', () => {
  const { liquidityProviders } = config.policy
  expect(refusalOf(() => checkProviders(liquidityProviders, chains))).toBeUndefined()
  expect(refusalOf(() => checkProviders(liquidityProviders, new Map()))).toBe('config_invalid')
  const [first] = liquidityProviders
  expect(refusalOf(() => checkProviders([{ ...first!, addresses: { 'evm:7': '0x1' } }], chains))).toBe('config_invalid')
})
