import type { AppliedTransaction } from './closed-ledger.ts'
import type { Core } from './core.ts'
import type { AccountId } from './ledger/account-id.ts'
import type { LedgerParameters } from './ledger/parameters.ts'
import { accountIn, type Change, type Scope } from './ledger/scope.ts'
import { applyTransaction, type Effects } from './transaction/apply.ts'
import { chargedFee } from './transaction/fee.ts'
import { changesXdr, metaXdr } from './transaction/meta.ts'
import { isSuccess, type Outcome, resultXdr } from './transaction/outcome.ts'
import type { Transaction } from './transaction/transaction.ts'

type TransactionSet = {
  /** In the order of application. */
  readonly transactions: readonly Transaction[]
  readonly ledger: LedgerParameters
  /** Stroops an operation, surge included. */
  readonly chargedBaseFee: bigint
  readonly core: Core
}

/** Takes the fees of all of them, and only then applies one after the other: a merge late in a ledger pays out what fees have left. */
export const applySet = (
  scope: Scope,
  { transactions, ledger, chargedBaseFee, core }: TransactionSet,
): { applied: AppliedTransaction[]; fees: bigint } => {
  const paid = transactions.map(transaction => takeFee(scope, transaction, chargedBaseFee))
  const highestSequence = highestSequences(transactions)
  const applied = transactions.map((transaction, index) => {
    const { charged, changes } = paid[index]!
    const inner = transaction.kind === 'feeBump' && !core.innerCostsNothing ? chargedFee(transaction.inner, chargedBaseFee) : 0n
    const on = { scope, ledger, core, highestSequence }
    const { outcome, effects } = applyTransaction(transaction, on, { charged, inner })
    return describe(transaction, { index: index + 1, outcome, effects, feeChanges: changes, protocol: core.protocol })
  })
  return { applied, fees: paid.reduce((sum, { charged }) => sum + charged, 0n) }
}

const takeFee = (scope: Scope, transaction: Transaction, baseFee: bigint): { charged: bigint; changes: Change[] } => {
  const own = scope.begin()
  const account = accountIn(own, transaction.feeSource)!
  const fee = chargedFee(transaction, baseFee)
  const charged = account.balance < fee ? account.balance : fee
  own.put({ ...account, balance: account.balance - charged })
  const changes = own.changes()
  own.commit()
  return { charged, changes }
}

/** Only kept when an account may go away in this ledger. */
const highestSequences = (transactions: readonly Transaction[]): ((account: AccountId) => bigint | undefined) => {
  const highest = new Map<AccountId, bigint>()
  if (transactions.some(({ operations }) => operations.some(({ body }) => body.type === 'accountMerge')))
    for (const { source, sequence } of transactions) if (sequence > (highest.get(source) ?? -1n)) highest.set(source, sequence)
  return account => highest.get(account)
}

type Applied = {
  readonly index: number
  readonly outcome: Outcome
  readonly effects: Effects
  readonly feeChanges: readonly Change[]
  readonly protocol: number
}

const describe = (transaction: Transaction, { index, outcome, effects, feeChanges, protocol }: Applied): AppliedTransaction => {
  // Few are ever asked for, and making them costs more than applying the transaction.
  let resultMeta: string | undefined
  let feeMeta: string | undefined
  return {
    hash: transaction.hash,
    ...(transaction.kind === 'feeBump' ? { innerHash: transaction.inner.hash } : {}),
    index,
    envelopeXdr: transaction.envelope.toString('base64'),
    resultXdr: resultXdr(outcome).toXdr('base64'),
    get resultMetaXdr() {
      resultMeta ??= metaXdr(effects, protocol)
      return resultMeta
    },
    get feeMetaXdr() {
      feeMeta ??= changesXdr(feeChanges)
      return feeMeta
    },
    feeCharged: outcome.feeCharged,
    maxFee: transaction.fee,
    feeAccount: transaction.feeSource,
    sourceAccount: transaction.source,
    sequence: transaction.sequence,
    operationCount: transaction.operations.length,
    successful: isSuccess(outcome),
  }
}
