import { xdr } from '@stellar/stellar-sdk/base'
import { type AccountId, accountIdOfKey, publicKeyOf } from './account-id.ts'

/** `native` or `CODE:ISSUER`. */
export type AssetId = string

export const native: AssetId = 'native'

type AnyAsset = xdr.Asset | xdr.TrustLineAsset | xdr.ChangeTrustAsset

/** Undefined when the code is not one that core accepts, and for the shares of a liquidity pool. */
export const assetIdOf = (asset: AnyAsset): AssetId | undefined => {
  if (asset.type === 'assetTypeNative') return native
  if (asset.type === 'assetTypePoolShare') return undefined
  const { assetCode, issuer } = asset.type === 'assetTypeCreditAlphanum4' ? asset.alphaNum4 : asset.alphaNum12
  const code = Buffer.from(assetCode.value).toString('latin1').replace(/\0+$/, '')
  const [shortest, longest] = asset.type === 'assetTypeCreditAlphanum4' ? [1, 4] : [5, 12]
  const valid = /^[A-Za-z0-9]+$/.test(code) && code.length >= shortest && code.length <= longest
  return valid ? `${code}:${accountIdOfKey(issuer)}` : undefined
}

/** Of a credit asset. */
export const issuerOf = (asset: AssetId): AccountId => asset.slice(asset.indexOf(':') + 1)

export const codeOf = (asset: AssetId): string => asset.slice(0, asset.indexOf(':'))

export const assetXdr = (asset: AssetId): xdr.Asset => {
  if (asset === native) return xdr.Asset.assetTypeNative()
  const input = credit(asset)
  return input.short ? xdr.Asset.assetTypeCreditAlphanum4(input.short) : xdr.Asset.assetTypeCreditAlphanum12(input.long)
}

export const trustLineAssetXdr = (asset: AssetId): xdr.TrustLineAsset => {
  const input = credit(asset)
  return input.short
    ? xdr.TrustLineAsset.assetTypeCreditAlphanum4(input.short)
    : xdr.TrustLineAsset.assetTypeCreditAlphanum12(input.long)
}

const credit = (asset: AssetId) => {
  const code = codeOf(asset)
  const issuer = publicKeyOf(issuerOf(asset))
  return code.length <= 4
    ? { short: new xdr.AlphaNum4({ assetCode: padded(code, 4), issuer }) }
    : { long: new xdr.AlphaNum12({ assetCode: padded(code, 12), issuer }) }
}

const padded = (code: string, length: number): Uint8Array => {
  const bytes = new Uint8Array(length)
  bytes.set(Buffer.from(code, 'latin1'))
  return bytes
}
