import { createHmac } from 'node:crypto'
import type { Random } from '../../../scripts/fuzz/reorg/random.ts'
import type { Faults } from '../faults.ts'
import type { Scheduler } from '../scheduler.ts'
import type { Bank, BankEvent } from './bank.ts'
import type { BankLine } from './rail.ts'

export const webhookSecret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`
const secretBytes = Buffer.alloc(32, 7)

/** What moves money, and shows on the statement. */
const isBooked = (type: BankEvent['type']) => type === 'settled' || type === 'returned' || type === 'return_reversed'

/** One delivery as it arrives: headers and raw body. */
export type Delivery = { readonly headers: Record<string, string>; readonly body: string }

const againMs = 30_000

/**
 * What the bank tells by itself, signed by Standard Webhooks, until it is taken. `deliver` says whether it was; nobody may be listening.
 * Only late, and never lost, is what neither an answer to a question nor the statement would bring: that a payer wants his money back.
 */
export const postBankMail = (
  { nowMs, at }: Scheduler,
  random: Random,
  faults: Faults,
  bank: Bank,
  line: BankLine,
  deliver: (delivery: Delivery) => Promise<boolean>,
) => {
  let count = 0
  let waiting = 0

  const sign = (id: string, body: string, key = secretBytes): Delivery => {
    const timestamp = String(Math.floor(nowMs() / 1_000))
    const mac = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')
    return { headers: { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${mac}` }, body }
  }

  const send = (id: string, body: string, afterMs: number) => {
    waiting++
    let taken = false
    const attempt = () => {
      if (taken) return
      deliver(sign(id, body)).then(ok => {
        if (ok && !taken) {
          taken = true
          waiting--
        }
      })
      at(nowMs() + againMs, attempt)
    }
    at(nowMs() + afterMs, attempt)
  }

  const bodyOf = (type: string, externalId: string, id: string, code?: string) =>
    JSON.stringify({
      type: `transfer.${type}`,
      timestamp: new Date(nowMs()).toISOString(),
      data: { id, externalId, ...(code === undefined ? {} : { returnCode: code }) },
    })

  bank.onEvent(({ order, type }: BankEvent) => {
    const about = order.description
    if (line.isSilent(order.externalId) && type !== 'recalled') return
    if (line.isUntold(order.externalId) && isBooked(type)) return
    const id = `wh_${++count}`
    const body = bodyOf(type, order.externalId, order.id, order.code)
    if (type === 'submitted' && faults.strikes('webhook: is forged', about)) {
      // Somebody who knows the order, and not the secret.
      const forged = bodyOf('settled', order.externalId, order.id)
      at(nowMs() + random.between(0, 5_000), () => void deliver(sign(`${id}f`, forged, Buffer.alloc(32, 8))))
    }
    if (faults.strikes('webhook: is about nobody', about))
      send(`${id}n`, bodyOf('settled', `CW${random.hex(16).slice(2)}`, 'bt_0'), random.between(0, 5_000))
    if (type !== 'recalled' && faults.strikes('webhook: is lost', about)) return
    const delayMs = faults.strikes('webhook: comes long after', about)
      ? random.between(60, 1_200) * 1_000
      : faults.strikes('webhook: is overtaken by later ones', about)
        ? random.between(5, 60) * 1_000
        : random.between(50, 2_000)
    send(id, body, delayMs)
    if (faults.strikes('webhook: comes twice', about)) send(id, body, random.between(0, 60_000))
    if (faults.strikes('webhook: comes again under another id', about)) send(`${id}x`, body, random.between(0, 60_000))
  })

  return { isAtRest: () => waiting === 0 }
}
