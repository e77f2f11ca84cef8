import type { BalanceKind, EscrowEvent, Hash } from '../observation.ts'
import type { Claimant, Movement } from './transaction.ts'
import type { Watched } from './watched.ts'

/** A claimable balance that we have seen being made, and what it means. */
export type KnownBalance = {
  readonly kind: BalanceKind
  readonly escrowId: Hash
  readonly ref: string
  readonly token: string
  /** Units of 10⁻⁷. */
  readonly amount: bigint
  /** Whose money it was: the payer of the hold, the customer of a deposit. */
  readonly payer: string
  /** The fact that told of its making: two of the same terms have the same id. */
  readonly madeBy: string
  /** To whom a delivery goes. */
  readonly payee?: string
}

export type Created = Extract<Movement, { kind: 'balanceCreated' }>

/** The two sides of a balance that one side may claim before a time and the other from that time on. */
export type Split = { readonly before: string; readonly from: string; readonly time: bigint }

/** Exactly two claimants whose windows meet: neither a gap nor an overlap. In either order. */
export const splitOf = (claimants: readonly Claimant[]): Split | undefined => {
  const [one, other] = claimants
  if (claimants.length !== 2 || one === undefined || other === undefined) return undefined
  const [before, from] = one.window.kind === 'before' ? [one, other] : [other, one]
  if (before.window.kind !== 'before' || from.window.kind !== 'from' || before.window.time !== from.window.time) return undefined
  return { before: before.account, from: from.account, time: before.window.time }
}

/** What is left for a customer: his at any time, ours again from a time on. */
export const deliveryOf = ({ claimants }: Created, { hot }: Watched): { payee: string; reclaimableFrom: bigint } | undefined => {
  const customer = claimants.find(({ window }) => window.kind === 'always')
  const us = claimants.find(({ account }) => account === hot)
  if (claimants.length !== 2 || customer === undefined || customer === us || us?.window.kind !== 'from') return undefined
  return { payee: customer.account, reclaimableFrom: us.window.time }
}

const kinds: Partial<Record<EscrowEvent['type'], BalanceKind>> = {
  escrowLocked: 'hold',
  depositReceived: 'deposit',
  escrowReleased: 'delivery',
}

type Making = Pick<EscrowEvent, 'type' | 'escrowId' | 'ref' | 'token' | 'amount' | 'payee' | 'payload' | 'txHash' | 'ordinal'>

/** The balance that an event tells the making of, with its id. */
export const balanceMadeBy = (event: Making): readonly [id: string, balance: KnownBalance] | undefined => {
  const kind = kinds[event.type]
  const { escrowId, ref, token, amount, payee, payload, txHash, ordinal } = event
  if (kind === undefined || typeof payload.balanceId !== 'string' || escrowId === undefined || amount === undefined)
    return undefined
  const balance = {
    ...{ kind, escrowId, ref, token, amount, payer: String(payload.payer), madeBy: `${txHash}:${ordinal}` },
    ...(payee === undefined ? {} : { payee }),
  }
  return [payload.balanceId, balance]
}
