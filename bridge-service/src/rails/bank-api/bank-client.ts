/** What came back, or why nothing did. `body` is undefined when it was not JSON. */
export type BankAnswer =
  | { readonly kind: 'answer'; readonly status: number; readonly body: unknown }
  | { readonly kind: 'silence'; readonly detail: string }

export type BankClientConfig = { readonly baseUrl: string; readonly apiKey: string; readonly timeoutMs: number }

type BankRequest = {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly key?: string
  readonly body?: object
}

export type BankClient = (request: BankRequest) => Promise<BankAnswer>

/** One HTTP call to the bank, which ends by the time-out and never throws: a network that fails is an answer too, `silence`. */
export const bankClient =
  ({ baseUrl, apiKey, timeoutMs }: BankClientConfig): BankClient =>
  async ({ method, path, key, body }) => {
    try {
      const response = await fetch(`${baseUrl.replace(/\/$/, '')}${path}`, {
        method,
        headers: {
          accept: 'application/json',
          authorization: `Bearer ${apiKey}`,
          ...(key === undefined ? {} : { 'idempotency-key': key }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        // Following a redirect would hand the API key and the order to whoever it names.
        redirect: 'manual',
        signal: AbortSignal.timeout(timeoutMs),
      })
      return { kind: 'answer', status: response.status, body: parseJson(await response.text()) }
    } catch (error) {
      return { kind: 'silence', detail: describe(error, timeoutMs) }
    }
  }

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

// Failures of a connection that never stood: the bank has not seen this request. An earlier one it may have seen.
const beforeSending = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
])

const describe = (error: unknown, timeoutMs: number): string => {
  if (error instanceof Error && error.name === 'TimeoutError') return `no answer within ${timeoutMs} ms`
  const code = networkCode(error)
  return beforeSending.has(code) ? `nothing was sent by this call: ${code}` : `the connection broke: ${code}`
}

/** Node hides the system's error behind `fetch failed`, and several of them (one per address) behind an AggregateError. */
const networkCode = (error: unknown): string => {
  const { code, cause, message } = (error ?? {}) as { code?: unknown; cause?: unknown; message?: unknown }
  if (typeof code === 'string') return code
  return cause === undefined ? String(message) : networkCode(cause)
}
