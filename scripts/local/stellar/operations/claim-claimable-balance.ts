import { xdr } from '@stellar/stellar-sdk/base'
import { native } from '../ledger/asset.ts'
import { credited, lineOf } from '../ledger/funds.ts'
import { holds } from '../ledger/predicate.ts'
import { removeEntry } from '../ledger/reserve.ts'
import { accountIn, claimableBalanceIn } from '../ledger/scope.ts'
import { define } from './define.ts'

const result = (code: xdr.ClaimClaimableBalanceResult['type']) =>
  xdr.OperationResultTr.claimClaimableBalance(xdr.ClaimClaimableBalanceResult[code]())

export const claimClaimableBalance = define('claimClaimableBalance', {
  threshold: 'low',
  malformed: () => undefined,
  apply: ({ balanceId }, on) => {
    const balance = claimableBalanceIn(on.scope, Buffer.from(balanceId.v0.value).toString('hex'))
    if (!balance) return 'claimClaimableBalanceDoesNotExist'
    const claimant = balance.claimants.find(({ destination }) => destination === on.source)
    if (!claimant || !holds(claimant.predicate, on.ledger.closeTime)) return 'claimClaimableBalanceCannotClaim'
    if (balance.asset === native) {
      const richer = credited(accountIn(on.scope, on.source)!, balance.amount)
      if (!richer) return 'claimClaimableBalanceLineFull'
      on.scope.put(richer)
    } else {
      const line = lineOf(on.scope, on.source, balance.asset)
      if (!line) return 'claimClaimableBalanceNoTrust'
      if (!line.authorized) return 'claimClaimableBalanceNotAuthorized'
      if (!line.add(balance.amount)) return 'claimClaimableBalanceLineFull'
    }
    removeEntry(on.scope, balance)
    return 'claimClaimableBalanceSuccess'
  },
  result,
  success: result('claimClaimableBalanceSuccess'),
})
