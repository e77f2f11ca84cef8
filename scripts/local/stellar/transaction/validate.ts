import type { xdr } from '@stellar/stellar-sdk/base'
import type { Core } from '../core.ts'
import { available } from '../ledger/funds.ts'
import type { LedgerParameters } from '../ledger/parameters.ts'
import { accountIn, type Scope } from '../ledger/scope.ts'
import { isBadSequence, isTooEarly, isTooLate, isTooSoonForAccount, type Offsets } from './conditions.ts'
import { bumpFeeNeeded, minimumFee } from './fee.ts'
import { operationSignatures } from './operation-signatures.ts'
import type { Outcome, PlainOutcome, Refusal } from './outcome.ts'
import { openSignatureCheck, type SignatureCheck } from './signature-check.ts'
import type { FeeBump, PlainTransaction, Transaction } from './transaction.ts'

export type Validating = {
  readonly scope: Pick<Scope, 'get'>
  /** Of the ledger that it is meant for, but for the close time: that of the last one, moved by the offsets. */
  readonly ledger: LedgerParameters
  readonly offsets: Offsets
  readonly core: Core
  /** The sequence number that the source will have used by then; default: the one it has used. */
  readonly current?: bigint
}

/** Whether the queue, and later the ledger, may take it. The fee told is what it would have to be; nothing is charged. */
export const validate = (transaction: Transaction, on: Validating): Outcome =>
  transaction.kind === 'plain' ? validatePlain(transaction, on, true) : validateBump(transaction, on)

const validatePlain = (transaction: PlainTransaction, on: Validating, paysFee: boolean): PlainOutcome => {
  const feeCharged = paysFee ? minimumFee(transaction, on.ledger.baseFee) : 0n
  const refused = (code: Refusal): PlainOutcome => ({ code, feeCharged, operations: [] })
  const check = openSignatureCheck(transaction)
  const { refusal } = commonChecks(transaction, on, check, { paysFee, applying: false })
  if (refusal) return refused(refusal)
  const operations = transaction.operations.map(({ rules }) => rules.success)
  for (const [index, operation] of transaction.operations.entries()) {
    const bad = isUnsupported(operation.rules.success)
      ? operation.rules.success
      : (operationSignatures(operation, on.scope, check) ?? operation.rules.malformed(operation.body, operation.source))
    if (bad) return { code: 'txFailed', feeCharged, operations: operations.with(index, bad) }
  }
  return check.allUsed() ? { code: 'txSuccess', feeCharged, operations } : refused('txBadAuthExtra')
}

const isUnsupported = (result: xdr.OperationResult): boolean => result.type === 'opNotSupported'

const validateBump = (bump: FeeBump, on: Validating): Outcome => {
  const feeCharged = minimumFee(bump, on.ledger.baseFee)
  const refused = (code: Refusal, fee = feeCharged): Outcome => ({ code, feeCharged: fee, operations: [] })
  if (bump.fee < feeCharged) return refused('txInsufficientFee')
  const needed = bumpFeeNeeded(bump, on.ledger.baseFee)
  if (bump.fee < needed) return refused('txInsufficientFee', needed)
  const feeSource = accountIn(on.scope, bump.feeSource)
  if (!feeSource) return refused('txNoAccount')
  const check = openSignatureCheck(bump)
  if (!check.accountMeets(feeSource, feeSource.thresholds.low)) return refused('txBadAuth')
  if (available(feeSource, on.ledger.baseReserve) < bump.fee) return refused('txInsufficientBalance')
  if (!check.allUsed()) return refused('txBadAuthExtra')
  const inner = validatePlain(bump.inner, on, false)
  return { code: inner.code, feeCharged, operations: inner.operations, inner: { ...inner, hash: bump.inner.hash } }
}

/** How far a transaction came: only one whose sequence number was right uses it up when applied. */
export type Reached = 'nothing' | 'sequence' | 'valid'

/** What is checked both before a transaction is taken and again when it is applied, in core's order. */
export const commonChecks = (
  transaction: PlainTransaction,
  on: Validating,
  check: SignatureCheck,
  { paysFee, applying }: { paysFee: boolean; applying: boolean },
): { reached: Reached; refusal?: Refusal } => {
  const nothing = (refusal: Refusal) => ({ reached: 'nothing', refusal }) as const
  const sequence = (refusal: Refusal) => ({ reached: 'sequence', refusal }) as const
  const { ledger, offsets, scope } = on
  const { extraSigners } = transaction.preconditions
  if (extraSigners.length === 2 && extraSigners[0]!.address === extraSigners[1]!.address) return nothing('txMalformed')
  if (extraSigners.some(({ type, payload }) => type === 'signedPayload' && payload.length === 0)) return nothing('txMalformed')
  if (transaction.operations.length === 0) return nothing('txMissingOperation')
  if (transaction.carriesContractData) return nothing('txMalformed')
  if (isTooEarly(transaction, ledger, offsets)) return nothing('txTooEarly')
  if (isTooLate(transaction, ledger, offsets)) return nothing('txTooLate')
  if (paysFee && transaction.fee < minimumFee(transaction, ledger.baseFee)) return nothing('txInsufficientFee')
  const account = accountIn(scope, transaction.source)
  if (!account) return nothing('txNoAccount')
  if (isBadSequence(transaction, ledger, on.current ?? account.sequence)) return nothing('txBadSeq')
  if (isTooSoonForAccount(transaction, account, ledger, offsets)) return sequence('txBadMinSeqAgeOrGap')
  if (!check.accountMeets(account, account.thresholds.low)) return sequence('txBadAuth')
  const extra = extraSigners.map(key => ({ key, weight: 1 }))
  if (extra.length > 0 && !check.meets(extra, extra.length)) return sequence('txBadAuth')
  // The whole bid must be there before it is taken, though less may be charged; when applied it has been taken already.
  const bid = applying ? 0n : transaction.fee
  if (paysFee && available(account, ledger.baseReserve) < bid) return sequence('txInsufficientBalance')
  return { reached: 'valid' }
}
