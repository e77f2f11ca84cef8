import { createHmac } from 'node:crypto'
import { encodeMuxedAccount, encodeMuxedAccountToAddress, type Keypair, Transaction, WebAuth } from '@stellar/stellar-sdk'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { keyOf, passphrase, server, signed, startWalletApi, type WalletApi } from '../../../../test/support/wallet-api.ts'
import { BridgeError } from '../../errors.ts'

let wallet: WalletApi
let nowMs: () => number = Date.now
beforeAll(async () => {
  wallet = await startWalletApi({ deps: { nowMs: () => nowMs() } })
})
afterAll(() => wallet.close())

const client = keyOf('client')
const friend = keyOf('friend')
const stranger = keyOf('stranger')
const claimsOf = (token: string) => JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString())
const muxed = encodeMuxedAccountToAddress(encodeMuxedAccount(client.publicKey(), '42'))

/** Challenge, signatures, answer. */
const attempt = async (query: Record<string, string>, ...keys: readonly Keypair[]) => {
  const { status, json } = await wallet.answerWith(signed(await wallet.challengeFor(query), ...keys))
  return [status, json.code ?? 'ok']
}

describe('a challenge', () => {
  it('is what the SDK reads as one, for 15 minutes, and says for which network', async () => {
    const answer = await wallet.get(`/sep10/auth?account=${client.publicKey()}&memo=007`, { key: null })
    expect([answer.status, answer.json.network_passphrase]).toEqual([200, passphrase])
    const { homeDomain, webAuthDomain } = wallet.config
    const read = WebAuth.readChallengeTx(answer.json.transaction, server.publicKey(), passphrase, homeDomain, webAuthDomain)
    expect(read).toMatchObject({ clientAccountID: client.publicKey(), matchedHomeDomain: homeDomain, memo: '7' })
    const { minTime, maxTime } = read.tx.timeBounds!
    expect(BigInt(maxTime) - BigInt(minTime)).toBe(900n)
    expect(await wallet.challengeFor({ account: client.publicKey() })).not.toBe(answer.json.transaction)
  })

  it.each([
    ['no account', {}, 'request_invalid'],
    ['a contract as account', { account: 'CA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJUWDA' }, 'address_invalid'],
    ['half an account', { account: client.publicKey().slice(0, 30) }, 'address_invalid'],
    ['an account with a wrong checksum', { account: `${client.publicKey().slice(0, -1)}A` }, 'address_invalid'],
    ['a memo of text', { account: client.publicKey(), memo: 'ada' }, 'request_invalid'],
    ['a memo of 2^64', { account: client.publicKey(), memo: '18446744073709551616' }, 'request_invalid'],
    ['a memo on a muxed account', { account: muxed, memo: '1' }, 'request_invalid'],
    ['another home domain', { account: client.publicKey(), home_domain: 'example.org' }, 'home_domain_unknown'],
    [
      'a wallet whose domain shows no key',
      { account: client.publicKey(), client_domain: 'broken.example' },
      'client_domain_unresolved',
    ],
  ])('is not given for %s', async (_what, query, code) => {
    const answer = await wallet.get(`/sep10/auth?${new URLSearchParams(query as Record<string, string>)}`, { key: null })
    expect([answer.status, answer.json]).toEqual([400, { error: expect.stringMatching(/\w+ \w+/), code }])
    expect(answer.headers['access-control-allow-origin']).toBe('*')
  })
})

describe('a token', () => {
  it('names who signed, for a while, and is signed with HS256', async () => {
    const token = await wallet.logIn(client)
    const [header, payload, mac] = token.split('.')
    expect(JSON.parse(Buffer.from(header!, 'base64url').toString())).toEqual({ alg: 'HS256', typ: 'JWT' })
    expect(mac).toBe(createHmac('sha256', wallet.config.jwtSecret).update(`${header}.${payload}`).digest('base64url'))
    const claims = claimsOf(token)
    expect(claims).toEqual({
      iss: `${wallet.publicUrl}/sep10/auth`,
      sub: client.publicKey(),
      iat: expect.any(Number),
      exp: claims.iat + 3_600,
      jti: expect.stringMatching(/^[0-9a-f]{64}$/),
      home_domain: wallet.config.homeDomain,
    })
    expect(Math.abs(claims.iat * 1_000 - Date.now())).toBeLessThan(5_000)
  })

  it('names user and account apart: by memo, or as a muxed account', async () => {
    expect(claimsOf(await wallet.logIn(client, { memo: '007' })).sub).toBe(`${client.publicKey()}:7`)
    expect(claimsOf(await wallet.logIn(client, { account: muxed })).sub).toBe(muxed)
  })

  it('is given for a form, too', async () => {
    const transaction = signed(await wallet.challengeFor({ account: client.publicKey() }), client)
    const answer = await fetch(`${wallet.publicUrl}/sep10/auth`, { method: 'POST', body: new URLSearchParams({ transaction }) })
    expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([200, '*'])
    expect(claimsOf(((await answer.json()) as { token: string }).token).sub).toBe(client.publicKey())
  })

  it('is given once for a challenge, whoever signs and however often it is sent', async () => {
    wallet.accounts.set(client.publicKey(), {
      signers: [client, friend].map(key => ({ key: key.publicKey(), weight: 1 })),
      mediumThreshold: 1,
    })
    const challenge = await wallet.challengeFor({ account: client.publicKey() })
    const answers = await Promise.all([
      ...Array.from({ length: 5 }, () => wallet.answerWith(signed(challenge, client))),
      ...Array.from({ length: 5 }, () => wallet.answerWith(signed(challenge, friend))),
    ])
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array.from({ length: 9 }, () => 400)])
    expect(answers.find(({ status }) => status === 400)!.json.code).toBe('challenge_used')
    wallet.accounts.clear()
  })

  it('is not lost to a stranger who sends the challenge back unsigned', async () => {
    const challenge = await wallet.challengeFor({ account: client.publicKey() })
    expect((await wallet.answerWith(challenge)).json.code).toBe('challenge_invalid')
    expect((await wallet.answerWith(signed(challenge, stranger))).json.code).toBe('challenge_invalid')
    expect((await wallet.answerWith(signed(challenge, client))).status).toBe(200)
  })

  it('is given until the last second of the challenge, and not after it', async () => {
    const challenges = await Promise.all([1, 2].map(() => wallet.challengeFor({ account: client.publicKey() })))
    const [last, late] = challenges.map(challenge => signed(challenge, client))
    // Each has its own: a second may have begun between the two.
    const maxTimeOf = (transaction: string) => Number(new Transaction(transaction, passphrase).timeBounds!.maxTime)
    try {
      nowMs = () => maxTimeOf(last!) * 1_000 + 999
      expect((await wallet.answerWith(last!)).status).toBe(200)
      nowMs = () => (maxTimeOf(late!) + 1) * 1_000
      expect((await wallet.answerWith(late!)).json.code).toBe('challenge_invalid')
    } finally {
      nowMs = Date.now
    }
  })

  it('leaves no trace of a challenge that nobody could answer any more', async () => {
    await wallet.admin.query(`insert into web_auth_answered values ('\\x00', now() - interval '61 minutes')`)
    await wallet.admin.query(`insert into web_auth_answered values ('\\x01', now() - interval '59 minutes')`)
    await wallet.logIn(client)
    const { rows } = await wallet.admin.query('select challenge from web_auth_answered where length(challenge) = 1')
    expect(rows).toEqual([{ challenge: Buffer.from([1]) }])
  })
})

describe('who may sign for an account', () => {
  const account = client.publicKey()
  const set = (weights: readonly [Keypair, number][], mediumThreshold: number) =>
    wallet.accounts.set(account, { signers: weights.map(([key, weight]) => ({ key: key.publicKey(), weight })), mediumThreshold })

  it.each<[string, readonly [Keypair, number][], number, readonly Keypair[], string]>([
    ['its key alone', [[client, 1]], 0, [client], 'ok'],
    ['nobody', [[client, 1]], 0, [], 'challenge_invalid'],
    ['a stranger', [[client, 1]], 0, [stranger], 'challenge_invalid'],
    ['its key and a stranger', [[client, 1]], 0, [client, stranger], 'challenge_invalid'],
    ['its key twice', [[client, 1]], 2, [client, client], 'challenge_invalid'],
    [
      'one of two who must be two',
      [
        [client, 1],
        [friend, 1],
      ],
      2,
      [client],
      'challenge_invalid',
    ],
    [
      'both of two who must be two',
      [
        [client, 1],
        [friend, 1],
      ],
      2,
      [client, friend],
      'ok',
    ],
    [
      'another signer with all the weight',
      [
        [client, 1],
        [friend, 10],
      ],
      10,
      [friend],
      'ok',
    ],
    [
      'a master key without weight, where nothing is asked',
      [
        [client, 0],
        [friend, 1],
      ],
      0,
      [client],
      'challenge_invalid',
    ],
    [
      'our own key, though it is a signer',
      [
        [client, 1],
        [server, 5],
      ],
      5,
      [client],
      'challenge_invalid',
    ],
  ])('%s', async (_what, weights, threshold, keys, expected) => {
    set(weights, threshold)
    expect((await attempt({ account }, ...keys))[1]).toBe(expected)
  })

  it('is asked by the account behind a muxed one', async () => {
    set([[friend, 1]], 1)
    expect(await attempt({ account: muxed }, client)).toEqual([400, 'challenge_invalid'])
    expect(await attempt({ account: muxed }, friend)).toEqual([200, 'ok'])
  })

  it('is its own key alone when the account does not exist', async () => {
    wallet.accounts.clear()
    expect(await attempt({ account }, client)).toEqual([200, 'ok'])
    expect(await attempt({ account }, client, friend)).toEqual([400, 'challenge_invalid'])
  })

  it('is not decided while the ledger does not answer, and the challenge stays good', async () => {
    const transaction = signed(await wallet.challengeFor({ account }), client)
    wallet.accounts.set(account, new BridgeError('chain_unavailable', { url: 'http://secret' }))
    const answer = await wallet.answerWith(transaction)
    expect([answer.status, answer.json, answer.headers['retry-after']]).toEqual([
      503,
      { error: 'The chain does not answer.', code: 'chain_unavailable' },
      '1',
    ])
    wallet.accounts.clear()
    expect((await wallet.answerWith(transaction)).status).toBe(200)
  })
})

describe('a wallet that names its domain', () => {
  const domainKey = keyOf('wallet.example')
  const query = { account: client.publicKey(), client_domain: 'wallet.example' }
  beforeAll(() => wallet.clientKeys.set('wallet.example', domainKey.publicKey()))

  it('signs as well, and is named in the token', async () => {
    const { status, json } = await wallet.answerWith(signed(await wallet.challengeFor(query), client, domainKey))
    expect([status, claimsOf(json.token).client_domain]).toEqual([200, 'wallet.example'])
  })

  it('cannot leave its signature out, nor the user his', async () => {
    expect(await attempt(query, client)).toEqual([400, 'challenge_invalid'])
    expect(await attempt(query, domainKey)).toEqual([400, 'challenge_invalid'])
    expect(await attempt(query, client, stranger)).toEqual([400, 'challenge_invalid'])
  })

  it('is like one that named none, when nobody has listed it', async () => {
    const challenge = await wallet.challengeFor({ ...query, client_domain: 'unlisted.example' })
    expect(new Transaction(challenge, passphrase).operations).toHaveLength(2)
    const { json } = await wallet.answerWith(signed(challenge, client))
    expect(claimsOf(json.token).client_domain).toBeUndefined()
  })
})

describe('what is no challenge of ours', () => {
  const challengeBy = (key: Keypair, home: string, webAuth: string, network = passphrase) =>
    signed(WebAuth.buildChallengeTx(key, client.publicKey(), home, 900, network, webAuth), client)

  it('would be one with our key, domains and network', async () => {
    const right = challengeBy(server, wallet.config.homeDomain, wallet.config.webAuthDomain)
    expect((await wallet.answerWith(right)).status).toBe(200)
  })

  it.each<[string, () => string]>([
    ['nothing', () => ''],
    ['no XDR', () => 'AAAA!'],
    ['XDR of something else', () => Buffer.alloc(200, 1).toString('base64')],
    ['one of another server', () => challengeBy(stranger, wallet.config.homeDomain, wallet.config.webAuthDomain)],
    ['one for another home domain', () => challengeBy(server, 'example.org', wallet.config.webAuthDomain)],
    ['one for another place to authenticate', () => challengeBy(server, wallet.config.homeDomain, 'example.org')],
    ['one of another network', () => challengeBy(server, wallet.config.homeDomain, wallet.config.webAuthDomain, 'Test')],
  ])('is refused: %s', async (_what, transaction) => {
    const answer = await wallet.answerWith(transaction())
    expect([answer.status, answer.json.code]).toEqual([400, 'challenge_invalid'])
    expect(answer.json.error).not.toMatch(/undefined|\[object/)
  })

  it('is refused before its signatures are checked, when one key has signed several times', async () => {
    const challenge = await wallet.challengeFor({ account: client.publicKey() })
    const answer = await wallet.answerWith(signed(challenge, ...Array.from({ length: 19 }, () => server)))
    expect([answer.status, answer.json.error]).toEqual([400, expect.stringContaining('a key has signed twice')])
  })

  it.each([
    ['no transaction', { x: 1 }, 400, 'request_invalid'],
    ['a number', { transaction: 1 }, 400, 'request_invalid'],
    ['no JSON', '{', 400, 'body_invalid'],
    ['a very long one', { transaction: 'A'.repeat(70_000) }, 413, 'body_too_large'],
  ])('is refused: %s', async (_what, body, status, code) => {
    const answer = await wallet.post('/sep10/auth', body, { key: null, idempotencyKey: null })
    expect([answer.status, answer.json.code, answer.headers['access-control-allow-origin']]).toEqual([status, code, '*'])
  })
})
