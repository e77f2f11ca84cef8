import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { keyOf } from '../../../../test/support/wallet-api.ts'
import { horizonSigners } from './horizon-signers.ts'

const [account, friend] = [keyOf('client').publicKey(), keyOf('friend').publicKey()]
let answer: { status: number; body: string }
const asked: string[] = []
let server: Server
let url: string
beforeAll(async () => {
  server = createServer((request, response) => {
    asked.push(request.url ?? '')
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(answer.body)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => server.close())

const say = (status: number, body: unknown) => {
  answer = { status, body: typeof body === 'string' ? body : JSON.stringify(body) }
}
const problem = (type: string) => ({ type: `https://stellar.org/horizon-errors/${type}`, title: 'x', status: 404 })

describe('the signers of an account', () => {
  it('are its keys, with the weight that moving funds takes', async () => {
    say(200, {
      thresholds: { low_threshold: 1, med_threshold: 2, high_threshold: 3 },
      signers: [
        { key: account, weight: 0, type: 'ed25519_public_key' },
        { key: friend, weight: 2, type: 'ed25519_public_key' },
        { key: 'XBCD', weight: 5, type: 'sha256_hash' },
      ],
    })
    expect(await horizonSigners(url)(account)).toMatchObject({
      mediumThreshold: 2,
      signers: [
        { key: account, weight: 0 },
        { key: friend, weight: 2 },
      ],
    })
    expect(asked).toEqual([`/accounts/${account}`])
  })

  it('are none when Horizon says that there is no such account', async () => {
    say(404, problem('not_found'))
    expect(await horizonSigners(url)(account)).toBeUndefined()
  })

  it.each<[string, number, unknown]>([
    ['a 404 of somebody else', 404, '<html>'],
    ['a 404 that is no "not found" of Horizon', 404, { message: 'no such host' }],
    ['an error', 503, problem('stale_history')],
    ['no account', 200, {}],
    ['no JSON', 200, 'hello'],
  ])('are not known by %s', async (_what, status, body) => {
    say(status, body)
    await expect(horizonSigners(url)(account)).rejects.toMatchObject({ code: 'chain_unavailable' })
  })

  it('are not known when nobody answers', async () => {
    await expect(horizonSigners('http://127.0.0.1:1')(account)).rejects.toMatchObject({ code: 'chain_unavailable' })
  })
})
