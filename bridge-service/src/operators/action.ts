import type { Currency } from '../money/currency.ts'
import type { Resolution } from '../transfer/event.ts'
import type { TransferId } from '../transfer/id.ts'

/** What a person can do. */
export const actionTypes = [
  'retry',
  'cancel',
  'forceCompensation',
  'markResolved',
  'unpark',
  'pause',
  'resume',
  'settleByHand',
  'reclaimDelivery',
  'refund',
  'rebalance',
  'settleReceivable',
  'explainLine',
  'resumeChain',
] as const
export type ActionType = (typeof actionTypes)[number]

/** A person with a key. Several keys of one person are still one person. */
export type Operator = { readonly by: string; readonly person: string }

/** What is asked for, complete: an approval is bound to its hash. Plain JSON. */
export type Asked = {
  readonly type: ActionType
  readonly transferId: TransferId | null
  /** `route:onramp`, `chain:evm:31337`, `rail:bank:sim`. */
  readonly scope: string | null
  readonly reason: string
  readonly payload: ActionPayload
}

/** What has come of a receivable, in minor units. */
export type SettlementPayload = {
  readonly kind: 'recovered' | 'writtenOff'
  readonly currency: Currency
  readonly minor: string
}

/** What a doubtful line of a statement is; its amount and where it is booked, if it is. */
export type ExplanationPayload = {
  readonly account: string
  readonly cursor: string
  readonly into: string | null
  readonly document: string | null
  readonly currency: Currency
  readonly minor: string
}

/** On which branch a halted chain goes on; good for the halt that the person has seen, and for no other. */
export type ResumePayload = { readonly branch: 'ours' | 'theirs'; readonly haltedReason: string }

/** `markResolved` carries the version that the person has seen, and what it closes in the books. */
export type ActionPayload =
  | Readonly<Record<string, never>>
  | ({ readonly version: number } & Resolution)
  | { readonly intentKey: string; readonly fate: 'succeeded' | 'dead' }
  | { readonly balanceId: string }
  | { readonly currency: Currency; readonly minor: string }
  /** The pools, by id. */
  | { readonly from: string; readonly to: string; readonly currency: Currency; readonly minor: string }
  | SettlementPayload
  | ExplanationPayload
  | ResumePayload

export type Action = Asked & {
  readonly id: string
  readonly payloadHash: string
  readonly fourEyes: boolean
  readonly requestedBy: string
  readonly requestedPerson: string
  readonly requestedAt: Date
  readonly expiresAt: Date
  readonly decision: 'approve' | 'reject' | null
  readonly decidedBy: string | null
  readonly decidedPerson: string | null
  readonly decidedAt: Date | null
  readonly obeyedAt: Date | null
  readonly refusal: string | null
  readonly isExpired: boolean
}

// Money moves, or what holds it back is taken away: never on one person's word.
const always: readonly ActionType[] = [
  ...(['forceCompensation', 'markResolved', 'resume', 'settleByHand', 'reclaimDelivery', 'refund', 'resumeChain'] as const),
]
// Standing still costs nobody his money, and cannot wait for a second person.
const never: readonly ActionType[] = ['pause']

/** Whether a second person must approve it. `limits` are in minor units; a currency without one has no amount that is small. */
export const needsFourEyes = (
  { type, payload }: Pick<Asked, 'type' | 'payload'>,
  amount: { readonly currency: Currency; readonly minor: string } | undefined,
  limits: Partial<Record<Currency, bigint>>,
): boolean => {
  if (always.includes(type)) return true
  if ('into' in payload) return payload.into !== null
  if (never.includes(type) || amount === undefined) return false
  const limit = limits[amount.currency]
  return limit === undefined || BigInt(amount.minor) > limit
}

/** The parts of a scope that is well formed. */
export const scopeShape = /^(route|chain|rail):(.+)$/

/** Where intents go that a pause of this scope holds; undefined for a route, whose transfers that are there go on. */
export const targetOfScope = (scope: string): string | undefined => {
  const [, kind, name] = scopeShape.exec(scope) ?? []
  return kind === 'route' ? undefined : name
}
