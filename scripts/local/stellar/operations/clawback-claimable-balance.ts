import { xdr } from '@stellar/stellar-sdk/base'
import { issuerOf, native } from '../ledger/asset.ts'
import { removeEntry } from '../ledger/reserve.ts'
import { claimableBalanceIn } from '../ledger/scope.ts'
import { define } from './define.ts'

const result = (code: xdr.ClawbackClaimableBalanceResult['type']) =>
  xdr.OperationResultTr.clawbackClaimableBalance(xdr.ClawbackClaimableBalanceResult[code]())

export const clawbackClaimableBalance = define('clawbackClaimableBalance', {
  threshold: 'medium',
  malformed: () => undefined,
  apply: ({ balanceId }, on) => {
    const balance = claimableBalanceIn(on.scope, Buffer.from(balanceId.v0.value).toString('hex'))
    if (!balance) return 'clawbackClaimableBalanceDoesNotExist'
    if (balance.asset === native || issuerOf(balance.asset) !== on.source) return 'clawbackClaimableBalanceNotIssuer'
    if (!balance.clawbackEnabled) return 'clawbackClaimableBalanceNotClawbackEnabled'
    removeEntry(on.scope, balance)
    return 'clawbackClaimableBalanceSuccess'
  },
  result,
  success: result('clawbackClaimableBalanceSuccess'),
})
