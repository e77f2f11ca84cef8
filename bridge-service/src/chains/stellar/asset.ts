import { Asset } from '@stellar/stellar-sdk'

/** `USDC:G…`, as Horizon writes assets and as our tables name tokens. */
export const tokenOf = (asset: Asset): string => `${asset.getCode()}:${asset.getIssuer()}`

/** Of a token that was checked when the configuration was read. */
export const assetOf = (token: string): Asset => {
  const [code, issuer] = token.split(':')
  return new Asset(code!, issuer)
}
