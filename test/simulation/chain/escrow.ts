import type { Action, EscrowTerms } from '../escrow-terms.ts'
import { type DepositAddress, executeAtAddress, payBackTo } from './at-address.ts'
import { type Brought, executeBrought } from './brought.ts'

/** What a transaction wants of the contract, and who sends it. */
export type TxWish = {
  readonly hash: `0x${string}`
  readonly action: Action
  readonly escrowId: `0x${string}`
  readonly terms: EscrowTerms
  readonly sender: 'bridge' | 'stranger' | 'customer' | 'issuer'
  /** The transfer that it belongs to, as far as anyone can know. */
  readonly about: string
  /** Stellar: a payee who cannot be paid gets a balance that he can collect. */
  readonly delivery?: boolean
  /** Stellar: which of what was brought it is about, by its fact; and whether its way back is told under the hash of what brought it. */
  readonly brought?: string
  readonly memo?: 'return'
  /** Stellar: out of the treasury, whatever has become of what was brought. */
  readonly paid?: boolean
  /** EVM: what is sent to a deposit address, or goes back from there; the terms are those that the address follows from. */
  readonly token?: string
  readonly units?: string
}

export type EscrowStatus = 'locked' | 'committed' | 'released' | 'refunded' | 'clawedBack'
export type EscrowEvent = {
  readonly kind:
    | 'escrowLocked'
    | 'escrowCommitted'
    | 'escrowReleased'
    | 'escrowRefunded'
    | 'escrowCredited'
    | 'escrowClawedBack'
    | 'deliveryClaimed'
    | 'deliveryReclaimed'
    | 'depositReceived'
  readonly escrowId: `0x${string}`
  readonly terms: EscrowTerms
  readonly delivery?: true
  /** What an indexer tells of it beside the terms. */
  readonly also?: Readonly<Record<string, string>>
}

export type Escrow = {
  readonly escrowId: `0x${string}`
  readonly terms: EscrowTerms
  status: EscrowStatus
  /** Stellar: what was released lies in a balance for the payee, or lay there. */
  delivery: 'none' | 'waiting' | 'collected' | 'reclaimed'
  lockedMs: number
}

export type ChainState = {
  readonly escrows: Map<string, Escrow>
  /** Stellar: by its fact. */
  readonly brought: Map<string, Brought>
  /** EVM: by address. */
  readonly addresses: Map<string, DepositAddress>
  treasuryMinor: bigint
  /** Tokens that were minted into escrows and not burned. */
  mintedMinor: bigint
}

/** What makes the contract or the token refuse for a while; undefined when a block is executed again, whose outcome is known. */
export type Circumstances = {
  readonly nowMs: number
  readonly pausedUntilMs: number
  readonly emptyUntilMs: number
  readonly deniedUntilMs: ReadonlyMap<string, number>
}

export const treasury = `0x${'22'.repeat(20)}`
export const mintPayer = `0x${'cc'.repeat(20)}`

export const emptyState = (treasuryMinor: bigint): ChainState => ({
  ...{ escrows: new Map(), brought: new Map(), addresses: new Map() },
  ...{ treasuryMinor, mintedMinor: 0n },
})

/** Does what a transaction wants to the state, or gives the code with which it reverts. A state machine of its own, after the contract's text. */
export const execute = (
  state: ChainState,
  wish: TxWish,
  timeMs: number,
  circumstances: Circumstances | undefined,
): readonly EscrowEvent[] | string => {
  const { action, escrowId, terms, sender, delivery, brought } = wish
  const amount = BigInt(terms.amountMinor)
  const escrow = state.escrows.get(escrowId)
  const event = (kind: EscrowEvent['kind']): EscrowEvent => ({ kind, escrowId, terms })
  const isPaused = circumstances !== undefined && circumstances.nowMs < circumstances.pausedUntilMs
  switch (action) {
    case 'lock':
      if (escrow !== undefined) return 'EscrowExists'
      if (isPaused) return 'EnforcedPause'
      if (terms.refundAfter * 1_000 <= timeMs) return 'RefundAfterPassed'
      if (terms.payer === treasury) {
        if (state.treasuryMinor < amount) return 'ERC20InsufficientBalance'
        if (circumstances !== undefined && circumstances.nowMs < circumstances.emptyUntilMs) return 'ERC20InsufficientBalance'
        state.treasuryMinor -= amount
      } else if (terms.payer === mintPayer) state.mintedMinor += amount
      state.escrows.set(escrowId, { escrowId, terms, status: 'locked', delivery: 'none', lockedMs: timeMs })
      return [event('escrowLocked')]
    case 'commit':
      if (escrow?.status !== 'locked') return 'EscrowNotOpen'
      if (terms.refundAfter * 1_000 <= timeMs) return 'CommitTooLate'
      escrow.status = 'committed'
      return [event('escrowCommitted')]
    case 'release': {
      if (!isOpen(escrow)) return 'EscrowNotOpen'
      if (isPaused) return 'EnforcedPause'
      return payOut(state, escrow, event, circumstances, delivery)
    }
    case 'refund':
      if (!isOpen(escrow)) return 'EscrowNotOpen'
      if (sender !== 'bridge') return 'AccessControlUnauthorizedAccount'
      return payBack(state, escrow, event)
    case 'expire': {
      if (!isOpen(escrow)) return 'EscrowNotOpen'
      const deadline = escrow.status === 'locked' ? terms.refundAfter : terms.hardDeadline
      if (timeMs < deadline * 1_000) return 'EscrowNotExpired'
      return escrow.status === 'committed' && terms.onExpiry === 'release'
        ? payOut(state, escrow, event, circumstances, delivery)
        : payBack(state, escrow, event)
    }
    case 'clawback':
      if (brought !== undefined) return executeBrought(state, wish, timeMs)
      if (!isOpen(escrow)) return 'EscrowNotOpen'
      escrow.status = 'clawedBack'
      if (terms.payer === mintPayer) state.mintedMinor -= amount
      return [{ ...event('escrowClawedBack'), also: { balance: 'hold' } }]
    case 'collect':
    case 'reclaim':
      if (escrow?.delivery !== 'waiting') return 'op_does_not_exist'
      escrow.delivery = action === 'collect' ? 'collected' : 'reclaimed'
      if (action === 'collect') return [event('deliveryClaimed')]
      if (terms.payer === mintPayer) state.mintedMinor -= amount
      else state.treasuryMinor += amount
      return [event('deliveryReclaimed')]
    case 'transfer':
    case 'lockThere':
    case 'recover':
      return executeAtAddress(state, wish, timeMs, circumstances)
    default:
      return executeBrought(state, wish, timeMs)
  }
}

export const isOpen = (escrow: Escrow | undefined): escrow is Escrow =>
  escrow?.status === 'locked' || escrow?.status === 'committed'

const payOut = (
  state: ChainState,
  escrow: Escrow,
  event: (kind: EscrowEvent['kind']) => EscrowEvent,
  circumstances: Circumstances | undefined,
  delivery: boolean | undefined,
): readonly EscrowEvent[] => {
  escrow.status = 'released'
  if (escrow.terms.payee === treasury) state.treasuryMinor += BigInt(escrow.terms.amountMinor)
  if (delivery) {
    escrow.delivery = 'waiting'
    return [{ ...event('escrowReleased'), delivery: true }]
  }
  const deniedUntilMs = circumstances?.deniedUntilMs.get(escrow.escrowId) ?? 0
  // The token refuses: the payee can claim it from the contract for ever.
  const refuses = circumstances !== undefined && circumstances.nowMs < deniedUntilMs
  return refuses ? [event('escrowReleased'), event('escrowCredited')] : [event('escrowReleased')]
}

const payBack = (
  state: ChainState,
  escrow: Escrow,
  event: (kind: EscrowEvent['kind']) => EscrowEvent,
): readonly EscrowEvent[] => {
  escrow.status = 'refunded'
  const { payer, amountMinor } = escrow.terms
  if (payer === treasury) state.treasuryMinor += BigInt(amountMinor)
  else if (payer === mintPayer) state.mintedMinor -= BigInt(amountMinor)
  else payBackTo(state, payer, BigInt(amountMinor))
  return [event('escrowRefunded')]
}
