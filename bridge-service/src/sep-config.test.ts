import { describe, expect, it } from 'vitest'
import { keyOf, network } from '../../test/support/wallet-api.ts'
import { readConfig } from './config.ts'

const given = { chain: network.id, publicUrl: 'https://api.example/', tenant: 'acme' }
const secrets = { CAUSEWAY_STELLAR_SIGNING_KEY: keyOf('server').secret(), CAUSEWAY_STELLAR_JWT_SECRET: 's'.repeat(32) }
const read = (change: object = {}, env: Record<string, string | undefined> = {}) =>
  readConfig(
    {
      DATABASE_URL: 'postgres://localhost/x',
      CAUSEWAY_CHAINS: JSON.stringify([network]),
      CAUSEWAY_STELLAR_SEP: JSON.stringify({ ...given, ...change }),
      ...secrets,
      ...env,
    },
    ['api'],
  ).sep

describe('what Stellar wallets are told', () => {
  it('is nothing where nothing is said', () => {
    expect(readConfig({ DATABASE_URL: 'postgres://localhost/x', ...secrets }, ['api']).sep).toBeUndefined()
  })

  it('follows from a public address and the network', () => {
    expect(read()).toMatchObject({
      passphrase: network.passphrase,
      horizonUrl: 'http://127.0.0.1:1',
      publicUrl: 'https://api.example',
      homeDomain: 'api.example',
      webAuthDomain: 'api.example',
      signingSeed: secrets.CAUSEWAY_STELLAR_SIGNING_KEY,
      jwtSecret: secrets.CAUSEWAY_STELLAR_JWT_SECRET,
    })
    expect(read({ homeDomain: 'example.org', webAuthDomain: 'auth.example' })).toMatchObject({
      homeDomain: 'example.org',
      webAuthDomain: 'auth.example',
    })
    expect(read({ publicUrl: 'http://127.0.0.1:8080' })).toMatchObject({
      homeDomain: '127.0.0.1:8080',
      webAuthDomain: '127.0.0.1',
    })
  })

  it.each<[string, object, Record<string, string | undefined>, RegExp]>([
    ['another kind of chain', { chain: 'evm:1' }, {}, /chain/],
    ['a chain that is not there', { chain: 'stellar:mine' }, {}, /no stellar:mine/],
    ['no chains', {}, { CAUSEWAY_CHAINS: undefined }, /no stellar:local/],
    ['plain HTTP', { publicUrl: 'http://api.example' }, {}, /publicUrl/],
    ['a path as domain', { homeDomain: 'example.org/x' }, {}, /homeDomain/],
    ['a domain too long for a data entry', { homeDomain: `${'a'.repeat(56)}.org` }, {}, /homeDomain/],
    ['a host too long for a data entry', { publicUrl: `https://${'a'.repeat(56)}.org` }, {}, /homeDomain/],
    [
      'one too long to authenticate at',
      { homeDomain: 'a.org', publicUrl: `https://${`${'a'.repeat(50)}.`.repeat(2)}org` },
      {},
      /webAuthDomain/,
    ],
    ['an organisation field that SEP-1 lacks', { organization: { ORG_FAX: '1' } }, {}, /organization/],
    ['a line break in a text', { organization: { ORG_NAME: 'a\nb' } }, {}, /ORG_NAME/],
    ['an account that is none', { accounts: ['GABC'] }, {}, /accounts/],
    ['a field nobody knows', { homedomain: 'example.org' }, {}, /CAUSEWAY_STELLAR_SEP/],
    ['a public key to sign with', {}, { CAUSEWAY_STELLAR_SIGNING_KEY: keyOf('server').publicKey() }, /SIGNING_KEY/],
    ['a short secret', {}, { CAUSEWAY_STELLAR_JWT_SECRET: 's'.repeat(31) }, /JWT_SECRET/],
    ['no key', {}, { CAUSEWAY_STELLAR_SIGNING_KEY: undefined }, /SIGNING_KEY/],
    ['no secret', {}, { CAUSEWAY_STELLAR_JWT_SECRET: undefined }, /JWT_SECRET/],
  ])('is refused for %s, and no secret is told', (_what, change, env, where) => {
    const problems = expect.arrayContaining([expect.stringMatching(where)])
    expect(() => read(change, env)).toThrow(expect.objectContaining({ code: 'config_invalid', details: { problems } }))
    try {
      read(change, env)
    } catch (error) {
      const told = JSON.stringify(error)
      for (const secret of [...Object.values(secrets), 's'.repeat(31)]) expect(told).not.toContain(secret)
    }
  })
})
