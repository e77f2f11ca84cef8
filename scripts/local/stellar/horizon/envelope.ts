import { xdr } from '@stellar/stellar-sdk/base'

/** A transaction as it was submitted, whatever the version of its envelope. Fees in stroops. */
export type Envelope = {
  readonly source: xdr.MuxedAccount
  readonly sequence: bigint
  readonly maxFee: bigint
  readonly memo: xdr.Memo
  readonly preconditions: Preconditions
  readonly operations: readonly xdr.Operation[]
  /** Base64, in the order of the envelope. */
  readonly signatures: readonly string[]
  readonly feeBump?: { readonly source: xdr.MuxedAccount; readonly maxFee: bigint; readonly signatures: readonly string[] }
}

export type Preconditions = {
  readonly timeBounds: xdr.TimeBounds | null
  readonly ledgerBounds?: xdr.LedgerBounds | null
  readonly minSequence?: bigint | null
  readonly minSequenceAge?: bigint
  readonly minSequenceLedgerGap?: number
  readonly extraSigners?: readonly xdr.SignerKey[]
}

/** Throws when the text is no TransactionEnvelope in base64. */
export const openEnvelope = (base64: string): Envelope => {
  const envelope = xdr.TransactionEnvelope.fromXdr(base64, 'base64')
  switch (envelope.type) {
    case 'envelopeTypeTxV0': {
      const { tx, signatures } = envelope.v0
      return {
        source: xdr.MuxedAccount.keyTypeEd25519(tx.sourceAccountEd25519),
        sequence: tx.seqNum,
        maxFee: BigInt(tx.fee),
        memo: tx.memo,
        preconditions: { timeBounds: tx.timeBounds },
        operations: tx.operations,
        signatures: signatures.map(signatureText),
      }
    }
    case 'envelopeTypeTx':
      return openPlain(envelope.v1)
    case 'envelopeTypeTxFeeBump': {
      const { tx, signatures } = envelope.feeBump
      const feeBump = { source: tx.feeSource, maxFee: tx.fee, signatures: signatures.map(signatureText) }
      return { ...openPlain(tx.innerTx.v1), feeBump }
    }
  }
}

const openPlain = ({ tx, signatures }: xdr.TransactionV1Envelope): Envelope => ({
  source: tx.sourceAccount,
  sequence: tx.seqNum,
  maxFee: BigInt(tx.fee),
  memo: tx.memo,
  preconditions: preconditionsOf(tx.cond),
  operations: tx.operations,
  signatures: signatures.map(signatureText),
})

const preconditionsOf = (cond: xdr.Preconditions): Preconditions => {
  switch (cond.type) {
    case 'precondNone':
      return { timeBounds: null }
    case 'precondTime':
      return { timeBounds: cond.timeBounds }
    case 'precondV2':
      return {
        timeBounds: cond.v2.timeBounds,
        ledgerBounds: cond.v2.ledgerBounds,
        minSequence: cond.v2.minSeqNum,
        minSequenceAge: cond.v2.minSeqAge,
        minSequenceLedgerGap: cond.v2.minSeqLedgerGap,
        extraSigners: cond.v2.extraSigners,
      }
  }
}

const signatureText = ({ signature }: xdr.DecoratedSignature) => Buffer.from(signature.toBytes()).toString('base64')
