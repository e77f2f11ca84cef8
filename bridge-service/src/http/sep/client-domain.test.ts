import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { keyOf } from '../../../../test/support/wallet-api.ts'
import { clientDomainKeys } from './client-domain.ts'

const key = keyOf('wallet.example').publicKey()
let toml: string
let server: Server
let domain: string
beforeAll(async () => {
  server = createServer((request, response) => {
    if (request.url === '/.well-known/stellar.toml') response.end(toml)
    else response.writeHead(404).end()
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  domain = `127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => server.close())

it('reads the signing key of a wallet from its domain', async () => {
  toml = `SIGNING_KEY = "${key}"`
  expect(await clientDomainKeys(true)(domain)).toBe(key)
})

it.each([
  ['no key', 'VERSION = "2.7.0"'],
  ['a key that is none', 'SIGNING_KEY = "GABC"'],
  ['no TOML', '<html>'],
])('refuses %s', async (_what, text) => {
  toml = text
  await expect(clientDomainKeys(true)(domain)).rejects.toMatchObject({ code: 'client_domain_unresolved' })
})

it('refuses a domain that does not answer, or does not speak TLS', async () => {
  toml = `SIGNING_KEY = "${key}"`
  await expect(clientDomainKeys(true)('127.0.0.1:1')).rejects.toMatchObject({ code: 'client_domain_unresolved' })
  await expect(clientDomainKeys(false)(domain)).rejects.toMatchObject({ code: 'client_domain_unresolved' })
})
