import { randomBytes, randomUUID } from 'node:crypto'
import type { Faults, Subject } from './faults.ts'
import type { BankRecord, Transfer } from './record.ts'
import { subjectOf } from './subject.ts'
import type { Timers } from './timers.ts'
import { signWebhook } from './webhook-signature.ts'

export type WebhookEndpoint = { readonly url: string; readonly secret: string }

export type WebhookPolicy = {
  readonly maxAttempts: number
  readonly timeoutMs: number
  /** The first pause; it doubles up to the cap. */
  readonly backoffMs: number
  readonly maxBackoffMs: number
}

type Message = {
  readonly id: string
  readonly transferId: string
  readonly event: string
  readonly body: string
  readonly subject: Subject
  state: 'waiting' | 'delivered' | 'dropped' | 'exhausted'
  attempts: number
}

type Dependencies = {
  readonly faults: Faults
  readonly timers: Timers
  readonly commit: (record: BankRecord) => void
  readonly transferOf: (id: string) => Transfer
  readonly policy: WebhookPolicy
}

/**
 * Tells the customer of every change, at least once, until it answers 2xx or the attempts are used up. A message's id is made of its
 * transfer and event, so it is the same on every redelivery, also after a restart. Without an endpoint messages wait for one.
 */
export const openWebhooks = ({ faults, timers, commit, transferOf, policy }: Dependencies) => {
  const messages = new Map<string, Message>()
  const firstAttempts = new Map<string, Promise<void>>()
  const heldBack = new Map<string, Message>()
  const abort = new AbortController()
  let endpointKnown = Promise.withResolvers<void>()
  let endpoint: WebhookEndpoint | undefined
  let live = false

  const apply = (record: BankRecord) => {
    if (record.type === 'webhookClosed') {
      const message = messages.get(record.messageId)
      if (message) message.state = record.how
      return
    }
    const id = record.type === 'transferAccepted' ? record.transfer.id : changedTransfer(record)
    if (id === undefined) return
    const message = messageOf(transferOf(id), changes[record.type])
    messages.set(message.id, message)
    if (live) send(message)
  }

  // One first attempt after the other per transfer, so that the events arrive in order unless a fault or a failed attempt has it otherwise.
  const send = (message: Message) => {
    const previous = firstAttempts.get(message.transferId) ?? Promise.resolve()
    const mine = previous.then(() => begin(message))
    firstAttempts.set(message.transferId, mine)
  }

  const begin = async (message: Message): Promise<void> => {
    await endpointKnown.promise
    const { subject, transferId } = message
    const forge = faults.take('webhook_forge', subject)
    if (forge) await deliverForged(message, forge.claim)
    if (faults.take('webhook_drop', subject)) return close(message, 'dropped')
    if (message.event === 'transfer.submitted' && faults.take('webhook_reorder', subject)) {
      heldBack.set(transferId, message)
      return
    }
    const delay = faults.take('webhook_delay', subject)
    // Not awaited: a delayed message may well be overtaken.
    if (delay) timers.after(delay.ms, () => void attempt(message))
    else await attempt(message)
    const overtaken = heldBack.get(transferId)
    if (!overtaken) return
    heldBack.delete(transferId)
    await attempt(overtaken)
  }

  const attempt = async (message: Message): Promise<void> => {
    await endpointKnown.promise
    if (abort.signal.aborted) return
    message.attempts++
    const delivered = await post(message.id, message.body)
    if (delivered) {
      close(message, 'delivered')
      const extra = faults.take('webhook_duplicate', message.subject)?.count ?? 0
      for (let n = 0; n < extra; n++) await post(message.id, message.body)
    } else if (message.attempts >= policy.maxAttempts) close(message, 'exhausted')
    else {
      const pauseMs = Math.min(policy.backoffMs * 2 ** (message.attempts - 1), policy.maxBackoffMs)
      timers.after(pauseMs, () => void attempt(message))
    }
  }

  const close = (message: Message, how: 'delivered' | 'dropped' | 'exhausted') => {
    if (!abort.signal.aborted) commit({ type: 'webhookClosed', at: new Date().toISOString(), messageId: message.id, how })
  }

  const deliverForged = async (message: Message, claim: string) => {
    const { data, ...rest } = JSON.parse(message.body) as { data: object }
    const body = JSON.stringify({ ...rest, type: `transfer.${claim}`, data: { ...data, status: claim } })
    await post(`msg_${randomUUID()}`, body, randomBytes(24).toString('base64'))
  }

  const post = async (id: string, body: string, forgedSecret?: string): Promise<boolean> => {
    if (!endpoint) return false
    const timestamp = Math.floor(Date.now() / 1000)
    try {
      const response = await fetch(endpoint.url, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'webhook-id': id,
          'webhook-timestamp': String(timestamp),
          'webhook-signature': signWebhook(forgedSecret ?? endpoint.secret, id, timestamp, body),
        },
        body,
        redirect: 'manual',
        signal: AbortSignal.any([abort.signal, AbortSignal.timeout(policy.timeoutMs)]),
      })
      await response.body?.cancel()
      return response.ok
    } catch {
      return false
    }
  }

  return {
    apply,
    /** `undefined` makes messages wait until there is one again. */
    setEndpoint: (next: WebhookEndpoint | undefined) => {
      // Who waits already must be woken by the next endpoint, so a promise that is still open is kept.
      if (endpoint && !next) endpointKnown = Promise.withResolvers<void>()
      if (next) endpointKnown.resolve()
      endpoint = next
    },
    endpointUrl: () => endpoint?.url,
    list: () =>
      [...messages.values()].map(({ id, transferId, event, state, attempts }) => ({ id, transferId, event, state, attempts })),
    /** From now on messages are sent; those that an earlier run left open first. */
    resume: () => {
      live = true
      for (const message of messages.values()) if (message.state === 'waiting') send(message)
    },
    stop: () => abort.abort(),
  }
}

const changedTransfer = (record: BankRecord): string | undefined =>
  record.type === 'transferSettled' ||
  record.type === 'transferRejected' ||
  record.type === 'transferReturned' ||
  record.type === 'transferReturnReversed' ||
  record.type === 'transferRecalled'
    ? record.id
    : undefined

/** What is not told by the status. */
const changes: { readonly [T in BankRecord['type']]?: string } = {
  transferReturnReversed: 'return_reversed',
  transferRecalled: 'recalled',
}

const messageOf = (transfer: Transfer, change: string = transfer.status): Message => {
  const { id, externalId, status, rail, direction, amount, currency, returnCode, updatedAt } = transfer
  const event = `transfer.${change}`
  const data = { id, externalId, status, rail, direction, amount, currency, ...(returnCode === undefined ? {} : { returnCode }) }
  return {
    id: `msg_${id}_${change}`,
    transferId: id,
    event,
    body: JSON.stringify({ type: event, timestamp: updatedAt, data }),
    subject: subjectOf(transfer, event),
    state: 'waiting',
    attempts: 0,
  }
}
