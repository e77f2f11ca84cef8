import { xdr } from '@stellar/stellar-sdk'

/**
 * What a transaction in a ledger that failed says. `refused`: an operation of it cannot be done, and why. `spoiled`: it was the transaction
 * itself, not what it asked for, so it may be built again. In a failed transaction operations also report what they *would* have done,
 * so only a bad one means something.
 */
export type FailedResult =
  | { readonly kind: 'refused'; readonly code: string; readonly detail: string }
  | { readonly kind: 'spoiled'; readonly detail: string }

export const readFailure = (result: Uint8Array): FailedResult => {
  const outer = xdr.TransactionResult.fromXdr(result).result
  const inner =
    outer.type === 'txFeeBumpInnerFailed' || outer.type === 'txFeeBumpInnerSuccess' ? outer.innerResultPair.result.result : outer
  if (inner.type !== 'txFailed') return { kind: 'spoiled', detail: inner.type }
  const names = inner.results.map(nameOf)
  const bad = names.find(name => !name.endsWith('Success')) ?? 'unknown'
  return { kind: 'refused', code: codes[bad] ?? 'chain_refused', detail: names.join(', ') }
}

const nameOf = (result: xdr.OperationResult): string => (result.type === 'opInner' ? result.tr.value.type : result.type)

const codes: Readonly<Record<string, string>> = {
  // The balance is gone: paid, refunded or clawed back.
  claimClaimableBalanceDoesNotExist: 'escrow_not_open',
  claimClaimableBalanceCannotClaim: 'escrow_expired',
  claimClaimableBalanceLineFull: 'line_full',
  claimClaimableBalanceNoTrust: 'trustline_missing',
  claimClaimableBalanceNotAuthorized: 'not_authorized',
  createClaimableBalanceLowReserve: 'insufficient_reserve',
  createClaimableBalanceNoTrust: 'trustline_missing',
  createClaimableBalanceNotAuthorized: 'not_authorized',
  createClaimableBalanceUnderfunded: 'insufficient_balance',
  paymentUnderfunded: 'insufficient_balance',
  paymentSrcNoTrust: 'trustline_missing',
  paymentSrcNotAuthorized: 'not_authorized',
  paymentNoDestination: 'account_missing',
  paymentNoTrust: 'trustline_missing',
  paymentNotAuthorized: 'not_authorized',
  paymentLineFull: 'line_full',
  paymentNoIssuer: 'asset_unknown',
  opNoAccount: 'account_missing',
  opBadAuth: 'signature_refused',
}
