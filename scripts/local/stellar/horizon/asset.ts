import { StrKey, type xdr } from '@stellar/stellar-sdk/base'
import { type AssetId, assetIdOf, codeOf, issuerOf, native } from '../ledger/asset.ts'

/** `asset_type`, and of a credit asset `asset_code`, `asset_issuer`. */
export const assetFields = (asset: AssetId): Record<string, string> =>
  asset === native
    ? { asset_type: 'native' }
    : {
        asset_type: codeOf(asset).length <= 4 ? 'credit_alphanum4' : 'credit_alphanum12',
        asset_code: codeOf(asset),
        asset_issuer: issuerOf(asset),
      }

/** Of an asset in a ledger: there its code is valid, and it is no share of a liquidity pool. */
export const ledgerAsset = (asset: xdr.Asset | xdr.TrustLineAsset | xdr.ChangeTrustAsset): AssetId => {
  const id = assetIdOf(asset)
  if (id === undefined) throw new Error('an asset without a valid code is in the ledger')
  return id
}

/** Whether a filter such as `USDC:G…` or `native` can be an asset at all. */
export const isAssetId = (text: string): boolean => {
  if (text === native) return true
  const [code, issuer, ...rest] = text.split(':')
  return rest.length === 0 && /^[A-Za-z0-9]{1,12}$/.test(code ?? '') && StrKey.isValidEd25519PublicKey(issuer ?? '')
}
