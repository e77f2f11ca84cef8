import { BridgeError } from '../../errors.ts'
import type { HoldTerms } from '../chain.ts'
import { baseAccountOf } from './address.ts'
import { stroopsOf } from './amount.ts'
import { assetOf, tokenOf } from './asset.ts'
import type { StellarConfig } from './config.ts'
import { type StellarHold, stellarEscrowId } from './escrow-id.ts'
import type { StellarAccounts } from './keys.ts'

/** A hold of the port's terms as the ledger has it. */
export type LedgerHold = StellarHold & { readonly token: string; readonly escrowId: `0x${string}` }

/** A hold of ours. Throws `asset_unknown`, `amount_precision`, and `internal` for a payer that is none of ours. */
export const ledgerHold = (
  { passphrase, assets, id }: Pick<StellarConfig, 'passphrase' | 'assets' | 'id'>,
  { hot, cold }: Pick<StellarAccounts, 'hot' | 'cold'>,
  terms: HoldTerms,
): LedgerHold => {
  const onLedger = describe({ passphrase, assets, id }, terms)
  if (terms.payer !== hot && terms.payer !== onLedger.asset.getIssuer())
    throw new BridgeError('internal', { reason: 'the payer of a hold is the treasury or the issuer', payer: terms.payer })
  return addressed({ ...onLedger, payer: terms.payer, hot, cold })
}

/** A customer's deposit, which is his own again from its time on. Throws likewise. */
export const ledgerDeposit = (
  config: Pick<StellarConfig, 'passphrase' | 'assets' | 'id'>,
  { hot, own }: Pick<StellarAccounts, 'hot' | 'own'>,
  terms: HoldTerms,
): LedgerHold => {
  const customer = baseAccountOf(terms.payer)
  if (own.has(customer)) throw new BridgeError('internal', { reason: 'the payer of a deposit is none of us', payer: terms.payer })
  return addressed({ ...describe(config, terms), payer: customer, hot, cold: customer })
}

const describe = (
  { passphrase, assets, id }: Pick<StellarConfig, 'passphrase' | 'assets' | 'id'>,
  { ref, currency, amountMinor, refundAfter }: HoldTerms,
) => {
  const configured = assets[currency]
  if (configured === undefined) throw new BridgeError('asset_unknown', { asset: currency, chain: id })
  return {
    networkPassphrase: passphrase,
    ref,
    asset: assetOf(`${configured.code}:${configured.issuer}`),
    stroops: stroopsOf(BigInt(amountMinor), currency, configured.decimals),
    refundAfter: BigInt(refundAfter),
  }
}

const addressed = (hold: StellarHold): LedgerHold => ({ ...hold, token: tokenOf(hold.asset), escrowId: stellarEscrowId(hold) })
