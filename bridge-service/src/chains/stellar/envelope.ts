import { Account, Memo, Transaction, TransactionBuilder } from '@stellar/stellar-sdk'
import type { StellarAccounts } from './keys.ts'
import type { Plan } from './plan.ts'

/** A signed transaction. `bid` is in stroops per operation. */
export type Signed = { readonly hash: `0x${string}`; readonly envelope: Uint8Array; readonly bid: bigint }

export type Built = Signed & { readonly balanceIds: readonly string[]; readonly maxTime: bigint }

export type Slot = {
  readonly channel: string
  readonly sequence: bigint
  /** Unix seconds, inclusive. */
  readonly maxTime: bigint
  readonly bid: bigint
}

/** The plan as one transaction of this channel and number. The same input gives the same bytes: ed25519 signatures are deterministic. */
export const buildEnvelope = (plan: Plan, slot: Slot, passphrase: string, accounts: StellarAccounts): Built => {
  const maxTime = plan.latest !== undefined && plan.latest < slot.maxTime ? plan.latest : slot.maxTime
  const builder = new TransactionBuilder(new Account(slot.channel, (slot.sequence - 1n).toString()), {
    fee: slot.bid.toString(),
    networkPassphrase: passphrase,
    memo: Memo[plan.memo ?? 'hash'](plan.ref.slice(2)),
    timebounds: { minTime: 0, maxTime: maxTime.toString() },
  })
  for (const operation of plan.operations) builder.addOperation(operation)
  const tx = builder.build()
  // An unneeded signature is fatal, and so is the same one twice.
  for (const signer of new Set([slot.channel, ...plan.signers])) tx.sign(accounts.keyOf(signer)!)
  const balanceIds = plan.operations.flatMap(({ body }, index) =>
    body.type === 'createClaimableBalance' ? [tx.getClaimableBalanceId(index)] : [],
  )
  return { ...signed(tx, slot.bid), balanceIds, maxTime }
}

/** The same transaction with a higher fee around it: a new hash outside, the same one inside. */
export const bumpEnvelope = (
  inner: Uint8Array,
  bid: bigint,
  feeSource: string,
  passphrase: string,
  accounts: StellarAccounts,
): Signed => {
  const tx = TransactionBuilder.fromXdr(base64(inner), passphrase)
  if (!(tx instanceof Transaction)) throw new TypeError('a fee bump is made around a plain transaction')
  const bump = TransactionBuilder.buildFeeBumpTransaction(feeSource, bid.toString(), tx, passphrase)
  bump.sign(accounts.keyOf(feeSource)!)
  return signed(bump, bid)
}

const signed = (tx: { hash: () => Uint8Array; toXdr: () => string }, bid: bigint): Signed => ({
  hash: `0x${Buffer.from(tx.hash()).toString('hex')}`,
  envelope: Buffer.from(tx.toXdr(), 'base64'),
  bid,
})

const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64')
