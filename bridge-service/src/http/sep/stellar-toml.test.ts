import { StellarToml } from '@stellar/stellar-sdk'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startApi } from '../../../../test/support/api.ts'
import { issuer, keyOf, passphrase, server, startWalletApi, type WalletApi } from '../../../../test/support/wallet-api.ts'
import { openapiDocument } from '../openapi-document.ts'

let wallet: WalletApi
beforeAll(async () => {
  wallet = await startWalletApi()
})
afterAll(() => wallet.close())

const paths = ['/.well-known/stellar.toml', '/sep10/auth', '/sep38/info', '/sep38/prices', '/sep38/price', '/sep38/quote/x']

describe('stellar.toml', () => {
  it('is found by the SDK at our domain, and says where everything is', async () => {
    const toml = await StellarToml.Resolver.resolve(wallet.config.homeDomain, { allowHttp: true })
    expect(toml).toEqual({
      VERSION: '2.7.0',
      NETWORK_PASSPHRASE: passphrase,
      SIGNING_KEY: server.publicKey(),
      WEB_AUTH_ENDPOINT: `${wallet.publicUrl}/sep10/auth`,
      ANCHOR_QUOTE_SERVER: `${wallet.publicUrl}/sep38`,
      ACCOUNTS: [keyOf('treasury').publicKey(), keyOf('cold').publicKey()],
      DOCUMENTATION: { ORG_NAME: 'Causeway "Test" \\ Söhne', ORG_URL: 'https://causeway.example' },
      CURRENCIES: ['USDC', 'EURC'].map(code => ({ code, issuer, display_decimals: 6 })),
    })
  })

  it('is plain text that any page may read', async () => {
    const { headers } = await wallet.get('/.well-known/stellar.toml', { key: null })
    expect(headers['content-type']).toBe('text/plain; charset=utf-8')
    expect(headers['access-control-allow-origin']).toBe('*')
  })

  it('tells no secret', async () => {
    const { text } = await wallet.get('/.well-known/stellar.toml', { key: null })
    expect(text).not.toContain(wallet.config.signingSeed)
    expect(text).not.toContain(wallet.config.jwtSecret)
  })
})

describe('what wallets are told', () => {
  it.each(paths)('is open to browsers of other sites, after a preflight: %s', async path => {
    const answer = await wallet.app.inject({ method: 'OPTIONS', url: path })
    expect([answer.statusCode, answer.headers['access-control-allow-origin']]).toEqual([204, '*'])
    expect(answer.headers['access-control-allow-headers']).toContain('authorization')
  })

  it.each(['/sep10', '/sep10/nothing', '/sep38/nothing'])('has no %s, and says so in its own form', async path => {
    const answer = await wallet.get(path, { key: null })
    expect([answer.status, answer.json]).toEqual([404, { error: 'There is no such route.', code: 'route_not_found' }])
    expect(answer.headers['access-control-allow-origin']).toBe('*')
  })

  it('leaves the rest of the API closed to browsers, its errors problems, and its bodies JSON', async () => {
    const answer = await wallet.get('/v1/nothing')
    expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/)
    expect(answer.headers['access-control-allow-origin']).toBeUndefined()
    const form = await wallet.post('/v1/quotes', 'a=b', { headers: { 'content-type': 'application/x-www-form-urlencoded' } })
    expect(form.json.code).toBe('media_type_unsupported')
  })

  it('is no part of our own document', async () => {
    const { json } = await wallet.get('/openapi.json', { key: null })
    expect(json).toEqual(JSON.parse(JSON.stringify(await openapiDocument())))
  })

  it('is nothing at all without the configuration', async () => {
    const plain = await startApi()
    try {
      for (const path of paths) {
        const { status, json, headers } = await plain.get(path, { key: null })
        expect([status, json.code, headers['access-control-allow-origin']]).toEqual([404, 'route_not_found', undefined])
      }
    } finally {
      await plain.close()
    }
  })

  it('does not start for a chain that is not there', async () => {
    await expect(startWalletApi({ deps: { chains: new Map() } })).rejects.toMatchObject({ code: 'config_invalid' })
  })
})
