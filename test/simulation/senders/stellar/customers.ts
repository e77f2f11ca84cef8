import { Account, Memo, Operation, TransactionBuilder } from '@stellar/stellar-sdk'
import { showStroops } from '../../../../bridge-service/src/chains/stellar/amount.ts'
import { assetOf } from '../../../../bridge-service/src/chains/stellar/asset.ts'
import { claimantOf, depositClaimants } from '../../../../bridge-service/src/chains/stellar/claimants.ts'
import type { PooledTx } from '../../chain/chain.ts'
import type { EscrowTerms } from '../../escrow-terms.ts'
import { accountOf, assetNameOf, passphrase } from './accounts.ts'
import type { Balance } from './balances.ts'

/** What these worlds count in 10⁻⁶ the ledger counts in 10⁻⁷. */
export const stroopsOf = (minor: string | bigint): bigint => BigInt(minor) * 10n

/** How a customer's deposit stands on the ledger: the transaction that brought it, and what it made if that is a balance. */
export type BroughtEnvelope = { readonly envelope: string; readonly balance: Balance | undefined }

/** The transaction that a customer's wallet would have made of this, with one operation, unsigned: nobody here looks at his signature. */
export const customersEnvelope = ({ action, terms, hash }: Pick<PooledTx, 'action' | 'terms' | 'hash'>): BroughtEnvelope => {
  const payer = accountOf(terms.payer)
  const tx = new TransactionBuilder(new Account(payer, numberOf(hash)), {
    fee: '100',
    networkPassphrase: passphrase,
    memo: Memo.hash(terms.ref.slice(2)),
    timebounds: { minTime: 0, maxTime: 0 },
  })
    .addOperation(action === 'bring' ? bringing(terms) : paying(terms))
    .build()
  return {
    envelope: tx.toXdr(),
    balance: action === 'bring' ? balanceOf(terms, `${hash}:0`, tx.getClaimableBalanceId(0)) : undefined,
  }
}

/** His own number, of which the ledger knows more than we: no two of his transactions have the same. */
const numberOf = (hash: string) => BigInt(hash.slice(0, 16)).toString()

const claimants = ({ payer, payee, refundAfter }: EscrowTerms) =>
  depositClaimants(accountOf(payee), accountOf(payer), BigInt(refundAfter))

const bringing = (terms: EscrowTerms) =>
  Operation.createClaimableBalance({
    asset: assetOf(assetNameOf(terms.currency)),
    amount: showStroops(stroopsOf(terms.amountMinor)),
    claimants: claimants(terms).map(claimantOf),
  })

const paying = ({ currency, amountMinor, payee }: EscrowTerms) =>
  Operation.payment({
    destination: accountOf(payee),
    asset: assetOf(assetNameOf(currency)),
    amount: showStroops(stroopsOf(amountMinor)),
  })

const balanceOf = (terms: EscrowTerms, fact: string, id: string): Balance => ({
  ...{ id, token: assetNameOf(terms.currency), stroops: stroopsOf(terms.amountMinor), claimants: claimants(terms) },
  of: { kind: 'brought', fact },
})
