import { SignerKey, type xdr } from '@stellar/stellar-sdk/base'
import { accountIdOfMuxed } from '../ledger/account-id.ts'
import { accountFields, muxedFields } from './account-fields.ts'
import type { Preconditions } from './envelope.ts'
import type { HistoricTransaction } from './historic-transaction.ts'
import { isoTime } from './iso-time.ts'
import type { Link } from './link.ts'

/** A transaction as Horizon shows it under one of its hashes: the inner hash of a fee bump shows the inner signatures. */
export const transactionRecord = (link: Link, transaction: HistoricTransaction, hash = transaction.applied.hash) => {
  const { applied, ledger } = transaction
  const { source, sequence, maxFee, memo, preconditions, operations, signatures, feeBump } = transaction.envelope()
  const id = String(transaction.id)
  const account = accountIdOfMuxed(source)
  return {
    _links: {
      self: link(`/transactions/${hash}`),
      account: link(`/accounts/${account}`),
      ledger: link(`/ledgers/${ledger.sequence}`),
      operations: link(`/transactions/${hash}/operations{?cursor,limit,order}`),
      effects: link(`/transactions/${hash}/effects{?cursor,limit,order}`),
      precedes: link(`/transactions?order=asc&cursor=${id}`),
      succeeds: link(`/transactions?order=desc&cursor=${id}`),
      transaction: link(`/transactions/${hash}`),
    },
    id: hash,
    paging_token: id,
    successful: applied.successful,
    hash,
    ledger: ledger.sequence,
    created_at: isoTime(ledger.closeTime),
    source_account: account,
    ...muxedFields('account', source),
    source_account_sequence: String(sequence),
    ...accountFields('fee_account', feeBump?.source ?? source),
    fee_charged: String(applied.feeCharged),
    max_fee: String(feeBump?.maxFee ?? maxFee),
    operation_count: operations.length,
    envelope_xdr: applied.envelopeXdr,
    result_xdr: applied.resultXdr,
    result_meta_xdr: applied.resultMetaXdr,
    fee_meta_xdr: applied.feeMetaXdr,
    ...memoFields(memo),
    signatures: feeBump && hash === applied.hash ? feeBump.signatures : signatures,
    ...preconditionFields(preconditions),
    ...(feeBump && applied.innerHash
      ? {
          fee_bump_transaction: { hash: applied.hash, signatures: feeBump.signatures },
          inner_transaction: { hash: applied.innerHash, signatures, max_fee: String(maxFee) },
        }
      : {}),
  }
}

const memoFields = (memo: xdr.Memo): Record<string, string> => {
  const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64')
  switch (memo.type) {
    case 'memoNone':
      return { memo_type: 'none' }
    case 'memoText':
      // Any bytes are a valid text memo: what is no UTF-8 shows replacement characters, the bytes tell the truth.
      return {
        memo_type: 'text',
        memo: Buffer.from(memo.text.bytes).toString('utf8'),
        memo_bytes: base64(memo.text.bytes),
      }
    case 'memoId':
      return { memo_type: 'id', memo: String(memo.id) }
    case 'memoHash':
      return { memo_type: 'hash', memo: base64(memo.hash.toBytes()) }
    case 'memoReturn':
      return { memo_type: 'return', memo: base64(memo.retHash.toBytes()) }
  }
}

const preconditionFields = (conditions: Preconditions) => {
  const { timeBounds, ledgerBounds, minSequence, minSequenceAge, minSequenceLedgerGap, extraSigners } = conditions
  const fields = {
    ...(timeBounds
      ? {
          timebounds: {
            min_time: String(timeBounds.minTime),
            ...(timeBounds.maxTime > 0n ? { max_time: String(timeBounds.maxTime) } : {}),
          },
        }
      : {}),
    ...(ledgerBounds
      ? {
          ledgerbounds: {
            min_ledger: ledgerBounds.minLedger,
            ...(ledgerBounds.maxLedger > 0 ? { max_ledger: ledgerBounds.maxLedger } : {}),
          },
        }
      : {}),
    ...(minSequence !== null && minSequence !== undefined ? { min_account_sequence: String(minSequence) } : {}),
    ...(minSequenceAge ? { min_account_sequence_age: String(minSequenceAge) } : {}),
    ...(minSequenceLedgerGap ? { min_account_sequence_ledger_gap: minSequenceLedgerGap } : {}),
    ...(extraSigners?.length ? { extra_signers: extraSigners.map(SignerKey.encodeSignerKey) } : {}),
  }
  return Object.keys(fields).length > 0 ? { preconditions: fields } : {}
}
