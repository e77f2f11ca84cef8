import { FeeBumpTransaction, TransactionBuilder } from '@stellar/stellar-sdk'
import { readStroops, stroopsOf } from './amount.ts'
import { tokenOf } from './asset.ts'
import type { StellarContext } from './context.ts'
import type { DepositTerms } from './task.ts'

/**
 * The payment that wallets already send: to the treasury, with a memo. `exact` when it is what was agreed; `differs` when it is a payment to
 * us that goes back by `pay`, whole, to `from`; `absent` when this operation is no payment to us.
 */
export type PaymentVerdict =
  | { readonly kind: 'exact'; readonly from: string; readonly stroops: bigint }
  | {
      readonly kind: 'differs'
      readonly what: 'memo' | 'asset' | 'amount'
      readonly from: string
      readonly token: string
      readonly stroops: bigint
    }
  | { readonly kind: 'absent' }

/** `memo`: what the customer was told to write, where it is not the ref itself: an id or a text. Throws `chain_unavailable`. */
export const verifyPayment = async (
  { horizon, accounts, passphrase, tokenAddress, decimalsOf }: StellarContext,
  terms: Pick<DepositTerms, 'ref' | 'currency' | 'amountMinor'> & { readonly memo?: string },
  at: { readonly hash: string; readonly operation: number },
): Promise<PaymentVerdict> => {
  const found = await horizon.transaction(at.hash)
  if (!found?.successful) return { kind: 'absent' }
  const read = TransactionBuilder.fromXdr(found.envelope, passphrase)
  const tx = read instanceof FeeBumpTransaction ? read.innerTransaction : read
  const operation = tx.operations[at.operation]
  if (operation?.type !== 'payment' || operation.destination !== accounts.hot) return { kind: 'absent' }
  const payment = {
    from: operation.source ?? tx.source,
    token: operation.asset.isNative() ? 'native' : tokenOf(operation.asset),
    stroops: readStroops(operation.amount),
  }
  if (payment.token !== tokenAddress(terms.currency)) return { kind: 'differs', what: 'asset', ...payment }
  if (memoOf(tx.memo.value) !== (terms.memo ?? terms.ref)) return { kind: 'differs', what: 'memo', ...payment }
  if (payment.stroops !== stroopsOf(BigInt(terms.amountMinor), terms.currency, decimalsOf(terms.currency)))
    return { kind: 'differs', what: 'amount', ...payment }
  return { kind: 'exact', from: payment.from, stroops: payment.stroops }
}

/** A hash in our form, a text or an id as it is. */
const memoOf = (value: string | Uint8Array | null): string | undefined => {
  if (value === null || typeof value === 'string') return value ?? undefined
  return value.length === 32 ? `0x${Buffer.from(value).toString('hex')}` : Buffer.from(value).toString('utf8')
}
