import { stroopsOf } from './amount.ts'
import { areClaimants, depositClaimants } from './claimants.ts'
import type { StellarContext } from './context.ts'
import type { DepositTerms } from './task.ts'

/**
 * `exact`: the balance is what was agreed, and ours until its deadline. `differs`: it is not, and goes back the way that is named: `byItself`
 * when the customer can claim it from some time on without us, `byReturn` when only we can (`returnDeposit`), `none` when we are no claimant
 * and it is none of our business.
 */
export type DepositVerdict =
  | { readonly kind: 'exact'; readonly token: string; readonly stroops: bigint; readonly clawbackEnabled: boolean }
  | {
      readonly kind: 'differs'
      readonly what: 'asset' | 'amount' | 'claimants'
      readonly wayBack: 'byItself' | 'byReturn' | 'none'
    }
  | { readonly kind: 'absent' }

/** Compares what stands on the ledger with what was agreed. Throws `chain_unavailable`. */
export const verifyDeposit = async (
  { horizon, accounts, tokenAddress, decimalsOf }: StellarContext,
  terms: DepositTerms,
  balanceId: string,
): Promise<DepositVerdict> => {
  const balance = await horizon.balance(balanceId)
  if (balance === undefined) return { kind: 'absent' }
  const token = tokenAddress(terms.currency)
  const stroops = stroopsOf(BigInt(terms.amountMinor), terms.currency, decimalsOf(terms.currency))
  const isOurs = balance.claimants.some(({ destination }) => destination === accounts.hot)
  const isTheirs = balance.claimants.some(({ destination }) => !accounts.own.has(destination))
  const wayBack = isTheirs ? 'byItself' : isOurs ? 'byReturn' : 'none'
  if (!areClaimants(balance.claimants, depositClaimants(accounts.hot, terms.customer, BigInt(terms.refundAfter))))
    return { kind: 'differs', what: 'claimants', wayBack }
  if (balance.token !== token) return { kind: 'differs', what: 'asset', wayBack }
  if (balance.stroops !== stroops) return { kind: 'differs', what: 'amount', wayBack }
  return { kind: 'exact', token, stroops, clawbackEnabled: balance.clawbackEnabled }
}
