import { isMinted, reservedMinor } from '../terms.ts'
import type { Depositing } from './depositing.ts'

/** Why a transfer that has passed its screening does not wait for its deposit. */
export const reasonNotToStart = (
  { deposit }: Depositing['progress'],
  terms: Depositing['terms'],
  availableMinor: bigint,
): { readonly code: string; readonly detail: string } | undefined => {
  if (deposit?.clawedBack || deposit?.refund) return { code: 'deposit_expired', detail: 'it has come and gone' }
  if (('hold' in terms && isMinted(terms)) || availableMinor >= reservedMinor(terms)) return undefined
  return { code: 'liquidity_insufficient', detail: `pool ${terms.pool}` }
}
