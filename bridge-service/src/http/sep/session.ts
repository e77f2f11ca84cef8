import { createHmac, timingSafeEqual } from 'node:crypto'
import { encodeMuxedAccount, encodeMuxedAccountToAddress } from '@stellar/stellar-sdk'
import { z } from 'zod'
import { BridgeError } from '../../errors.ts'
import type { SepConfig } from '../../sep-config.ts'
import { webAuthEndpointOf } from './stellar-toml.ts'

/** Who a wallet has proved to be (SEP-10). */
export type Session = {
  /** `G…`, `G…:memo` or `M…`: users of one account with different memos are strangers to each other. */
  readonly subject: string
  readonly clientDomain?: string
}

const claims = z.object({
  iss: z.string(),
  sub: z.string(),
  exp: z.int(),
  client_domain: z.string().optional(),
})
const header = encode({ alg: 'HS256', typ: 'JWT' })

/** A token that says so for a while. `id` is the hash of the challenge that was answered. */
export const issueSession = (config: SepConfig, { subject, clientDomain }: Session, id: string, nowMs: number): string => {
  const issuedAt = Math.floor(nowMs / 1_000)
  const payload = encode({
    iss: webAuthEndpointOf(config),
    sub: subject,
    iat: issuedAt,
    exp: issuedAt + Math.floor(config.sessionMs / 1_000),
    jti: id,
    home_domain: config.homeDomain,
    ...(clientDomain === undefined ? {} : { client_domain: clientDomain }),
  })
  return `${header}.${payload}.${macOf(config, `${header}.${payload}`).toString('base64url')}`
}

/** Reads a token of ours. Throws `session_invalid`. */
export const readSession = (config: SepConfig, token: string, nowMs: number): Session => {
  const [head, payload = '', mac = ''] = token.split('.')
  // Only the one header that we write: a token never says how it wants to be verified.
  if (head !== header) throw new BridgeError('session_invalid')
  const [given, right] = [Buffer.from(mac, 'base64url'), macOf(config, `${head}.${payload}`)]
  if (given.length !== right.length || !timingSafeEqual(given, right)) throw new BridgeError('session_invalid')
  const { iss, sub, exp, client_domain } = claims.parse(JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')))
  if (iss !== webAuthEndpointOf(config)) throw new BridgeError('session_invalid', { reason: 'it was issued for another service' })
  if (nowMs >= exp * 1_000) throw new BridgeError('session_invalid', { reason: 'it has expired' })
  return { subject: sub, ...(client_domain === undefined ? {} : { clientDomain: client_domain }) }
}

/** The address that pays this user: an account with a memo is the same as a muxed one (SEP-23). */
export const addressOf = ({ subject }: Session): string => {
  const [account = '', memo] = subject.split(':')
  return memo === undefined ? account : encodeMuxedAccountToAddress(encodeMuxedAccount(account, memo))
}

const macOf = ({ jwtSecret }: SepConfig, text: string): Buffer => createHmac('sha256', jwtSecret).update(text).digest()

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}
