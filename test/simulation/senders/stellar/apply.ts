import { ownToken } from '../../chain/brought.ts'
import type { SimChain } from '../../chain/chain.ts'
import { type ChainState, treasury } from '../../chain/escrow.ts'
import { hashOf } from '../../chain/ids.ts'
import { hot, issuer, nameOf } from './accounts.ts'
import { isThere, mayClaim } from './balances.ts'
import type { LedgerBooks } from './books.ts'
import type { Deed, ReadEnvelope } from './envelope.ts'
import type { Means } from './means.ts'
import type { OperationFault } from './result.ts'
import type { LedgerWish } from './wish.ts'

/**
 * What a transaction of ours comes to when a ledger closes: what is wrong with it, or what it does. In the order in which core looks. That a
 * second lock of the same terms is refused is the contract's law, and not the ledger's: here it is another escrow.
 */
export const applying =
  ({ circumstances }: SimChain, books: LedgerBooks, means: Means) =>
  ({ deeds, innerHash }: ReadEnvelope, wish: LedgerWish) =>
  (state: ChainState, timeMs: number): LedgerWish | OperationFault => {
    const isPaused = timeMs < circumstances.pausedUntilMs
    const has = ({ currency, amountMinor }: LedgerWish['terms']) =>
      currency !== ownToken || (timeMs >= circumstances.emptyUntilMs && state.treasuryMinor >= BigInt(amountMinor))

    const wrongWith = (deed: Deed): OperationFault | undefined => {
      if (deed.kind === 'claim') {
        const { balance } = books.balanceOf(deed.balanceId)
        if (!isThere(balance, state)) return 'claimClaimableBalanceDoesNotExist'
        if (!mayClaim(balance, deed.source, BigInt(Math.floor(timeMs / 1_000)))) return 'claimClaimableBalanceCannotClaim'
        return isPaused ? 'claimClaimableBalanceNotAuthorized' : undefined
      }
      if (deed.kind === 'create') {
        if (isPaused) return 'createClaimableBalanceNotAuthorized'
        if (wish.action === 'lock' && wish.terms.payer === treasury && !has(wish.terms))
          return 'createClaimableBalanceUnderfunded'
        return means.hasLumens(timeMs) ? undefined : 'createClaimableBalanceLowReserve'
      }
      if (deed.to !== issuer && deed.to !== hot && !means.hasLine(nameOf(deed.to), timeMs)) return 'paymentNoTrust'
      if (isPaused) return 'paymentSrcNotAuthorized'
      return wish.paid && !has(wish.terms) ? 'paymentUnderfunded' : undefined
    }

    for (const deed of deeds) {
      const fault = wrongWith(deed)
      if (fault !== undefined) return fault
    }
    if (wish.action !== 'lock') return wish
    const escrowId = state.escrows.has(wish.escrowId) ? hashOf(`${wish.escrowId} again by ${innerHash}`) : wish.escrowId
    for (const deed of deeds) if (deed.kind === 'create') books.make(deed, { ...wish, escrowId })
    return { ...wish, escrowId }
  }
