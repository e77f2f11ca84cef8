import type { ReserveRefusal } from '../ledger/reserve.ts'
import type { CommonRefusal } from './operation.ts'

/** A missing reserve in the words of an operation; the limits on counts are the same for all. */
export const refusedReserve = <Low extends string>(refusal: ReserveRefusal, low: Low): Low | CommonRefusal =>
  (({ lowReserve: low, tooManySubentries: 'opTooManySubentries', tooManySponsoring: 'opTooManySponsoring' }) as const)[refusal]
