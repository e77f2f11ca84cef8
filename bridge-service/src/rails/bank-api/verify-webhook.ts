import { createHmac, timingSafeEqual } from 'node:crypto'
import type { z } from 'zod'
import { BridgeError } from '../../errors.ts'
import type { RailFact, RailWebhook } from '../rail.ts'
import { bankWebhook } from './bank-answers.ts'

export type WebhookVerifierConfig = {
  /** `whsec_` and base64 of 24 to 64 bytes. Several, so that the bank's secret can be rotated without losing a message. */
  readonly secrets: readonly string[]
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

const toleranceMs = 5 * 60_000

/**
 * Verifies a webhook by Standard Webhooks (HMAC-SHA256 over `id.timestamp.body`, signatures `v1,<base64>`) and reads its fact.
 * Throws `config_invalid` at once for an unusable secret; later `signature_invalid` for a message that the bank did not sign within the
 * last (or next) five minutes, and `request_invalid` for one that it did sign but that we cannot read.
 */
export const webhookVerifier = ({ secrets, now }: WebhookVerifierConfig) => {
  const keys = secrets.map(keyOf)
  if (keys.length === 0) throw new BridgeError('config_invalid', { reason: 'no webhook secret' })

  return (headers: Record<string, string | undefined>, rawBody: string): RailWebhook => {
    const id = headers['webhook-id']
    const timestamp = headers['webhook-timestamp']
    const signatures = headers['webhook-signature']
    if (!id || !timestamp || !signatures) throw new BridgeError('signature_invalid', { reason: 'headers_missing' })
    if (!/^\d{1,12}$/.test(timestamp) || Math.abs(now() - Number(timestamp) * 1_000) > toleranceMs)
      throw new BridgeError('signature_invalid', { reason: 'timestamp_out_of_tolerance' })
    const offered = signatures
      .split(' ')
      .filter(signature => signature.startsWith('v1,'))
      .map(signature => Buffer.from(signature.slice(3), 'base64'))
    const expected = keys.map(key => createHmac('sha256', key).update(`${id}.${timestamp}.${rawBody}`).digest())
    if (!expected.some(mac => offered.some(other => other.length === mac.length && timingSafeEqual(other, mac))))
      throw new BridgeError('signature_invalid', { reason: 'signature_mismatch' })
    return { id, fact: factOf(rawBody) }
  }
}

const keyOf = (secret: string): Buffer => {
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64')
  if (!/^whsec_[A-Za-z0-9+/]+={0,2}$/.test(secret) || key.length < 24 || key.length > 64)
    throw new BridgeError('config_invalid', { reason: 'a webhook secret is not whsec_ and base64 of 24 to 64 bytes' })
  return key
}

const factTypes = {
  'transfer.submitted': 'submitted',
  'transfer.settled': 'settled',
  'transfer.rejected': 'rejected',
  'transfer.returned': 'returned',
  'transfer.return_reversed': 'returnReversed',
  'transfer.recalled': 'recalled',
} as const satisfies Record<z.output<typeof bankWebhook>['type'], RailFact['type']>

const factOf = (rawBody: string): RailFact => {
  const parsed = bankWebhook.safeParse(parseJson(rawBody))
  if (!parsed.success) throw new BridgeError('request_invalid', { reason: 'webhook_unreadable' }, { cause: parsed.error })
  const { type, timestamp, data } = parsed.data
  return {
    type: factTypes[type],
    bankTransferId: data.id,
    externalId: data.externalId,
    at: timestamp,
    ...(data.returnCode === undefined ? {} : { rawCode: data.returnCode }),
  }
}

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new BridgeError('request_invalid', { reason: 'webhook_unreadable' }, { cause })
  }
}
