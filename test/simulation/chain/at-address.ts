import type { EscrowTerms } from '../escrow-terms.ts'
import { ownToken } from './brought.ts'
import type { ChainState, Circumstances, EscrowEvent, TxWish } from './escrow.ts'
import { escrowIdOf, hashOf } from './ids.ts'

/** Units of one token at one address: what lies there, what was sent there from outside, and what went back to its owner. */
export type Lying = { lies: bigint; came: bigint; back: bigint }

/** A deposit address to which something was sent once, with the terms that it follows from. */
export type DepositAddress = {
  readonly address: string
  readonly terms: EscrowTerms
  /** Of what is locked from there, once. */
  readonly escrowId: `0x${string}`
  /** By currency, or the chain's own coin. */
  readonly tokens: Map<string, Lying>
}

/** Nobody sells it: whoever sends it has made a mistake. */
export const nativeCoin = 'native'

/** The address of a deposit, from the terms under which its owner would lock by himself. */
export const addressOf = (terms: EscrowTerms): string => `0x${hashOf(`address of ${escrowIdOf(terms)}`).slice(2, 42)}`

/** What is locked from there: the address is its payer. */
export const lockedTermsOf = (terms: EscrowTerms): EscrowTerms => ({ ...terms, payer: addressOf(terms) })

export const lyingAt = ({ addresses }: ChainState, address: string, token: string): bigint =>
  addresses.get(address)?.tokens.get(token)?.lies ?? 0n

/**
 * What a call of the contract of the deposit addresses would do as the chain stands, or the error with which it reverts: how much is locked
 * or goes back. After the contract's text.
 */
export const wouldMove = (
  state: ChainState,
  { action, terms, sender, token = ownToken }: Pick<TxWish, 'action' | 'terms' | 'sender' | 'token'>,
  timeMs: number,
  circumstances: Circumstances | undefined,
): bigint | string => {
  const locked = lockedTermsOf(terms)
  const escrow = state.escrows.get(escrowIdOf(locked))
  const isBefore = (untilMs: number) => circumstances !== undefined && circumstances.nowMs < untilMs
  const lies = lyingAt(state, locked.payer, token)
  const amount = BigInt(terms.amountMinor)
  const isTooLate = terms.refundAfter * 1_000 <= timeMs
  if (action === 'lockThere') {
    if (lies < amount) return 'NotEnough'
    if (escrow !== undefined) return 'EscrowExists'
    if (circumstances !== undefined && isBefore(circumstances.pausedUntilMs)) return 'EnforcedPause'
    return isTooLate ? 'RefundAfterPassed' : amount
  }
  const mayTakeAll = token !== ownToken || isTooLate || escrow !== undefined || sender !== 'stranger'
  const goes = mayTakeAll ? lies : lies > amount ? lies - amount : 0n
  if (goes === 0n) return 'NothingToRecover'
  return token === ownToken && isBefore(circumstances?.deniedUntilMs.get(locked.payer) ?? 0) ? 'AccountDenied' : goes
}

/** Does it. */
export const executeAtAddress = (
  state: ChainState,
  wish: TxWish,
  timeMs: number,
  circumstances: Circumstances | undefined,
): readonly EscrowEvent[] | string => {
  const { action, terms, escrowId, token = ownToken, units = '0' } = wish
  const locked = lockedTermsOf(terms)
  const { tokens } = state.addresses.get(locked.payer) ?? opened(state, locked.payer, wish)
  const lying = tokens.get(token) ?? { lies: 0n, came: 0n, back: 0n }
  if (action === 'transfer') {
    tokens.set(token, { ...lying, lies: lying.lies + BigInt(units), came: lying.came + BigInt(units) })
    return []
  }
  const moved = wouldMove(state, wish, timeMs, circumstances)
  if (typeof moved === 'string') return moved
  const lies = lying.lies - moved
  tokens.set(token, { ...lying, lies, back: lying.back + (action === 'recover' ? moved : 0n) })
  if (action === 'recover') return []
  state.escrows.set(escrowId, { escrowId, terms: locked, status: 'locked', delivery: 'none', lockedMs: timeMs })
  return [{ kind: 'escrowLocked', escrowId, terms: locked }]
}

const opened = (state: ChainState, address: string, { terms, escrowId }: TxWish): DepositAddress => {
  const fresh: DepositAddress = { address, terms, escrowId, tokens: new Map() }
  state.addresses.set(address, fresh)
  return fresh
}

/** What an escrow gives back goes to the address that it was locked from, if it was. */
export const payBackTo = ({ addresses }: ChainState, payer: string, amount: bigint): void => {
  const tokens = addresses.get(payer)?.tokens
  const lying = tokens?.get(ownToken)
  if (lying !== undefined) tokens!.set(ownToken, { ...lying, lies: lying.lies + amount })
}
