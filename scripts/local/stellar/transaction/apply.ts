import { xdr } from '@stellar/stellar-sdk/base'
import type { AccountId } from '../ledger/account-id.ts'
import { accountIn, type Change, type Scope } from '../ledger/scope.ts'
import { signerKeyOfTransaction } from '../ledger/signer-key.ts'
import { removeSigner } from '../ledger/signers.ts'
import { openSponsorships } from '../ledger/sponsorships.ts'
import { succeeded } from '../operations/define.ts'
import { operationSignatures } from './operation-signatures.ts'
import type { Outcome, PlainOutcome, Refusal } from './outcome.ts'
import { openSignatureCheck } from './signature-check.ts'
import type { Operation, PlainTransaction, Transaction } from './transaction.ts'
import { commonChecks, type Validating } from './validate.ts'

export type Applying = Omit<Validating, 'scope' | 'offsets' | 'current'> & {
  readonly scope: Scope
  readonly highestSequence: (account: AccountId) => bigint | undefined
}

/** What a transaction wrote: before its operations, by each of them; empty for operations that came to nothing. */
export type Effects = { readonly before: readonly Change[]; readonly operations: readonly (readonly Change[])[] }

/** Applies a transaction whose fee has been taken. It is judged once more: much may have changed since the queue took it. */
export const applyTransaction = (
  transaction: Transaction,
  on: Applying,
  fees: { charged: bigint; inner: bigint },
): { outcome: Outcome; effects: Effects } => {
  if (transaction.kind === 'plain') return applyPlain(transaction, on, fees.charged, true)
  const first = on.scope.begin()
  removeSigner(first, transaction.feeSource, signerKeyOfTransaction(transaction.hash))
  const before = first.changes()
  first.commit()
  const { outcome, effects } = applyPlain(transaction.inner, on, fees.inner, false)
  return {
    outcome: { ...outcome, feeCharged: fees.charged, inner: { ...outcome, hash: transaction.inner.hash } },
    effects: { ...effects, before: [...before, ...effects.before] },
  }
}

const applyPlain = (
  transaction: PlainTransaction,
  on: Applying,
  feeCharged: bigint,
  paysFee: boolean,
): { outcome: PlainOutcome; effects: Effects } => {
  const check = openSignatureCheck(transaction)
  const first = on.scope.begin()
  const { reached, refusal } = commonChecks(transaction, { ...on, scope: first, offsets: { earliest: 0n, latest: 0n } }, check, {
    paysFee,
    applying: true,
  })
  if (reached !== 'nothing') useSequence(transaction, first, on)
  const results = transaction.operations.map(({ rules }) => rules.success)
  let failed: Refusal | 'txFailed' | undefined = refusal
  if (!failed) {
    // All of them are asked, so that every signature that is of use counts as used.
    const unsigned = transaction.operations.map(operation => operationSignatures(operation, first, check))
    for (const [index, result] of unsigned.entries()) if (result) results[index] = result
    if (unsigned.some(result => result !== undefined)) failed = 'txFailed'
    else if (!check.allUsed()) failed = 'txBadAuthExtra'
  }
  // A pre-authorized transaction uses up its authorization whatever becomes of it.
  const once = signerKeyOfTransaction(transaction.hash)
  for (const id of new Set([transaction.source, ...transaction.operations.map(({ source }) => source)]))
    removeSigner(first, id, once)
  const before = first.changes()
  first.commit()
  if (failed) return { outcome: { code: failed, feeCharged, operations: results }, effects: { before, operations: [] } }
  const { code, operations, changes } = applyOperations(transaction, on)
  return { outcome: { code, feeCharged, operations }, effects: { before, operations: changes } }
}

const useSequence = ({ source, sequence }: PlainTransaction, scope: Scope, { ledger }: Applying) =>
  scope.put({
    ...accountIn(scope, source)!,
    sequence,
    sequenceMoved: { ledger: ledger.sequence, time: ledger.closeTime },
  })

const applyOperations = (
  transaction: PlainTransaction,
  on: Applying,
): { code: PlainOutcome['code']; operations: xdr.OperationResult[]; changes: Change[][] } => {
  const scope = on.scope.begin()
  const sponsorships = openSponsorships()
  const changes: Change[][] = []
  // After a failure the rest is tried all the same, on top of what succeeded, and says what it would have come to.
  const operations = transaction.operations.map((operation, index) => {
    const own = scope.begin()
    const result = applyOperation(operation, {
      ...{ scope: own, baseReserve: on.ledger.baseReserve, sponsorships, source: operation.source, index },
      ...{ ledger: on.ledger, transaction, highestSequence: on.highestSequence },
    })
    if (succeeded(result)) {
      changes.push(own.changes())
      own.commit()
    }
    return result
  })
  if (!operations.every(succeeded)) return { code: 'txFailed', operations, changes: [] }
  if (sponsorships.open()) return { code: 'txBadSponsorship', operations, changes: [] }
  scope.commit()
  return { code: 'txSuccess', operations, changes }
}

const applyOperation = (
  { body, rules, source }: Operation,
  on: Parameters<Operation['rules']['apply']>[1],
): xdr.OperationResult => (accountIn(on.scope, source) ? (rules.malformed(body, source) ?? rules.apply(body, on)) : noAccount)

const noAccount = xdr.OperationResult.opNoAccount()
