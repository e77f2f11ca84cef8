import { createHash } from 'node:crypto'
import { StrKey, xdr } from '@stellar/stellar-sdk/base'
import type { Hash } from '../observation.ts'
import { movementOf } from './decode-operation.ts'
import { accountOf } from './decode-parts.ts'
import type { Memo, RawTransaction, StellarTransaction } from './transaction.ts'

/**
 * - `failed`: it took a fee and did nothing else.
 * - `strange`: it succeeded, as far as one can tell, and what it did cannot be read.
 */
export type Decoded =
  | { readonly kind: 'done'; readonly transaction: StellarTransaction }
  | { readonly kind: 'failed' }
  | { readonly kind: 'strange'; readonly reason: 'undecodable' | 'hash_mismatch'; readonly detail: string }

/** From envelope and result alone, which every kind of node has. Never throws: what one stranger sends must not stop the others. */
export const decode = (raw: RawTransaction, networkId: Uint8Array): Decoded => {
  try {
    return decodeOrThrow(raw, networkId)
  } catch (error) {
    return { kind: 'strange', reason: 'undecodable', detail: error instanceof Error ? error.message : String(error) }
  }
}

const decodeOrThrow = (raw: RawTransaction, networkId: Uint8Array): Decoded => {
  const results = resultsOf(xdr.TransactionResult.fromXdr(raw.resultXdr, 'base64').result)
  if (results === undefined) return { kind: 'failed' }
  const envelope = xdr.TransactionEnvelope.fromXdr(raw.envelopeXdr, 'base64')
  const { tx, source, hash, feeBumpHash } = open(envelope, networkId)
  if ((feeBumpHash ?? hash) !== raw.hash) {
    return { kind: 'strange', reason: 'hash_mismatch', detail: `the envelope's hash is ${feeBumpHash ?? hash}` }
  }
  if (results.length !== tx.operations.length) throw new Error(`${tx.operations.length} operations, ${results.length} results`)
  const movements = tx.operations.flatMap((operation, index) => {
    const by = operation.sourceAccount ? accountOf(operation.sourceAccount) : source
    return movementOf(operation.body, results[index]!, { index, by }) ?? []
  })
  const { ledger, order } = raw
  const bumped = feeBumpHash === undefined ? {} : { feeBumpHash }
  const transaction = { ledger, order, hash, ...bumped, source: source.account, memo: memoOf(tx.memo), movements }
  return { kind: 'done', transaction }
}

/** The results of the operations of a transaction that succeeded. */
const resultsOf = (result: xdr.TransactionResultResult): xdr.OperationResult[] | undefined => {
  if (result.type === 'txSuccess') return result.results
  if (result.type !== 'txFeeBumpInnerSuccess') return undefined
  const inner = result.innerResultPair.result.result
  return inner.type === 'txSuccess' ? inner.results : undefined
}

type Opened = {
  tx: Pick<xdr.Transaction, 'memo' | 'operations'>
  source: ReturnType<typeof accountOf>
  hash: Hash
  feeBumpHash?: Hash
}

const open = (envelope: xdr.TransactionEnvelope, networkId: Uint8Array): Opened => {
  switch (envelope.type) {
    case 'envelopeTypeTx': {
      const { tx } = envelope.v1
      return { tx, source: accountOf(tx.sourceAccount), hash: hashOf(networkId, envelopeTypeTx, tx.toXdr()) }
    }
    case 'envelopeTypeTxV0': {
      const { tx } = envelope.v0
      const account = StrKey.encodeEd25519PublicKey(tx.sourceAccountEd25519.value)
      // Signed as if it were of today's form, whose source account begins with the type of its key.
      const hash = hashOf(networkId, envelopeTypeTx, Buffer.concat([Buffer.alloc(4), tx.toXdr()]))
      return { tx, source: { account, address: account }, hash }
    }
    case 'envelopeTypeTxFeeBump': {
      const { tx: bump } = envelope.feeBump
      const { tx } = bump.innerTx.v1
      return {
        tx,
        source: accountOf(tx.sourceAccount),
        hash: hashOf(networkId, envelopeTypeTx, tx.toXdr()),
        feeBumpHash: hashOf(networkId, envelopeTypeTxFeeBump, bump.toXdr()),
      }
    }
  }
}

// EnvelopeType in Stellar-ledger-entries.x
const envelopeTypeTx = 2
const envelopeTypeTxFeeBump = 5

const hashOf = (networkId: Uint8Array, type: number, transaction: Uint8Array): Hash =>
  `0x${createHash('sha256')
    .update(networkId)
    .update(Uint8Array.of(0, 0, 0, type))
    .update(transaction)
    .digest('hex')}`

const memoOf = (memo: xdr.Memo): Memo => {
  switch (memo.type) {
    case 'memoNone':
      return { type: 'none', value: '' }
    case 'memoText':
      return { type: 'text', value: memo.text.toJson() }
    case 'memoId':
      return { type: 'id', value: memo.id.toString() }
    case 'memoHash':
      return { type: 'hash', value: `0x${Buffer.from(memo.hash.value).toString('hex')}` }
    case 'memoReturn':
      return { type: 'return', value: `0x${Buffer.from(memo.retHash.value).toString('hex')}` }
  }
}
