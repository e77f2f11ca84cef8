import { FeeBumpTransaction, TransactionBuilder } from '@stellar/stellar-sdk'
import type { StellarContext } from './context.ts'
import { unavailable } from './failure.ts'

/** How a deposit came: in a balance, or by a payment that is ours already. */
export type MadeDeposit = { readonly kind: 'balance'; readonly balanceId: string } | { readonly kind: 'payment' }

/** Reads it out of the transaction that a fact names (`<hash>:<operation>`). Throws `chain_unavailable` while Horizon does not show it. */
export const madeDeposit = async ({ horizon, passphrase }: StellarContext, fact: string): Promise<MadeDeposit> => {
  const [hash, index] = fact.split(':') as [string, string]
  const found = await horizon.transaction(hash)
  if (!found?.successful) throw unavailable('the deposit is not on the ledger', { fact })
  const read = TransactionBuilder.fromXdr(found.envelope, passphrase)
  const tx = read instanceof FeeBumpTransaction ? read.innerTransaction : read
  return tx.operations[Number(index)]?.type === 'createClaimableBalance'
    ? { kind: 'balance', balanceId: tx.getClaimableBalanceId(Number(index)) }
    : { kind: 'payment' }
}
