import type { ClosedLedger } from '../closed-ledger.ts'
import { type HistoricOperation, type HistoricTransaction, historicTransaction } from './historic-transaction.ts'
import { operationParticipants, transactionParticipants } from './participants.ts'
import { toid } from './toid.ts'
import { balanceIdsOf } from './touched-balances.ts'

export type HistoricLedger = {
  readonly id: bigint
  readonly closed: ClosedLedger
  readonly transactions: readonly HistoricTransaction[]
}

/** Everything that ever closed, in ascending order of id. Who may see how much of it is the reader's view, not the history's matter. */
export const openHistory = () => {
  const ledgers: HistoricLedger[] = []
  const transactions: HistoricTransaction[] = []
  const byHash = new Map<string, HistoricTransaction>()
  const operations: HistoricOperation[] = []
  const transactionsOf = openIndex<HistoricTransaction>()
  const operationsOf = openIndex<HistoricOperation>()
  let indexed = 0

  // By operation, account and balance when the first reader asks: most ledgers are closed and never asked about.
  const index = () => {
    for (; indexed < transactions.length; indexed++) {
      const transaction = transactions[indexed]!
      for (const account of transactionParticipants(transaction)) transactionsOf.add(account, transaction)
      for (const operation of transaction.operations()) {
        operations.push(operation)
        for (const account of operationParticipants(operation)) operationsOf.add(account, operation)
        for (const balance of balanceIdsOf(operation)) {
          operationsOf.add(balance, operation)
          transactionsOf.add(balance, transaction)
        }
      }
    }
  }

  return {
    add: (closed: ClosedLedger) => {
      const inLedger = closed.transactions.map((applied, at) => historicTransaction(closed, applied, at + 1))
      ledgers.push({ id: toid(closed.sequence), closed, transactions: inLedger })
      for (const transaction of inLedger) {
        transactions.push(transaction)
        byHash.set(transaction.applied.hash, transaction)
        if (transaction.applied.innerHash) byHash.set(transaction.applied.innerHash, transaction)
      }
    },
    ledgers: ledgers as readonly HistoricLedger[],
    ledger: (sequence: number) => ledgers[sequence - (ledgers[0]?.closed.sequence ?? 0)],
    transactions: transactions as readonly HistoricTransaction[],
    /** By the outer hash of a fee bump, and by its inner one. */
    transaction: (hash: string) => byHash.get(hash),
    operations: (): readonly HistoricOperation[] => {
      index()
      return operations
    },
    /** Of an account (G…) or of a claimable balance (72 hex). */
    transactionsOf: (subject: string): readonly HistoricTransaction[] => {
      index()
      return transactionsOf.get(subject)
    },
    operationsOf: (subject: string): readonly HistoricOperation[] => {
      index()
      return operationsOf.get(subject)
    },
  }
}

export type History = ReturnType<typeof openHistory>

const openIndex = <T>() => {
  const lists = new Map<string, T[]>()
  return {
    add: (key: string, item: T) => {
      const list = lists.get(key)
      if (!list) lists.set(key, [item])
      // One transaction may touch a balance twice.
      else if (list.at(-1) !== item) list.push(item)
    },
    get: (key: string): readonly T[] => lists.get(key) ?? [],
  }
}
