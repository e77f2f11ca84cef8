import { describe, expect, it } from 'vitest'
import { readConfig } from './config.ts'

const token = `0x${'cc'.repeat(20)}`
const read = (chain: Record<string, unknown>) => {
  const chains = [
    { id: 'evm:1', rpcUrl: 'http://localhost:1', escrow: `0x${'ee'.repeat(20)}`, tokens: { USDC: token }, ...chain },
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
