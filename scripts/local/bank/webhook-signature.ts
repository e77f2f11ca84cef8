import { createHmac } from 'node:crypto'

/** The `webhook-signature` value of Standard Webhooks: HMAC-SHA256 over `id.timestamp.body` under the base64 key behind `whsec_`. */
export const signWebhook = (secret: string, id: string, timestampSeconds: number, body: string): string => {
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64')
  return `v1,${createHmac('sha256', key).update(`${id}.${timestampSeconds}.${body}`).digest('base64')}`
}
