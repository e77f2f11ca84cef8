import { xdr } from '@stellar/stellar-sdk/base'
import type { OperationRules } from './operation.ts'

const refused = xdr.OperationResult.opNotSupported()

/** Whatever this ledger does not emulate is refused before anything else is asked. */
export const unsupported: OperationRules = {
  threshold: () => 'medium',
  malformed: () => refused,
  apply: () => refused,
  success: refused,
}
