import { BridgeError } from '../../errors.ts'
import type { HoldTerms } from '../chain.ts'
import { stroopsOf } from './amount.ts'
import { assetOf, tokenOf } from './asset.ts'
import type { StellarConfig } from './config.ts'
import { type StellarHold, stellarEscrowId } from './escrow-id.ts'
import type { StellarAccounts } from './keys.ts'

/** A hold of the port's terms as the ledger has it. */
export type LedgerHold = StellarHold & { readonly token: string; readonly escrowId: `0x${string}` }

/** Throws `asset_unknown`, `amount_precision`, and `internal` for a payer that is none of ours. */
export const ledgerHold = (
  { passphrase, assets, id }: Pick<StellarConfig, 'passphrase' | 'assets' | 'id'>,
  { hot, cold }: Pick<StellarAccounts, 'hot' | 'cold'>,
  terms: HoldTerms,
): LedgerHold => {
  const configured = assets[terms.currency]
  if (configured === undefined) throw new BridgeError('asset_unknown', { asset: terms.currency, chain: id })
  const asset = assetOf(`${configured.code}:${configured.issuer}`)
  if (terms.payer !== hot && terms.payer !== configured.issuer)
    throw new BridgeError('internal', { reason: 'the payer of a hold is the treasury or the issuer', payer: terms.payer })
  const hold = {
    networkPassphrase: passphrase,
    ref: terms.ref,
    asset,
    stroops: stroopsOf(BigInt(terms.amountMinor), terms.currency, configured.decimals),
    payer: terms.payer,
    hot,
    cold,
    refundAfter: BigInt(terms.refundAfter),
  }
  return { ...hold, token: tokenOf(asset), escrowId: stellarEscrowId(hold) }
}
