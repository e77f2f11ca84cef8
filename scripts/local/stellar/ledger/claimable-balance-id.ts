import { createHash } from 'node:crypto'
import { xdr } from '@stellar/stellar-sdk/base'
import { type AccountId, publicKeyOf } from './account-id.ts'

/** 64 hex digits that name what operation `index` of a transaction creates: known before it is signed. */
export const claimableBalanceId = (transaction: { source: AccountId; sequence: bigint }, index: number): string => {
  const preimage = xdr.HashIdPreimage.envelopeTypeOpId(
    new xdr.HashIdPreimageOperationId({
      sourceAccount: publicKeyOf(transaction.source),
      seqNum: transaction.sequence,
      opNum: index,
    }),
  )
  return createHash('sha256').update(preimage.toXdr()).digest('hex')
}
