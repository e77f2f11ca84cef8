import { createHash } from 'node:crypto'
import { xdr } from '@stellar/stellar-sdk/base'
import type { ClaimRule } from '../../../../bridge-service/src/chains/stellar/claimants.ts'
import { cores } from '../../../../scripts/local/stellar/core.ts'
import { accountIdOfKey, accountIdOfMuxed } from '../../../../scripts/local/stellar/ledger/account-id.ts'
import { assetIdOf } from '../../../../scripts/local/stellar/ledger/asset.ts'
import { claimableBalanceId } from '../../../../scripts/local/stellar/ledger/claimable-balance-id.ts'
import { decodeEnvelope } from '../../../../scripts/local/stellar/transaction/decode.ts'
import type { Transaction } from '../../../../scripts/local/stellar/transaction/transaction.ts'
import { passphrase } from './accounts.ts'

/** What an operation of ours does. Balances by their ids as Horizon shows them; amounts in 10⁻⁷. */
export type Deed =
  | {
      readonly kind: 'create'
      readonly source: string
      readonly token: string
      readonly stroops: bigint
      readonly claimants: readonly ClaimRule[]
      readonly balanceId: string
    }
  | { readonly kind: 'claim'; readonly source: string; readonly balanceId: string }
  | { readonly kind: 'pay'; readonly source: string; readonly to: string; readonly token: string; readonly stroops: bigint }

export type ReadEnvelope = {
  readonly transaction: Transaction
  readonly hash: `0x${string}`
  /** Of the transaction itself, whatever bump is around it. */
  readonly innerHash: `0x${string}`
  readonly memo: { readonly type: xdr.Memo['type']; readonly hash: `0x${string}` }
  /** Without the brackets of a sponsorship. */
  readonly deeds: readonly Deed[]
  /** Unix seconds, inclusive. */
  readonly maxTime: bigint
}

const networkId = createHash('sha256').update(passphrase).digest()

/** Throws on bytes that no sender of ours makes. */
export const readEnvelope = (bytes: Uint8Array): ReadEnvelope => {
  const base64 = Buffer.from(bytes).toString('base64')
  const transaction = decodeEnvelope(base64, networkId, cores.current)
  const inner = transaction.kind === 'plain' ? transaction : transaction.inner
  const { timeBounds } = inner.preconditions
  if (timeBounds === null) throw new Error('a transaction without an end')
  return {
    transaction,
    hash: `0x${transaction.hash}`,
    innerHash: `0x${inner.hash}`,
    memo: memoOf(base64),
    deeds: inner.operations.flatMap(({ body, source }, index) =>
      deedOf(body, source, `00000000${claimableBalanceId(inner, index)}`),
    ),
    maxTime: timeBounds.max,
  }
}

const memoOf = (base64: string): ReadEnvelope['memo'] => {
  const read = xdr.TransactionEnvelope.fromXdr(base64, 'base64')
  if (read.type === 'envelopeTypeTxV0') throw new Error('an envelope of long ago')
  const { memo } = read.type === 'envelopeTypeTx' ? read.v1.tx : read.feeBump.tx.innerTx.v1.tx
  if (memo.type !== 'memoHash' && memo.type !== 'memoReturn') throw new Error('a transaction that says not what it is about')
  return { type: memo.type, hash: `0x${hexOf(memo.value.value)}` }
}

const deedOf = (body: xdr.OperationBody, source: string, balanceId: string): Deed[] => {
  switch (body.type) {
    case 'createClaimableBalance': {
      const { asset, amount, claimants } = body.value
      return [{ kind: 'create', source, token: assetIdOf(asset)!, stroops: amount, claimants: claimants.map(ruleOf), balanceId }]
    }
    case 'claimClaimableBalance':
      return [{ kind: 'claim', source, balanceId: `00000000${hexOf(body.value.balanceId.v0.value)}` }]
    case 'payment': {
      const { destination, asset, amount } = body.value
      return [{ kind: 'pay', source, to: accountIdOfMuxed(destination), token: assetIdOf(asset)!, stroops: amount }]
    }
    case 'beginSponsoringFutureReserves':
    case 'endSponsoringFutureReserves':
      return []
    default:
      throw new Error(`no sender of ours asks for ${body.type}`)
  }
}

const ruleOf = ({ v0: { destination, predicate } }: xdr.Claimant): ClaimRule => {
  const account = accountIdOfKey(destination)
  if (predicate.type === 'claimPredicateUnconditional') return { account, when: 'always' }
  if (predicate.type === 'claimPredicateBeforeAbsoluteTime') return { account, when: 'before', time: predicate.absBefore }
  const { notPredicate } = predicate as { readonly notPredicate?: xdr.ClaimPredicate | null }
  if (notPredicate?.type !== 'claimPredicateBeforeAbsoluteTime') throw new Error(`no balance of ours has ${predicate.type}`)
  return { account, when: 'from', time: notPredicate.absBefore }
}

const hexOf = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
