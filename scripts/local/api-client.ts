/** A small client of the API, as an integrator would write one: what the demo and the scenarios drive the world with. */
export type TransferView = {
  readonly id: string
  readonly state: string
  readonly version: number
  readonly failure: { code: string; detail: string } | null
  readonly escrow: TransferEscrow
  /** On a route on which the customer pays in on a chain. */
  readonly deposit?: (TransferEscrow & { readonly terms: EscrowTerms }) | null
}

type TransferEscrow = {
  readonly ref: string
  readonly id: string | null
  readonly lockTx: string | null
  readonly releaseTx: string | null
  readonly refundTx: string | null
}

export type EscrowTerms = {
  readonly payer: string
  readonly payee: string
  readonly amount: { readonly value: string; readonly asset: string }
  readonly refundAfter: number
  readonly hardDeadline: number
  readonly onExpiry: 'refund' | 'release'
}

export type EventView = {
  readonly version: number
  readonly type: string
  readonly at: string
  readonly fromState: string
  readonly toState: string
  readonly place: { txHash: string; blockNumber: string; blockHash: string } | null
  readonly details: Record<string, unknown>
}

export type ApiAnswer<T> = { readonly status: number; readonly headers: Headers; readonly body: T }

export type ApiClient = {
  readonly call: <T>(method: string, path: string, options?: { key?: string; body?: unknown }) => Promise<ApiAnswer<T>>
  readonly transfer: (id: string) => Promise<TransferView>
  /** Hears every event of a transfer from the first on, across restarts of the service, until it has ended. */
  readonly follow: (id: string, hear: (event: EventView) => void | Promise<void>, timeoutMs?: number) => Promise<void>
}

const ended = new Set(['completed', 'compensated', 'canceled', 'failed'])

export const apiClient = (url: string, apiKey: string): ApiClient => {
  const authorization = { authorization: `Bearer ${apiKey}` }

  const call: ApiClient['call'] = async (method, path, { key, body } = {}) => {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: {
        ...authorization,
        ...(key === undefined ? {} : { 'idempotency-key': key }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    return { status: response.status, headers: response.headers, body: text === '' ? undefined : JSON.parse(text) }
  }

  const follow: ApiClient['follow'] = async (id, hear, timeoutMs = 60_000) => {
    const deadlineMs = performance.now() + timeoutMs
    let last = 0
    let cause: unknown
    while (performance.now() < deadlineMs) {
      try {
        const response = await fetch(`${url}/v1/transfers/${id}/stream`, {
          headers: { ...authorization, ...(last > 0 ? { 'last-event-id': String(last) } : {}) },
          signal: AbortSignal.timeout(Math.max(1, Math.ceil(deadlineMs - performance.now()))),
        })
        if (response.status === 204) return
        if (response.status !== 200 || response.body === null) throw new Error(`the stream answered ${response.status}`)
        for await (const event of readEvents(response.body)) {
          last = event.version
          await hear(event)
          if (ended.has(event.toState) && (await call<TransferView>('GET', `/v1/transfers/${id}`)).body.version === last) return
        }
      } catch (error) {
        cause = error
        await new Promise(resolve => setTimeout(resolve, 50)) // the service is away: come back where we were
      }
    }
    throw new Error(`transfer ${id} did not end within ${timeoutMs} ms`, { cause })
  }

  return { call, follow, transfer: async id => (await call<TransferView>('GET', `/v1/transfers/${id}`)).body }
}

async function* readEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<EventView> {
  let text = ''
  for await (const chunk of body.pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>)) {
    text += chunk
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const data = text
        .slice(0, end)
        .split('\n')
        .filter(line => line.startsWith('data: '))
        .map(line => line.slice(6))
      text = text.slice(end + 2)
      if (data.length > 0) yield JSON.parse(data.join('\n')) as EventView
    }
  }
}
