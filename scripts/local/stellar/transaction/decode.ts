import { createHash } from 'node:crypto'
import { xdr } from '@stellar/stellar-sdk/base'
import type { Core } from '../core.ts'
import { accountIdOfMuxed } from '../ledger/account-id.ts'
import { signerKeyOf } from '../ledger/signer-key.ts'
import { rulesOf } from '../operations/registry.ts'
import type { FeeBump, PlainTransaction, Preconditions, Signature, Transaction } from './transaction.ts'

const envelopeTypes = { transaction: 2, feeBump: 5 } as const

/** Reads a base64 TransactionEnvelope; `networkId` is the sha256 of the passphrase. Throws on what is not one. */
export const decodeEnvelope = (envelope: string, networkId: Buffer, core: Core): Transaction => {
  const transaction = decoded(envelope, networkId)
  const innermost = transaction.kind === 'plain' ? transaction : transaction.inner
  if (!core.knowsContracts && (innermost.carriesContractData || innermost.operations.some(({ body }) => isOfContracts(body))))
    throw new Error('this core knows no contracts')
  return transaction
}

const decoded = (envelope: string, networkId: Buffer): Transaction => {
  const read = xdr.TransactionEnvelope.fromXdr(envelope, 'base64')
  switch (read.type) {
    case 'envelopeTypeTxV0':
      return plain(modernized(read.v0), networkId)
    case 'envelopeTypeTx':
      return plain(read.v1, networkId)
    case 'envelopeTypeTxFeeBump':
      return feeBump(read.feeBump, networkId)
  }
}

const contractOperations: readonly string[] = ['invokeHostFunction', 'extendFootprintTtl', 'restoreFootprint']
const contractKeys: readonly string[] = ['contractData', 'contractCode', 'configSetting', 'ttl']

const isOfContracts = (body: xdr.OperationBody): boolean =>
  contractOperations.includes(body.type) ||
  (body.type === 'revokeSponsorship' &&
    body.value.type === 'revokeSponsorshipLedgerEntry' &&
    contractKeys.includes(body.value.ledgerKey.type))

const plain = (envelope: xdr.TransactionV1Envelope, networkId: Buffer): PlainTransaction => {
  const { tx } = envelope
  const bytes = Buffer.from(xdr.TransactionEnvelope.envelopeTypeTx(envelope).toXdr())
  const source = accountIdOfMuxed(tx.sourceAccount)
  return {
    kind: 'plain',
    hash: contentsHash(networkId, envelopeTypes.transaction, tx),
    envelopeHash: sha256(bytes),
    envelope: bytes,
    source,
    sequence: tx.seqNum,
    feeSource: source,
    fee: BigInt(tx.fee),
    operationCount: tx.operations.length,
    operations: tx.operations.map(({ sourceAccount, body }) => ({
      body,
      rules: rulesOf(body.type),
      source: sourceAccount ? accountIdOfMuxed(sourceAccount) : source,
      ownSource: sourceAccount !== null,
    })),
    preconditions: preconditionsOf(tx.cond),
    signatures: envelope.signatures.map(signature),
    carriesContractData: tx.ext.type !== 'v0',
  }
}

const feeBump = (envelope: xdr.FeeBumpTransactionEnvelope, networkId: Buffer): FeeBump => {
  const { tx } = envelope
  const inner = plain(tx.innerTx.v1, networkId)
  const bytes = Buffer.from(xdr.TransactionEnvelope.envelopeTypeTxFeeBump(envelope).toXdr())
  return {
    kind: 'feeBump',
    hash: contentsHash(networkId, envelopeTypes.feeBump, tx),
    envelopeHash: sha256(bytes),
    envelope: bytes,
    source: inner.source,
    sequence: inner.sequence,
    feeSource: accountIdOfMuxed(tx.feeSource),
    fee: tx.fee,
    operationCount: inner.operationCount + 1,
    operations: inner.operations,
    preconditions: inner.preconditions,
    signatures: envelope.signatures.map(signature),
    inner,
  }
}

// A legacy envelope is the same transaction, with the same hash, in the older dress.
const modernized = ({ tx, signatures }: xdr.TransactionV0Envelope): xdr.TransactionV1Envelope =>
  new xdr.TransactionV1Envelope({
    tx: new xdr.Transaction({
      sourceAccount: xdr.MuxedAccount.keyTypeEd25519(tx.sourceAccountEd25519),
      fee: tx.fee,
      seqNum: tx.seqNum,
      cond: tx.timeBounds ? xdr.Preconditions.precondTime(tx.timeBounds) : xdr.Preconditions.precondNone(),
      memo: tx.memo,
      operations: tx.operations,
      ext: xdr.TransactionExt.v0(),
    }),
    signatures,
  })

const preconditionsOf = (cond: xdr.Preconditions): Preconditions => {
  const v2 = cond.type === 'precondV2' ? cond.v2 : undefined
  const times = cond.type === 'precondTime' ? cond.timeBounds : v2?.timeBounds
  return {
    timeBounds: times ? { min: times.minTime, max: times.maxTime } : null,
    ledgerBounds: v2?.ledgerBounds ? { min: v2.ledgerBounds.minLedger, max: v2.ledgerBounds.maxLedger } : null,
    minSequence: v2?.minSeqNum ?? null,
    minSequenceAge: v2?.minSeqAge ?? 0n,
    minSequenceGap: v2?.minSeqLedgerGap ?? 0,
    extraSigners: v2?.extraSigners.map(signerKeyOf) ?? [],
  }
}

const signature = ({ hint, signature }: xdr.DecoratedSignature): Signature => ({
  hint: hint.value,
  bytes: signature.value,
  verified: new Map(),
})

const contentsHash = (networkId: Buffer, type: number, contents: xdr.Transaction | xdr.FeeBumpTransaction): string => {
  const typeBytes = Buffer.alloc(4)
  typeBytes.writeInt32BE(type)
  return createHash('sha256').update(networkId).update(typeBytes).update(contents.toXdr()).digest('hex')
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
