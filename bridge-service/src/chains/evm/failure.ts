import { BaseError, HttpRequestError, TimeoutError } from 'viem'
import { BridgeError } from '../../errors.ts'

/** What went wrong, in the node's words. Never the whole error: it quotes the URL, and many an RPC URL holds a secret. */
export const reasonOf = (error: unknown): string => {
  if (!(error instanceof BaseError)) return error instanceof Error ? error.name : 'unknown'
  const deepest = error.walk()
  return deepest instanceof BaseError ? deepest.details || deepest.shortMessage : error.details || error.shortMessage
}

/** The node did not answer at all, as opposed to answering with an error. */
export const isSilence = (error: unknown): boolean =>
  !(error instanceof BaseError) ||
  error.walk(cause => cause instanceof HttpRequestError || cause instanceof TimeoutError) !== null

export const unavailable = (error: unknown): BridgeError => new BridgeError('chain_unavailable', { reason: reasonOf(error) })
