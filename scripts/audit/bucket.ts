import type { AuditLimits } from './fold.ts'

const day = 86_400n

/**
 * What the operator has released and committed and what has not been refilled since, kept as an exact number in 1/86,400 of a minor unit. It is above the
 * capacity if and only if some window has seen more than capacity and refill. The contract rounds against the operator, so whatever it
 * allows passes here.
 */
export type Bucket = { readonly used: bigint; readonly at: bigint }

export const emptyBucket: Bucket = { used: 0n, at: 0n }

/** The bucket at a later time, refilled under the limits that were in force meanwhile. */
export const refilled = ({ used, at }: Bucket, { refillPerDay }: AuditLimits, now: bigint): Bucket => {
  const left = used - (now - at) * refillPerDay
  return { used: left > 0n ? left : 0n, at: now }
}

export const taken = (bucket: Bucket, amount: bigint): Bucket => ({ ...bucket, used: bucket.used + amount * day })

/** By how many minor units the bucket is overdrawn, rounded up; zero when it is not. */
export const overdrawn = ({ used }: Bucket, { capacity }: AuditLimits): bigint => {
  const over = used - capacity * day
  return over > 0n ? (over + day - 1n) / day : 0n
}

/** New limits: what was taken stays taken, but for no longer than the year in which the contract lets every bucket refill. */
export const underNewLimits = ({ used, at }: Bucket, { refillPerDay }: AuditLimits): Bucket => {
  const most = 365n * day * refillPerDay
  return { used: used < most ? used : most, at }
}
