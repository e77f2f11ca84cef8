import { randomUUID } from 'node:crypto'
import type { Order } from '../order.ts'

export type Answer = {
  readonly status: number
  readonly headers: Headers
  // biome-ignore lint/suspicious/noExplicitAny: a test reads whatever the answer holds
  readonly body: any
}

/** A plain HTTP client of the bank, for tests: the customer's calls and the administrator's. */
export const customerOf = (bank: { readonly url: string; readonly apiKey: string }) => {
  const call = async (method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> => {
    const response = await fetch(`${bank.url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${bank.apiKey}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    return { status: response.status, headers: response.headers, body: text === '' ? undefined : parse(text) }
  }

  return {
    call,
    submit: (order: unknown, key: string = randomUUID()) => call('POST', '/v1/transfers', order, { 'idempotency-key': key }),
    arm: (fault: object) => call('POST', '/admin/faults', fault),
    truth: async () =>
      (await call('GET', '/admin/transfers')).body.data as {
        id: string
        externalId: string
        status: string
        updatedAt: string
      }[],
    books: async () =>
      (await call('GET', '/admin/books')).body as {
        balances: Record<string, string>
        totals: Record<string, string>
        entries: []
      },
  }
}

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

let orders = 0

/** A valid order that no other test has used, with changes. */
export const orderOf = (changes: Partial<Order> = {}): Order => ({
  externalId: `ext-${process.pid}-${Date.now().toString(36)}-${++orders}`,
  direction: 'debit',
  rail: 'ach',
  amount: '1050',
  currency: 'USD',
  account: 'acct_bridge_usd',
  counterparty: { name: 'Ada Lovelace', accountNumber: '123456789', routingNumber: '021000021' },
  description: 'a test',
  ...changes,
})
