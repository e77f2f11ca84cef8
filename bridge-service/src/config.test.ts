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
