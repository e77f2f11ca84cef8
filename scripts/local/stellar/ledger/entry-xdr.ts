import { xdr } from '@stellar/stellar-sdk/base'
import { type AccountId, publicKeyOf } from './account-id.ts'
import { assetXdr, trustLineAssetXdr } from './asset.ts'
import type { Account, ClaimableBalance, DataEntry, Entry, Trustline } from './entry.ts'
import { signerKeyXdr } from './signer-key.ts'

export const entryXdr = (entry: Entry): xdr.LedgerEntry =>
  new xdr.LedgerEntry({
    lastModifiedLedgerSeq: entry.lastModified,
    data: dataXdr(entry),
    ext: entry.everSponsored
      ? xdr.LedgerEntryExt.v1(
          new xdr.LedgerEntryExtensionV1({ sponsoringId: sponsorXdr(entry.sponsor), ext: xdr.LedgerEntryExtensionV1Ext.v0() }),
        )
      : xdr.LedgerEntryExt.v0(),
  })

export const entryKeyXdr = (entry: Entry): xdr.LedgerKey => {
  switch (entry.kind) {
    case 'account':
      return xdr.LedgerKey.account(new xdr.LedgerKeyAccount({ accountId: publicKeyOf(entry.id) }))
    case 'trustline':
      return xdr.LedgerKey.trustline(
        new xdr.LedgerKeyTrustLine({ accountId: publicKeyOf(entry.account), asset: trustLineAssetXdr(entry.asset) }),
      )
    case 'data':
      return xdr.LedgerKey.data(new xdr.LedgerKeyData({ accountId: publicKeyOf(entry.account), dataName: entry.name }))
    case 'claimableBalance':
      return xdr.LedgerKey.claimableBalance(new xdr.LedgerKeyClaimableBalance({ balanceId: balanceIdXdr(entry.id) }))
  }
}

const dataXdr = (entry: Entry): xdr.LedgerEntryData => {
  switch (entry.kind) {
    case 'account':
      return xdr.LedgerEntryData.account(account(entry))
    case 'trustline':
      return xdr.LedgerEntryData.trustline(trustline(entry))
    case 'data':
      return xdr.LedgerEntryData.data(data(entry))
    case 'claimableBalance':
      return xdr.LedgerEntryData.claimableBalance(claimableBalance(entry))
  }
}

const account = (entry: Account): xdr.AccountEntry => {
  const { master, low, medium, high } = entry.thresholds
  return new xdr.AccountEntry({
    accountId: publicKeyOf(entry.id),
    balance: entry.balance,
    seqNum: entry.sequence,
    numSubEntries: entry.subentries,
    inflationDest: sponsorXdr(entry.inflationDestination),
    flags: entry.flags,
    homeDomain: entry.homeDomain,
    thresholds: Uint8Array.of(master, low, medium, high),
    signers: entry.signers.map(({ key, weight }) => new xdr.Signer({ key: signerKeyXdr(key), weight })),
    ext: accountExt(entry),
  })
}

// Every extension contains the ones before it.
const accountExt = (entry: Account): xdr.AccountEntryExt => {
  const { sequenceMoved, everInSponsorship } = entry
  if (!sequenceMoved && !everInSponsorship) return xdr.AccountEntryExt.v0()
  const v3 = sequenceMoved
    ? xdr.AccountEntryExtensionV2Ext.v3(
        new xdr.AccountEntryExtensionV3({
          ext: xdr.ExtensionPoint.v0(),
          seqLedger: sequenceMoved.ledger,
          seqTime: sequenceMoved.time,
        }),
      )
    : xdr.AccountEntryExtensionV2Ext.v0()
  const v2 = new xdr.AccountEntryExtensionV2({
    numSponsored: entry.sponsored,
    numSponsoring: entry.sponsoring,
    signerSponsoringIDs: entry.signers.map(({ sponsor }) => sponsorXdr(sponsor)),
    ext: v3,
  })
  const liabilities = new xdr.Liabilities({ buying: 0n, selling: 0n })
  return xdr.AccountEntryExt.v1(new xdr.AccountEntryExtensionV1({ liabilities, ext: xdr.AccountEntryExtensionV1Ext.v2(v2) }))
}

const trustline = ({ account, asset, balance, limit, flags }: Trustline): xdr.TrustLineEntry =>
  new xdr.TrustLineEntry({
    accountId: publicKeyOf(account),
    asset: trustLineAssetXdr(asset),
    balance,
    limit,
    flags,
    ext: xdr.TrustLineEntryExt.v0(),
  })

const data = ({ account, name, value }: DataEntry): xdr.DataEntry =>
  new xdr.DataEntry({ accountId: publicKeyOf(account), dataName: name, dataValue: value, ext: xdr.DataEntryExt.v0() })

const clawbackEnabled = 1

const claimableBalance = (entry: ClaimableBalance): xdr.ClaimableBalanceEntry =>
  new xdr.ClaimableBalanceEntry({
    balanceId: balanceIdXdr(entry.id),
    claimants: entry.claimants.map(({ destination, predicate }) =>
      xdr.Claimant.claimantTypeV0(new xdr.ClaimantV0({ destination: publicKeyOf(destination), predicate })),
    ),
    asset: assetXdr(entry.asset),
    amount: entry.amount,
    ext: entry.clawbackEnabled
      ? xdr.ClaimableBalanceEntryExt.v1(
          new xdr.ClaimableBalanceEntryExtensionV1({
            ext: xdr.ClaimableBalanceEntryExtensionV1Ext.v0(),
            flags: clawbackEnabled,
          }),
        )
      : xdr.ClaimableBalanceEntryExt.v0(),
  })

const balanceIdXdr = (id: string) => xdr.ClaimableBalanceId.claimableBalanceIdTypeV0(id)

const sponsorXdr = (sponsor: AccountId | null) => (sponsor === null ? null : publicKeyOf(sponsor))
