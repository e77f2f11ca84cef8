import { BridgeError } from '../errors.ts'
import { add, type Money, money } from '../money/money.ts'
import { basisPointsUp, divideUp } from '../money/rate.ts'
import type { BankLeg, ChainLeg, Route } from '../transfer/terms.ts'

/** What a route costs in one source currency, in its minor units. */
export type FeeSchedule = {
  readonly fixedMinor: bigint
  readonly bps: bigint
  /** Bounds of the part by basis points. */
  readonly minMinor: bigint
  readonly maxMinor?: bigint | undefined
  /** What passing through a chain (`evm:1`) or a rail's scheme (`ach`) costs. */
  readonly network: Readonly<Record<string, bigint>>
}

export type FeeSchedules = Partial<Record<Route, Partial<Record<string, FeeSchedule>>>>

/** A schedule for two places. */
export type Tariff = Omit<FeeSchedule, 'network'> & { readonly network: readonly { place: string; minor: bigint }[] }

/** One part of a fee; all are in the source's currency, and none is nothing. */
export type FeePart =
  | { readonly kind: 'fixed'; readonly amount: Money }
  | { readonly kind: 'bps'; readonly amount: Money; readonly bps: bigint }
  | { readonly kind: 'network'; readonly amount: Money; readonly place: string }

/** What a leg passes through: a rail, by its scheme, or a chain. */
export type Passage = Pick<BankLeg, 'kind' | 'scheme'> | Pick<ChainLeg, 'kind' | 'chain'>

export const placeOf = (passage: Passage): string => (passage.kind === 'chain' ? passage.chain : passage.scheme)

/** Throws `route_unsupported` for what has no schedule: nothing is carried for nothing because somebody forgot a line. */
export const tariffFor = (schedules: FeeSchedules, route: Route, currency: string, places: readonly string[]): Tariff => {
  const schedule = schedules[route]?.[currency]
  if (schedule === undefined) throw new BridgeError('route_unsupported', { route, asset: currency, reason: 'no fee is set' })
  const network = places.map(place => ({ place, minor: Object.hasOwn(schedule.network, place) ? schedule.network[place]! : 0n }))
  return { ...schedule, network }
}

/** The parts of the fee of what leaves the source. The more leaves, the more it is, by a minor unit for each minor unit at most. */
export const feeParts = (paid: Money, { fixedMinor, bps, minMinor, maxMinor, network }: Tariff): FeePart[] => {
  const { currency } = paid
  const share = atMost(maxMinor, atLeast(minMinor, basisPointsUp(paid, bps).minor))
  const parts: FeePart[] = [
    { kind: 'fixed', amount: money(currency, fixedMinor) },
    { kind: 'bps', amount: money(currency, share), bps },
    ...network.map(({ place, minor }) => ({ kind: 'network' as const, amount: money(currency, minor), place })),
  ]
  return parts.filter(({ amount }) => amount.minor > 0n)
}

export const totalOf = (parts: readonly FeePart[], currency: Money['currency']): Money =>
  parts.reduce((total, { amount }) => add(total, amount), money(currency, 0n))

/** The least that leaves exactly this after the fee. Throws `amount_under_minimum` where the fee is everything. */
export const leastPaidFor = (net: Money, { fixedMinor, bps, minMinor, maxMinor, network }: Tariff): Money => {
  const beforeShare = network.reduce((sum, { minor }) => sum + minor, net.minor + fixedMinor)
  // What the basis points leave of n minor units is floor(n * left / 10,000), since they are rounded up.
  const left = 10_000n - bps
  const bySchedule = left > 0n ? atLeast(beforeShare + minMinor, divideUp(beforeShare * 10_000n, left)) : undefined
  const atMaximum = maxMinor === undefined ? undefined : beforeShare + maxMinor
  const least = bySchedule === undefined ? atMaximum : atMost(atMaximum, bySchedule)
  if (least === undefined) throw new BridgeError('amount_under_minimum', { asset: net.currency })
  return money(net.currency, least)
}

const atLeast = (minimum: bigint, value: bigint): bigint => (value < minimum ? minimum : value)
const atMost = (maximum: bigint | undefined, value: bigint): bigint =>
  maximum !== undefined && value > maximum ? maximum : value
