import { setTimeout as after } from 'node:timers/promises'
import type { TransferView } from '../local/api-client.ts'

export type Answer = {
  readonly status: number
  readonly body: {
    readonly id?: string
    readonly code?: string
    readonly state?: string
    readonly payloadHash?: string
    readonly deposit?: TransferView['deposit']
  }
}

/** Says where the service is just now. */
export type Choose = () => string

// No end of a storm may come so late that an order is forgotten: what is not canceled waits for days.
const patienceMs = 900_000
const answerMs = 10_000

/** Posts under one key until one of the services has answered, whichever is alive; gives up only after a quarter of an hour. */
export const insist = async (
  apiKey: string,
  choose: Choose,
  { path, body, key }: { readonly path: string; readonly body: unknown; readonly key: string },
  onRepeat: () => void = () => {},
): Promise<Answer> => {
  const untilMs = performance.now() + patienceMs
  for (let first = true; performance.now() < untilMs; first = false) {
    if (!first) onRepeat()
    try {
      const response = await fetch(`${choose()}${path}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json', 'idempotency-key': key },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(answerMs),
      })
      const answer = (await response.json()) as Answer['body']
      if (response.status < 500 && response.status !== 429) return { status: response.status, body: answer }
    } catch {
      // Refused, cut off or too late: whether it was taken is not known, and the key makes it safe to ask again.
    }
    await after(100)
  }
  throw new Error(`POST ${path} was not answered in ${patienceMs} ms`)
}
