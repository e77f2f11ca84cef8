import type { Account } from '../ledger/entry.ts'
import type { LedgerParameters } from '../ledger/parameters.ts'
import { startingSequence } from '../ledger/starting-sequence.ts'
import type { Transaction } from './transaction.ts'

const maxInt64 = 2n ** 63n - 1n

/** Seconds by which the next close is taken to be later than the last one, at the earliest and at the latest. */
export type Offsets = { readonly earliest: bigint; readonly latest: bigint }

export const isTooEarly = (
  { preconditions: { timeBounds, ledgerBounds } }: Transaction,
  ledger: LedgerParameters,
  { earliest }: Offsets,
) =>
  (timeBounds !== null && timeBounds.min !== 0n && timeBounds.min > ledger.closeTime + earliest) ||
  (ledgerBounds !== null && ledgerBounds.min > ledger.sequence)

/** The last second still counts, the last ledger does not. */
export const isTooLate = (
  { preconditions: { timeBounds, ledgerBounds } }: Transaction,
  ledger: LedgerParameters,
  { latest }: Offsets,
) =>
  (timeBounds !== null && timeBounds.max !== 0n && timeBounds.max < ledger.closeTime + latest) ||
  (ledgerBounds !== null && ledgerBounds.max !== 0 && ledgerBounds.max <= ledger.sequence)

/** `current` is the sequence number that will have been used last. */
export const isBadSequence = ({ sequence, preconditions }: Transaction, ledger: LedgerParameters, current: bigint): boolean => {
  if (sequence === startingSequence(ledger.sequence)) return true
  if (preconditions.minSequence !== null) return current < preconditions.minSequence || current >= sequence
  return current === maxInt64 || current + 1n !== sequence
}

/** Minimum age and gap since the sequence number of the account last moved. */
export const isTooSoonForAccount = (
  { preconditions: { minSequenceAge, minSequenceGap } }: Transaction,
  { sequenceMoved }: Account,
  ledger: LedgerParameters,
  { earliest }: Offsets,
): boolean =>
  ledger.closeTime + earliest - minSequenceAge < (sequenceMoved?.time ?? 0n) ||
  ledger.sequence - minSequenceGap < (sequenceMoved?.ledger ?? 0)
