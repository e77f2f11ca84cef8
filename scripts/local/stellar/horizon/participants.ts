import type { xdr } from '@stellar/stellar-sdk/base'
import { accountIdOfKey, accountIdOfMuxed } from '../ledger/account-id.ts'
import type { HistoricOperation, HistoricTransaction } from './historic-transaction.ts'
import { beginOperationOf, sponsorOf } from './sponsor.ts'

/** The accounts in whose history an operation appears: a claim lists its claimer only, a creation all of its claimants. */
export const operationParticipants = (operation: HistoricOperation): Set<string> => {
  const sponsor = sponsorOf(operation)
  return new Set([accountIdOfMuxed(operation.source), ...counterparts(operation), ...(sponsor ? [sponsor] : [])])
}

/** Of a transaction: its source, who paid the fee, everybody in its operations, and every account entry that it changed. */
export const transactionParticipants = (transaction: HistoricTransaction): Set<string> => {
  const { source, feeBump } = transaction.envelope()
  const accounts = new Set([accountIdOfMuxed(source), ...(feeBump ? [accountIdOfMuxed(feeBump.source)] : [])])
  for (const operation of transaction.operations()) {
    for (const account of operationParticipants(operation)) accounts.add(account)
    for (const change of operation.changes) for (const account of accountOfChange(change)) accounts.add(account)
  }
  return accounts
}

const accountOfChange = (change: xdr.LedgerEntryChange): string[] => {
  if (change.type === 'ledgerEntryRemoved')
    return change.removed.type === 'account' ? [accountIdOfKey(change.removed.account.accountId)] : []
  const { data } = change.value
  return data.type === 'account' ? [accountIdOfKey(data.account.accountId)] : []
}

const counterparts = (operation: HistoricOperation): string[] => {
  const { body } = operation
  switch (body.type) {
    case 'createAccount':
      return [accountIdOfKey(body.createAccountOp.destination)]
    case 'payment':
      return [accountIdOfMuxed(body.paymentOp.destination)]
    case 'allowTrust':
      return [accountIdOfKey(body.allowTrustOp.trustor)]
    case 'accountMerge':
      return [accountIdOfMuxed(body.destination)]
    case 'createClaimableBalance':
      return body.createClaimableBalanceOp.claimants.map(({ v0 }) => accountIdOfKey(v0.destination))
    case 'beginSponsoringFutureReserves':
      return [accountIdOfKey(body.beginSponsoringFutureReservesOp.sponsoredId)]
    case 'endSponsoringFutureReserves': {
      const begin = beginOperationOf(operation)
      return begin ? [accountIdOfMuxed(begin.source)] : []
    }
    case 'revokeSponsorship':
      return body.revokeSponsorshipOp.type === 'revokeSponsorshipSigner'
        ? [accountIdOfKey(body.revokeSponsorshipOp.signer.accountId)]
        : keyHolder(body.revokeSponsorshipOp.ledgerKey)
    case 'clawback':
      return [accountIdOfMuxed(body.clawbackOp.from)]
    case 'setTrustLineFlags':
      return [accountIdOfKey(body.setTrustLineFlagsOp.trustor)]
    default:
      return []
  }
}

const keyHolder = (key: xdr.LedgerKey): string[] => {
  switch (key.type) {
    case 'account':
      return [accountIdOfKey(key.account.accountId)]
    case 'data':
      return [accountIdOfKey(key.data.accountId)]
    case 'offer':
      return [accountIdOfKey(key.offer.sellerId)]
    case 'trustline':
      return [accountIdOfKey(key.trustLine.accountId)]
    default:
      return []
  }
}
