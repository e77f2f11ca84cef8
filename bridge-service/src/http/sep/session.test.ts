import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { keyOf } from '../../../../test/support/wallet-api.ts'
import type { SepConfig } from '../../sep-config.ts'
import { addressOf, issueSession, readSession } from './session.ts'

const config = {
  publicUrl: 'https://bridge.example',
  homeDomain: 'bridge.example',
  jwtSecret: 'x'.repeat(32),
  sessionMs: 60_000,
} as SepConfig
const subject = keyOf('client').publicKey()
const token = issueSession(config, { subject, clientDomain: 'wallet.example' }, 'id', 1_000_500)

/** A token with a true signature over whatever it says. */
const signedBy = (secret: string, header: object, payload: object) => {
  const text = [header, payload].map(part => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')
  return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`
}
const hs256 = { alg: 'HS256', typ: 'JWT' }
const claims = { iss: 'https://bridge.example/sep10/auth', sub: subject, iat: 1_000, exp: 1_060 }

describe('a session', () => {
  it('is read until it expires', () => {
    expect(readSession(config, token, 1_059_999)).toEqual({ subject, clientDomain: 'wallet.example' })
    expect(() => readSession(config, token, 1_060_000)).toThrow(expect.objectContaining({ code: 'session_invalid' }))
    expect(readSession(config, signedBy(config.jwtSecret, hs256, claims), 1_000_000)).toEqual({ subject })
  })

  it.each([
    ['nothing', ''],
    ['no token', 'a.b.c'],
    ['no signature', token.split('.').slice(0, 2).join('.')],
    ['an empty signature', `${token.split('.').slice(0, 2).join('.')}.`],
    ['a cut signature', token.slice(0, -2)],
    ['another secret', signedBy('y'.repeat(32), hs256, claims)],
    ['other claims under the same signature', token.replace(/\.[^.]+\./, `.${Buffer.from('{}').toString('base64url')}.`)],
    ['no algorithm', signedBy(config.jwtSecret, { alg: 'none', typ: 'JWT' }, claims)],
    ['no algorithm and no signature', `${Buffer.from('{"alg":"none"}').toString('base64url')}.${token.split('.')[1]}.`],
    ['another service', signedBy(config.jwtSecret, hs256, { ...claims, iss: 'https://other.example/sep10/auth' })],
  ])('is refused with %s', (_what, other) => {
    expect(() => readSession(config, other, 1_000_000)).toThrow(expect.objectContaining({ code: 'session_invalid' }))
  })

  it('pays the account, or the user of an account that many share', () => {
    expect(addressOf({ subject })).toBe(subject)
    const user = addressOf({ subject: `${subject}:42` })
    expect(user).toMatch(/^M/)
    expect(addressOf({ subject: user })).toBe(user)
  })
})
