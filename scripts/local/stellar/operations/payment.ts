import { xdr } from '@stellar/stellar-sdk/base'
import { accountIdOfMuxed } from '../ledger/account-id.ts'
import { type AssetId, assetIdOf, issuerOf, native } from '../ledger/asset.ts'
import { available, credited, lineOf } from '../ledger/funds.ts'
import { accountIn } from '../ledger/scope.ts'
import { define } from './define.ts'
import type { Applying } from './operation.ts'

type Code = xdr.PaymentResult['type']

const result = (code: Code) => xdr.OperationResultTr.payment(xdr.PaymentResult[code]())

export const payment = define('payment', {
  threshold: 'medium',
  malformed: ({ asset, amount }) => (amount <= 0n || assetIdOf(asset) === undefined ? 'paymentMalformed' : undefined),
  apply: ({ destination, asset, amount }, on): Code => {
    const to = accountIdOfMuxed(destination)
    const id = assetIdOf(asset)!
    if (id === native) return payNative(on, to, amount)
    return payCredit(on, to, id, amount)
  },
  result,
  success: result('paymentSuccess'),
})

const payNative = (on: Applying, to: string, amount: bigint): Code => {
  if (to === on.source) return 'paymentSuccess'
  const destination = accountIn(on.scope, to)
  if (!destination) return 'paymentNoDestination'
  const richer = credited(destination, amount)
  if (!richer) return 'paymentLineFull'
  const source = accountIn(on.scope, on.source)!
  if (available(source, on.baseReserve) < amount) return 'paymentUnderfunded'
  on.scope.put(richer)
  on.scope.put({ ...source, balance: source.balance - amount })
  return 'paymentSuccess'
}

const payCredit = (on: Applying, to: string, asset: AssetId, amount: bigint): Code => {
  // What goes back to its issuer needs nobody to receive it, so that a debt can be burnt even when its issuer is gone.
  if (to !== issuerOf(asset) && !accountIn(on.scope, to)) return 'paymentNoDestination'
  // The destination first: who pays himself needs room for the amount on top of what he has.
  const into = lineOf(on.scope, to, asset)
  if (!into) return 'paymentNoTrust'
  if (!into.authorized) return 'paymentNotAuthorized'
  if (!into.add(amount)) return 'paymentLineFull'
  const from = lineOf(on.scope, on.source, asset)
  if (!from) return 'paymentSrcNoTrust'
  if (!from.authorized) return 'paymentSrcNotAuthorized'
  return from.add(-amount) ? 'paymentSuccess' : 'paymentUnderfunded'
}
