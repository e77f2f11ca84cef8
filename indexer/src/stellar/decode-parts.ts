import { encodeMuxedAccountToAddress, StrKey, type xdr } from '@stellar/stellar-sdk/base'
import type { Claimant, Window } from './transaction.ts'

/** An account, and the address that named it: they differ when it is muxed. */
export const accountOf = (account: xdr.MuxedAccount): { account: string; address: string; muxedId?: bigint } => {
  if (account.type === 'keyTypeEd25519') {
    const plain = StrKey.encodeEd25519PublicKey(account.ed25519.value)
    return { account: plain, address: plain }
  }
  return {
    account: StrKey.encodeEd25519PublicKey(account.med25519.ed25519.value),
    address: encodeMuxedAccountToAddress(account),
    muxedId: account.med25519.id,
  }
}

/** `CODE:ISSUER`, or `native`. */
export const tokenOf = (asset: xdr.Asset): string => {
  switch (asset.type) {
    case 'assetTypeNative':
      return 'native'
    case 'assetTypeCreditAlphanum4':
      return named(asset.alphaNum4)
    case 'assetTypeCreditAlphanum12':
      return named(asset.alphaNum12)
  }
}

const named = ({ assetCode, issuer }: xdr.AlphaNum4 | xdr.AlphaNum12): string => {
  const code = Buffer.from(assetCode.value).toString('latin1').replace(/\0+$/, '')
  return `${code}:${StrKey.encodeEd25519PublicKey(issuer.ed25519.value)}`
}

export const claimantOf = ({ v0: { destination, predicate } }: xdr.Claimant): Claimant => ({
  account: StrKey.encodeEd25519PublicKey(destination.ed25519.value),
  window: windowOf(predicate),
})

const windowOf = (predicate: xdr.ClaimPredicate): Window => {
  if (predicate.type === 'claimPredicateUnconditional') return { kind: 'always' }
  if (predicate.type === 'claimPredicateBeforeAbsoluteTime') return { kind: 'before', time: predicate.absBefore }
  if (predicate.type === 'claimPredicateNot' && predicate.notPredicate?.type === 'claimPredicateBeforeAbsoluteTime') {
    return { kind: 'from', time: predicate.notPredicate.absBefore }
  }
  return { kind: 'other' }
}
