import type { xdr } from '@stellar/stellar-sdk/base'
import { accountIdOfKey, accountIdOfMuxed } from '../ledger/account-id.ts'
import { signerKeyOf } from '../ledger/signer-key.ts'
import type { HistoricOperation } from './historic-transaction.ts'

/** G… of whoever pays the reserve of what the operation created: an entry, or a signer. */
export const sponsorOf = ({ body, changes }: HistoricOperation): string | undefined => {
  const signer = body.type === 'setOptions' ? body.setOptionsOp.signer : null
  if (signer) {
    const key = signerKeyOf(signer.key).address
    const [before, after] = (['ledgerEntryState', 'ledgerEntryUpdated'] as const).map(type => signerSponsor(changes, type, key))
    if (after && after !== before) return after
  }
  for (const change of changes) {
    if (change.type !== 'ledgerEntryCreated') continue
    const sponsor = entrySponsor(change.created)
    if (sponsor) return sponsor
  }
  return undefined
}

/** G… of whoever pays the reserve of an entry, when that is not its owner. */
export const entrySponsor = ({ ext }: xdr.LedgerEntry): string | undefined =>
  ext.type === 'v1' && ext.v1.sponsoringId ? accountIdOfKey(ext.v1.sponsoringId) : undefined

const signerSponsor = (
  changes: readonly xdr.LedgerEntryChange[],
  type: 'ledgerEntryState' | 'ledgerEntryUpdated',
  key: string,
) => {
  for (const change of changes) {
    if (change.type !== type || change.value.data.type !== 'account') continue
    const account = change.value.data.account
    const at = account.signers.findIndex(signer => signerKeyOf(signer.key).address === key)
    const sponsor = at < 0 ? undefined : signerSponsorsOf(account)[at]
    if (sponsor) return accountIdOfKey(sponsor)
  }
  return undefined
}

/** Parallel to the account's signers. */
export const signerSponsorsOf = ({ ext }: xdr.AccountEntry): readonly (xdr.PublicKey | null)[] =>
  ext.type === 'v1' && ext.v1.ext.type === 'v2' ? ext.v1.ext.v2.signerSponsoringIDs : []

/** The operation that began the sponsoring which this one ends. A failed transaction need not be well nested: none then. */
export const beginOperationOf = ({ id, transaction, source }: HistoricOperation): HistoricOperation | undefined => {
  if (!transaction.applied.successful) return undefined
  const sponsored = accountIdOfMuxed(source)
  return transaction
    .operations()
    .filter(({ id: other }) => other < id)
    .findLast(
      ({ body }) =>
        body.type === 'beginSponsoringFutureReserves' &&
        accountIdOfKey(body.beginSponsoringFutureReservesOp.sponsoredId) === sponsored,
    )
}
