import type { z } from 'zod'
import { IndexerError } from '../errors.ts'

export type Limits = { readonly timeoutMs: number; readonly signal?: AbortSignal | undefined }

/** One request, in one piece of time that covers the body too. Throws when the answer is no success, or none of the expected shape. */
export const fetchJson = async <T extends z.ZodType>(
  url: string,
  schema: T,
  { timeoutMs, signal }: Limits,
  init: RequestInit = {},
): Promise<z.output<T>> => {
  const limits = [AbortSignal.timeout(timeoutMs), ...(signal ? [signal] : [])]
  const response = await fetch(url, { ...init, signal: AbortSignal.any(limits) })
  const text = await response.text()
  if (!response.ok) throw new Error(`HTTP ${response.status} from ${url}: ${text.slice(0, 200)}`)
  const parsed = schema.safeParse(parse(text, url))
  if (!parsed.success) throw new IndexerError('node_inconsistent', { url, issues: parsed.error.issues.slice(0, 3) })
  return parsed.data
}

const parse = (text: string, url: string): unknown => {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new IndexerError('node_inconsistent', { url, reason: 'not JSON' }, { cause })
  }
}
