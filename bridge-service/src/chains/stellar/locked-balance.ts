import { type Refused, refused } from '../../outcome.ts'
import type { StellarContext } from './context.ts'
import { unavailable } from './failure.ts'

/**
 * The balance that the lock of this escrow made. Which one it is only we know for sure: anyone can make a balance that looks the same.
 * Throws `chain_unavailable` while the lock's own fate is open.
 */
export const lockedBalance = async (
  { store, horizon }: StellarContext,
  escrowId: `0x${string}`,
): Promise<{ kind: 'locked'; balanceId: string } | Refused> => {
  const lock = await store.lockOf(escrowId)
  if (lock === undefined) return refused('escrow_not_open', 'nothing was ever locked under these terms')
  const attempt = lock.attempts.at(-1)!
  const [balanceId] = attempt.balanceIds
  if (attempt.fate === 'succeeded') return { kind: 'locked', balanceId: balanceId! }
  if (attempt.fate === 'open' && (await horizon.transaction(attempt.hash))?.successful)
    return { kind: 'locked', balanceId: balanceId! }
  throw unavailable('what became of the lock is not known yet')
}
