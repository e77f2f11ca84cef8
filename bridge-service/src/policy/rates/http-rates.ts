import { type RateSource, rateUnavailable } from './rate-source.ts'
import { type DatedRates, pairOf, readRates } from './read-rates.ts'

export type RateFeed = {
  /** As quotes and transfers name it. */
  readonly name: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly timeoutMs: number
  /** An answer is used for so long before the feed is asked again, and so long a feed that failed is left alone. */
  readonly refreshMs: number
}

type Surroundings = { readonly nowMs: () => number; readonly onFailure: (detail: string) => void }

const maxBytes = 65_536

/**
 * Rates from an HTTP endpoint, in the shape of `readRates`. Asked when somebody wants a rate, once for all who want one at that moment. When
 * it does not answer, what it said last stands: whether that is too old is for whoever asks to judge (`guardedRates`).
 */
export const httpRates = (feed: RateFeed, { nowMs, onFailure }: Surroundings): RateSource => {
  let known: DatedRates | undefined
  let askedAtMs: number | undefined
  let asking: Promise<void> | undefined

  const ask = async () => {
    askedAtMs = nowMs()
    try {
      known = readRates(await bodyOf(feed))
    } catch (error) {
      onFailure(String(error))
    } finally {
      asking = undefined
    }
  }
  const isFresh = () => askedAtMs !== undefined && nowMs() - askedAtMs < feed.refreshMs

  return {
    rateOf: async (from, to) => {
      if (asking === undefined && !isFresh()) asking = ask()
      await asking
      const rate = known?.get(pairOf(from, to))
      if (rate !== undefined) return { kind: 'done', value: { ...rate, source: feed.name } }
      return rateUnavailable(known === undefined ? 'the feed has not answered yet' : `the feed has no ${pairOf(from, to)}`)
    },
  }
}

/** The text of a 200, within the time-out and the size. Throws otherwise. */
const bodyOf = async ({ url, headers, timeoutMs }: RateFeed): Promise<string> => {
  const response = await fetch(url, {
    headers: { accept: 'application/json', ...headers },
    // Following a redirect would hand the feed's key, and our prices, to whoever it names.
    redirect: 'manual',
    signal: AbortSignal.timeout(timeoutMs),
  })
  if (response.status !== 200) {
    await response.body?.cancel()
    throw new Error(`status ${response.status}`)
  }
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body ?? []) {
    size += chunk.length
    if (size > maxBytes) throw new Error(`more than ${maxBytes} bytes`)
    chunks.push(chunk)
  }
  return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks))
}
