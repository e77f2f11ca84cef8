import { BridgeError } from '../../errors.ts'

/** Horizon gave no usable answer. Never its URL: many a one holds a secret. */
export const unavailable = (reason: string, details: Record<string, unknown> = {}): BridgeError =>
  new BridgeError('chain_unavailable', { reason, ...details })

/** What kept an answer away, without what was asked. */
export const reasonOf = (error: unknown): string => {
  if (error instanceof BridgeError) return String(error.details.reason ?? error.code)
  if (!(error instanceof Error)) return 'unknown'
  const code = (error.cause as { code?: unknown } | undefined)?.code
  return typeof code === 'string' ? `${error.name}: ${code}` : error.name
}
