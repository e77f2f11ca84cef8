import { xdr } from '@stellar/stellar-sdk/base'
import { type AccountId, accountIdOfKey } from '../ledger/account-id.ts'
import { assetIdOf, issuerOf, native } from '../ledger/asset.ts'
import { accountKey, claimableBalanceKey, dataKey, type Entry, type EntryKey, trustlineKey } from '../ledger/entry.ts'
import { available } from '../ledger/funds.ts'
import { charge, discharge, reservesOf, sponsoredMore } from '../ledger/reserve.ts'
import { accountIn } from '../ledger/scope.ts'
import { signerKeyOf } from '../ledger/signer-key.ts'
import { signerOf, withSigner } from '../ledger/signers.ts'
import { isPlainText } from '../ledger/text.ts'
import { define } from './define.ts'
import type { Applying, CommonRefusal } from './operation.ts'
import { refusedReserve } from './refused-reserve.ts'

type Code = xdr.RevokeSponsorshipResult['type'] | CommonRefusal

const result = (code: xdr.RevokeSponsorshipResult['type']) =>
  xdr.OperationResultTr.revokeSponsorship(xdr.RevokeSponsorshipResult[code]())

export const revokeSponsorship = define('revokeSponsorship', {
  threshold: 'medium',
  malformed: body =>
    body.type === 'revokeSponsorshipLedgerEntry' && isMalformed(body.ledgerKey) ? 'revokeSponsorshipMalformed' : undefined,
  apply: (body, on) =>
    body.type === 'revokeSponsorshipLedgerEntry' ? revokeOfEntry(body.ledgerKey, on) : revokeOfSigner(body.signer, on),
  result,
  success: result('revokeSponsorshipSuccess'),
})

const isMalformed = (key: xdr.LedgerKey): boolean => {
  switch (key.type) {
    case 'account':
    case 'claimableBalance':
      return false
    case 'trustline': {
      if (key.trustLine.asset.type === 'assetTypePoolShare') return false
      const asset = assetIdOf(key.trustLine.asset)
      return asset === undefined || asset === native || issuerOf(asset) === accountIdOfKey(key.trustLine.accountId)
    }
    case 'data':
      return key.data.dataName.length === 0 || !isPlainText(key.data.dataName.bytes)
    case 'offer':
      return key.offer.offerId <= 0n
    default:
      return true
  }
}

const entryKeyOf = (key: xdr.LedgerKey): EntryKey | undefined => {
  switch (key.type) {
    case 'account':
      return accountKey(accountIdOfKey(key.account.accountId))
    case 'claimableBalance':
      return claimableBalanceKey(Buffer.from(key.claimableBalance.balanceId.v0.value).toString('hex'))
    case 'trustline': {
      const asset = assetIdOf(key.trustLine.asset)
      return asset && trustlineKey(accountIdOfKey(key.trustLine.accountId), asset)
    }
    case 'data':
      return dataKey(accountIdOfKey(key.data.accountId), key.data.dataName.toString())
    default:
      // Offers and pools: there are none in this ledger.
      return undefined
  }
}

const revokeOfEntry = (ledgerKey: xdr.LedgerKey, on: Applying): Code => {
  const key = entryKeyOf(ledgerKey)
  const entry = key === undefined ? undefined : on.scope.get(key)
  if (!entry) return 'revokeSponsorshipDoesNotExist'
  const owner = ownerOf(entry)
  const { scope } = on
  if ((entry.sponsor ?? owner) !== on.source) return 'revokeSponsorshipNotSponsor'
  const sponsor = nextSponsor(on, owner)
  if (sponsor === null && entry.kind === 'claimableBalance') return 'revokeSponsorshipOnlyTransferable'
  const refusal = move(on, { owner, count: reservesOf(entry), from: entry.sponsor, to: sponsor })
  if (refusal) return refusal
  const moved = scope.get(key!)!
  if (entry.sponsor !== null || sponsor !== null) scope.put({ ...moved, sponsor, everSponsored: true })
  return 'revokeSponsorshipSuccess'
}

const revokeOfSigner = ({ accountId, signerKey }: xdr.RevokeSponsorshipOpSigner, on: Applying): Code => {
  const owner = accountIdOfKey(accountId)
  const account = accountIn(on.scope, owner)
  const signer = account && signerOf(account, signerKeyOf(signerKey))
  if (!signer) return 'revokeSponsorshipDoesNotExist'
  if ((signer.sponsor ?? owner) !== on.source) return 'revokeSponsorshipNotSponsor'
  const sponsor = nextSponsor(on, owner)
  const refusal = move(on, { owner, count: 1, from: signer.sponsor, to: sponsor })
  if (refusal) return refusal
  on.scope.put(withSigner(accountIn(on.scope, owner)!, { ...signer, sponsor }))
  return 'revokeSponsorshipSuccess'
}

const ownerOf = (entry: Entry): AccountId => {
  switch (entry.kind) {
    case 'account':
      return entry.id
    case 'claimableBalance':
      // It belongs to nobody but has a sponsor always.
      return entry.sponsor!
    default:
      return entry.account
  }
}

/** Who bears the reserve from now on: whoever sponsors the source at this moment; null when that is the owner, or nobody. */
const nextSponsor = (on: Applying, owner: AccountId): AccountId | null => {
  const sponsor = on.sponsorships.sponsorOf(on.source)
  return sponsor === undefined || sponsor === owner ? null : sponsor
}

type Move = { readonly owner: AccountId; readonly count: number; readonly from: AccountId | null; readonly to: AccountId | null }

const move = (on: Applying, { owner, count, from, to }: Move): Code | undefined => {
  if (to !== null) {
    const refusal = charge(on, to, count)
    if (refusal) return refusedReserve(refusal, 'revokeSponsorshipLowReserve')
  }
  if (from !== null && to === null && available(accountIn(on.scope, owner)!, on.baseReserve) < BigInt(count) * on.baseReserve)
    return 'revokeSponsorshipLowReserve'
  if (from !== null) discharge(on.scope, from, count)
  // From one sponsor to another nothing changes for the owner.
  if ((from === null) !== (to === null)) on.scope.put(sponsoredMore(accountIn(on.scope, owner)!, to === null ? -count : count))
  return undefined
}
