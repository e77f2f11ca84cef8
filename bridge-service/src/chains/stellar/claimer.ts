import type { StellarContext } from './context.ts'
import { unavailable } from './failure.ts'
import type { LedgerHold } from './hold.ts'
import type { Watermark } from './horizon.ts'

/**
 * Who can claim a hold as of now, and until when (Unix seconds, inclusive): the hot account before its deadline, the cold one from it on. Throws
 * `chain_unavailable` while that one's key is not here.
 */
export const claimerOf = (
  { accounts, notify }: StellarContext,
  { hot, cold, refundAfter }: LedgerHold,
  balanceId: string,
  mark: Watermark,
): { readonly claimer: string; readonly latest?: bigint } => {
  if (mark.closeTime < refundAfter) return { claimer: hot, latest: refundAfter - 1n }
  if (accounts.keyOf(cold) !== undefined) return { claimer: cold }
  notify({ type: 'coldKeyNeeded', balanceId })
  throw unavailable('the key of the claimer is not here', { claimer: cold })
}
