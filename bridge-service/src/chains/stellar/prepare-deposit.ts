import { Account, Memo, TransactionBuilder } from '@stellar/stellar-sdk'
import { BridgeError } from '../../errors.ts'
import { stroopsOf } from './amount.ts'
import { depositClaimants } from './claimants.ts'
import type { StellarContext } from './context.ts'
import { assertReserve, createBalance } from './create-balance.ts'
import { unavailable } from './failure.ts'
import type { DepositTerms } from './task.ts'

export type PreparedDeposit = {
  /** base64 TransactionEnvelope: signed by the sponsor of the reserves, to be signed and sent by the customer. */
  readonly envelope: string
  readonly hash: `0x${string}`
  readonly balanceId: string
  /** Unix seconds, inclusive: from then on the ledger refuses it. */
  readonly maxTime: number
}

/**
 * The deposit of an off-ramp for its customer to sign: his account, his number, his fee; our reserves. Nothing is stored, because nothing of
 * ours can be moved by it. `dueAt`: Unix seconds by which it must come. Throws `address_invalid` for an account that is not on the ledger, `amount_precision`, `chain_unavailable`.
 */
export const prepareDeposit = async (
  context: StellarContext,
  terms: DepositTerms,
  dueAt = BigInt(terms.refundAfter) - 1n,
): Promise<PreparedDeposit> => {
  const { horizon, accounts, passphrase, settings, tokenAddress, decimalsOf } = context
  await context.verifyNetwork()
  const mark = await horizon.watermark()
  const refundAfter = BigInt(terms.refundAfter)
  const maxTime = [mark.closeTime + BigInt(settings.submissionSec), refundAfter - 1n, dueAt].reduce((a, b) => (a < b ? a : b))
  if (maxTime <= mark.closeTime) throw unavailable('the deadline of the deposit is too near')
  const customer = await horizon.account(terms.customer)
  if (customer === undefined) throw new BridgeError('address_invalid', { address: terms.customer })
  await assertReserve(context, mark)
  const operations = createBalance(accounts.sponsor, {
    token: tokenAddress(terms.currency),
    stroops: stroopsOf(BigInt(terms.amountMinor), terms.currency, decimalsOf(terms.currency)),
    creator: terms.customer,
    claimants: depositClaimants(accounts.hot, terms.customer, refundAfter),
  })
  const builder = new TransactionBuilder(new Account(terms.customer, customer.sequence.toString()), {
    fee: (settings.fees.minBid ?? 100n).toString(),
    networkPassphrase: passphrase,
    memo: Memo.hash(terms.ref.slice(2)),
    timebounds: { minTime: 0, maxTime: maxTime.toString() },
  })
  for (const operation of operations) builder.addOperation(operation)
  const tx = builder.build()
  tx.sign(accounts.keyOf(accounts.sponsor)!)
  // The sponsor is never the customer, so the balance is made by the second of three operations.
  const balanceId = tx.getClaimableBalanceId(1)
  return { envelope: tx.toXdr(), hash: `0x${Buffer.from(tx.hash()).toString('hex')}`, balanceId, maxTime: Number(maxTime) }
}
