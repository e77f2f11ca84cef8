import { createHash } from 'node:crypto'
import type { TransferId } from '../transfer/id.ts'
import type { Step } from '../transfer/input.ts'

/**
 * The idempotency key of a wish: SHA-256 over transfer, step, attempt group and the UTC day of the transfer's creation. Made from what
 * never changes, so that every process at any time makes the same one. 64 hex digits.
 */
export const intentKey = (transferId: TransferId, step: Step, attempt: number, createdAt: string): string =>
  createHash('sha256')
    .update(`${transferId}|${step}|${attempt}|${createdAt.slice(0, 10)}`)
    .digest('hex')

/** The key as banks take it in 35 characters (ISO 20022 Max35Text): 128 bits of it behind our initials. */
export const referenceOf = (key: string): string => `CW${key.slice(0, 32)}`
