import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { readConfig } from './config.ts'

const token = `0x${'cc'.repeat(20)}`
const read = (chain: Record<string, unknown>) => {
  const chains = [
    { id: 'evm:1', rpcUrls: ['http://localhost:1'], escrow: `0x${'ee'.repeat(20)}`, tokens: { USDC: token }, ...chain },
  ]
  return readConfig({ DATABASE_URL: 'postgres://localhost/x', CAUSEWAY_CHAINS: JSON.stringify(chains) }, ['api']).chains[0]!
}

describe('the funding of a chain’s tokens', () => {
  it('is read by currency, and says nothing where nothing is said', () => {
    expect(read({ funding: { USDC: 'mint' } }).funding).toEqual({ USDC: 'mint' })
    expect(read({}).funding).toEqual({})
  })

  it.each([
    ['a token that the chain does not have', { EURC: 'mint' }, /funding\.EURC/],
    ['a mode that there is not', { USDC: 'borrow' }, /funding\.USDC/],
    ['a currency that there is not', { XYZ: 'mint' }, /funding/],
  ])('is refused for %s', (_what, funding, where) => {
    expect(() => read({ funding })).toThrow(
      expect.objectContaining({ code: 'config_invalid', details: { problems: [expect.stringMatching(where)] } }),
    )
  })
})

describe('an address book', () => {
  const folder = mkdtempSync(join(tmpdir(), 'address-book-'))
  afterAll(() => rmSync(folder, { recursive: true }))
  const book = { chainId: 7, escrow: `0x${'e7'.repeat(20)}`, startBlock: '9', tokens: { EURC: token }, funding: { EURC: 'mint' } }
  const readWith = (content: unknown, more: object = {}) => {
    const addressBook = join(folder, 'addresses.json')
    writeFileSync(addressBook, typeof content === 'string' ? content : JSON.stringify(content))
    const chains = [{ addressBook, rpcUrls: ['http://localhost:1'], ...more }]
    return readConfig({ DATABASE_URL: 'postgres://localhost/x', CAUSEWAY_CHAINS: JSON.stringify(chains) }, ['api']).chains[0]!
  }

  it('says where the contracts are', () => {
    expect(readWith(book)).toMatchObject({ id: 'evm:7', escrow: book.escrow, tokens: book.tokens, funding: book.funding })
  })

  it.each([
    ['what the entry says too', book, { tokens: { EURC: token } }, /addressBook: says tokens already/],
    ['what is no JSON', '{', {}, /addressBook: cannot be read/],
    ['what is no address book', { chainId: 7 }, {}, /addressBook: cannot be read/],
    ['a file that is not there', book, { addressBook: join(folder, 'none') }, /addressBook: cannot be read: ENOENT/],
    ['an address that is none', { ...book, escrow: '0xe7' }, {}, /escrow/],
  ])('is refused for %s', (_what, content, more, where) => {
    expect(() => readWith(content, more)).toThrow(
      expect.objectContaining({ code: 'config_invalid', details: { problems: [expect.stringMatching(where)] } }),
    )
  })
})

describe('a Stellar network', () => {
  const [treasury, cold, sponsor, channel, issuer] = ['A', 'B', 'C', 'D', 'E'].map(letter => `G${letter.repeat(55)}`)
  const entry = {
    id: 'stellar:testnet',
    horizonUrl: 'https://horizon.example',
    passphrase: 'Test',
    assets: { USDC: { code: 'USDC', issuer } },
    accounts: { treasury, cold, sponsor, channels: [channel] },
  }
  const readEntry = (more: object = {}, environment: Record<string, string> = {}) =>
    readConfig(
      { DATABASE_URL: 'postgres://localhost/x', CAUSEWAY_CHAINS: JSON.stringify([{ ...entry, ...more }]), ...environment },
      ['api'],
    )

  it('names its tokens as every chain does, and has no tiers of finality', () => {
    expect(readEntry().chains[0]).toMatchObject({
      ...{ id: 'stellar:testnet', tokens: { USDC: `USDC:${issuer}` }, finality: [], funding: {}, bidCap: 100_000n },
    })
  })

  it('takes its keys from the environment', () => {
    const [one, two] = ['F', 'G'].map(letter => `S${letter.repeat(55)}`)
    const { stellarKeys } = readEntry(
      {},
      { CAUSEWAY_STELLAR_TREASURY_KEY: one!, CAUSEWAY_STELLAR_CHANNEL_KEYS: `${one}, ${two}` },
    )
    expect(stellarKeys).toMatchObject({ treasury: one, channels: [one, two], cold: undefined })
  })

  it.each([
    ['no channel', { accounts: { ...entry.accounts, channels: [] } }, /accounts\.channels/],
    ['a secret where an account belongs', { accounts: { ...entry.accounts, cold: `S${'F'.repeat(55)}` } }, /accounts\.cold/],
    ['an asset without issuer', { assets: { USDC: { code: 'USDC' } } }, /assets\.USDC\.issuer/],
    ['tiers of finality', { finality: [{ uptoMinor: null, requirement: { level: 'safe' } }] }, /finality/],
    ['funding of an asset that it does not have', { funding: { EURC: 'mint' } }, /funding\.EURC/],
    ['another kind of chain', { id: 'tron:1' }, /id/],
  ])('is refused with %s', (_what, more, where) => {
    expect(() => readEntry(more)).toThrow(
      expect.objectContaining({ details: { problems: expect.arrayContaining([expect.stringMatching(where)]) } }),
    )
  })

  it('is refused with a key that is none, which is not told', () => {
    const wrong = 'SECRET'
    let refusal: unknown
    try {
      readEntry({}, { CAUSEWAY_STELLAR_CHANNEL_KEYS: wrong })
    } catch (error) {
      refusal = error
    }
    expect(refusal).toMatchObject({ code: 'config_invalid' })
    expect(JSON.stringify(refusal)).not.toContain(wrong)
  })
})

describe('what a rebalance needs', () => {
  const readPolicy = (policy: object) =>
    readConfig({ DATABASE_URL: 'postgres://localhost/x', CAUSEWAY_POLICY: JSON.stringify(policy) }, ['api']).policy
  const account = { scheme: 'wire', name: 'Deep Pockets', accountNumber: '310000001', routingNumber: '021000021' }
  const provider = { currency: 'USD', account, addresses: { 'evm:1': '0x1' } }
  const mark = { alertMinor: '100', clearMinor: '150' }

  it('is read, and absent where nothing is said', () => {
    expect(readPolicy({ liquidityProviders: [provider] }).liquidityProviders).toEqual([provider])
    expect(readPolicy({}).liquidityProviders).toEqual([])
    const refill = { ...mark, refillFrom: 'evm:1:USDC', refillTo: '200' }
    expect(readPolicy({ lowWater: { x: refill, y: mark } }).lowWater).toEqual({
      x: { alertMinor: 100n, clearMinor: 150n, refillFrom: 'evm:1:USDC', refillTo: 200n },
      y: { alertMinor: 100n, clearMinor: 150n },
    })
  })

  it.each([
    ['two providers of one currency', { liquidityProviders: [provider, provider] }],
    ['an account number with spaces', { liquidityProviders: [{ ...provider, account: { ...account, accountNumber: '3 1' } }] }],
    ['an address on no chain', { liquidityProviders: [{ ...provider, addresses: { nowhere: '0x1' } }] }],
    ['a refill without its level', { lowWater: { x: { ...mark, refillFrom: 'y' } } }],
    ['a refill to under the clear mark', { lowWater: { x: { ...mark, refillFrom: 'y', refillTo: '149' } } }],
  ])('is refused with %s', (_what, policy) => {
    expect(() => readPolicy(policy)).toThrow(expect.objectContaining({ code: 'config_invalid' }))
  })
})
