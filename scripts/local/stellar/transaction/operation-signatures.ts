import { xdr } from '@stellar/stellar-sdk/base'
import { accountIn, type Scope } from '../ledger/scope.ts'
import type { SignatureCheck } from './signature-check.ts'
import type { Operation } from './transaction.ts'

/** Whether the source of an operation agreed to it. One that does not exist (yet) agrees by its own key. */
export const operationSignatures = (
  { body, rules, source, ownSource }: Operation,
  scope: Pick<Scope, 'get'>,
  check: SignatureCheck,
): xdr.OperationResult | undefined => {
  const account = accountIn(scope, source)
  if (!account) {
    if (!ownSource) return xdr.OperationResult.opNoAccount()
    return check.keyMeets(source) ? undefined : xdr.OperationResult.opBadAuth()
  }
  return check.accountMeets(account, account.thresholds[rules.threshold(body)]) ? undefined : xdr.OperationResult.opBadAuth()
}
