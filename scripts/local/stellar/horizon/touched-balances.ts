import type { xdr } from '@stellar/stellar-sdk/base'
import type { HistoricOperation } from './historic-transaction.ts'

/** Ids (72 hex) of the claimable balances that an operation made, claimed, clawed back or whose sponsor it changed. */
export const balanceIdsOf = ({ body, result }: HistoricOperation): string[] => {
  switch (body.type) {
    case 'createClaimableBalance': {
      const outcome = result?.type === 'opInner' && result.tr.type === 'createClaimableBalance' ? result.tr.value : undefined
      return outcome?.type === 'createClaimableBalanceSuccess' ? [idText(outcome.balanceId)] : []
    }
    case 'claimClaimableBalance':
      return [idText(body.claimClaimableBalanceOp.balanceId)]
    case 'clawbackClaimableBalance':
      return [idText(body.clawbackClaimableBalanceOp.balanceId)]
    case 'revokeSponsorship': {
      const { revokeSponsorshipOp: revoke } = body
      return revoke.type === 'revokeSponsorshipLedgerEntry' && revoke.ledgerKey.type === 'claimableBalance'
        ? [idText(revoke.ledgerKey.claimableBalance.balanceId)]
        : []
    }
    default:
      return []
  }
}

export const idText = (id: xdr.ClaimableBalanceId): string => id.toXdr('hex')
