import type { xdr } from '@stellar/stellar-sdk/base'
import { accountIdOfKey } from '../ledger/account-id.ts'
import { signerKeyOf } from '../ledger/signer-key.ts'
import { accountFields } from './account-fields.ts'
import { decimal } from './amount.ts'
import { assetFields, ledgerAsset } from './asset.ts'
import type { HistoricOperation } from './historic-transaction.ts'
import { predicateRecord } from './predicate.ts'

import { beginOperationOf } from './sponsor.ts'
import { idText } from './touched-balances.ts'

/** The fields of an operation's record that depend on its type; none for a type that the local ledger refuses anyway. */
export const operationDetails = (operation: HistoricOperation): Record<string, unknown> => {
  const { body, source } = operation
  switch (body.type) {
    case 'createAccount': {
      const { startingBalance, destination } = body.createAccountOp
      return {
        starting_balance: decimal(startingBalance),
        ...accountFields('funder', source),
        account: accountIdOfKey(destination),
      }
    }
    case 'payment': {
      const { destination, asset, amount } = body.paymentOp
      return {
        ...assetFields(ledgerAsset(asset)),
        ...accountFields('from', source),
        ...accountFields('to', destination),
        amount: decimal(amount),
      }
    }
    case 'setOptions':
      return setOptionsDetails(body.setOptionsOp)
    case 'changeTrust': {
      const asset = assetFields(ledgerAsset(body.changeTrustOp.line))
      return {
        ...asset,
        limit: decimal(body.changeTrustOp.limit),
        ...(asset.asset_issuer ? { trustee: asset.asset_issuer } : {}),
        ...accountFields('trustor', source),
      }
    }
    case 'accountMerge':
      return { ...accountFields('account', source), ...accountFields('into', body.destination) }
    case 'manageData': {
      const { dataName, dataValue } = body.manageDataOp
      return {
        name: dataName.toString(),
        value: dataValue ? Buffer.from(dataValue.toBytes()).toString('base64') : '',
      }
    }
    case 'bumpSequence':
      return { bump_to: String(body.bumpSequenceOp.bumpTo) }
    case 'createClaimableBalance': {
      const { asset, amount, claimants } = body.createClaimableBalanceOp
      return {
        asset: ledgerAsset(asset),
        amount: decimal(amount),
        claimants: claimants.map(({ v0 }) => ({
          destination: accountIdOfKey(v0.destination),
          predicate: predicateRecord(v0.predicate),
        })),
      }
    }
    case 'claimClaimableBalance':
      return { balance_id: idText(body.claimClaimableBalanceOp.balanceId), ...accountFields('claimant', source) }
    case 'beginSponsoringFutureReserves':
      return { sponsored_id: accountIdOfKey(body.beginSponsoringFutureReservesOp.sponsoredId) }
    case 'endSponsoringFutureReserves': {
      const begin = beginOperationOf(operation)
      return begin ? accountFields('begin_sponsor', begin.source) : {}
    }
    case 'revokeSponsorship':
      return revokeDetails(body.revokeSponsorshipOp)
    case 'clawback': {
      const { asset, from, amount } = body.clawbackOp
      return { ...assetFields(ledgerAsset(asset)), ...accountFields('from', from), amount: decimal(amount) }
    }
    case 'clawbackClaimableBalance':
      return { balance_id: idText(body.clawbackClaimableBalanceOp.balanceId) }
    case 'setTrustLineFlags': {
      const { asset, trustor, setFlags, clearFlags } = body.setTrustLineFlagsOp
      return {
        ...assetFields(ledgerAsset(asset)),
        trustor: accountIdOfKey(trustor),
        ...flagFields('set', setFlags, lineFlags),
        ...flagFields('clear', clearFlags, lineFlags),
      }
    }
    default:
      return {}
  }
}

// The spelling of the second line flag is Horizon's.
const lineFlags = ['authorized', 'authorized_to_maintain_liabilites', 'clawback_enabled']
const accountFlags = ['auth_required', 'auth_revocable', 'auth_immutable', 'auth_clawback_enabled']

const flagFields = (verb: 'set' | 'clear', flags: number | null, names: readonly string[]) => {
  const on = names.flatMap((name, bit) => ((flags ?? 0) & (1 << bit) ? [{ value: 1 << bit, name }] : []))
  return on.length > 0 ? { [`${verb}_flags`]: on.map(({ value }) => value), [`${verb}_flags_s`]: on.map(({ name }) => name) } : {}
}

const setOptionsDetails = (op: xdr.SetOptionsOp) => ({
  ...(op.homeDomain && op.homeDomain.length > 0 ? { home_domain: op.homeDomain.toString() } : {}),
  ...(op.inflationDest ? { inflation_dest: accountIdOfKey(op.inflationDest) } : {}),
  ...present('master_key_weight', op.masterWeight),
  ...(op.signer ? { signer_key: signerKeyOf(op.signer.key).address, signer_weight: op.signer.weight } : {}),
  ...flagFields('set', op.setFlags, accountFlags),
  ...flagFields('clear', op.clearFlags, accountFlags),
  ...present('low_threshold', op.lowThreshold),
  ...present('med_threshold', op.medThreshold),
  ...present('high_threshold', op.highThreshold),
})

const present = (name: string, value: number | null) => (value === null ? {} : { [name]: value })

const revokeDetails = (op: xdr.RevokeSponsorshipOp): Record<string, string> => {
  if (op.type === 'revokeSponsorshipSigner')
    return { signer_account_id: accountIdOfKey(op.signer.accountId), signer_key: signerKeyOf(op.signer.signerKey).address }
  const key = op.ledgerKey
  switch (key.type) {
    case 'account':
      return { account_id: accountIdOfKey(key.account.accountId) }
    case 'claimableBalance':
      return { claimable_balance_id: idText(key.claimableBalance.balanceId) }
    case 'data':
      return { data_account_id: accountIdOfKey(key.data.accountId), data_name: key.data.dataName.toString() }
    case 'offer':
      return { offer_id: String(key.offer.offerId) }
    case 'trustline':
      return { trustline_account_id: accountIdOfKey(key.trustLine.accountId), trustline_asset: ledgerAsset(key.trustLine.asset) }
    default:
      return {}
  }
}
