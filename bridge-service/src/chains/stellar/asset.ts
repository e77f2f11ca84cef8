import { Asset } from '@stellar/stellar-sdk'

/** `USDC:G…`, or `native`, as Horizon writes assets and as our tables name tokens. */
export const tokenOf = (asset: Asset): string => (asset.isNative() ? 'native' : `${asset.getCode()}:${asset.getIssuer()}`)

/** Of a token that was checked when the configuration was read. */
export const assetOf = (token: string): Asset => {
  if (token === 'native') return Asset.native()
  const [code, issuer] = token.split(':')
  return new Asset(code!, issuer)
}
