import { compareRates } from '../transaction/fee.ts'
import type { Transaction } from '../transaction/transaction.ts'
import type { Pool } from './pool.ts'

/** How the queue is kept from growing beyond twice what a ledger takes. */
export const openLimiter = (pool: Pool, maxTxSetSize: () => number) => {
  const capacity = () => 2 * maxTxSetSize()
  // What was thrown out last: until the next ledger nothing as cheap comes in.
  let evicted: Transaction | undefined

  const cheapestFirst = () =>
    pool.all().sort((a, b) => compareRates(a, b) || Buffer.compare(Buffer.from(a.envelopeHash), Buffer.from(b.envelopeHash)))

  return {
    /** `minimumFee` is what would have got it in; zero when nothing would. */
    admits: (transaction: Transaction, replacing: Transaction | undefined): { minimumFee: bigint } | undefined => {
      if (evicted && compareRates(transaction, evicted) <= 0) return { minimumFee: betterFee(transaction, evicted) }
      let excess = pool.operations() - (replacing?.operationCount ?? 0) + transaction.operationCount - capacity()
      if (excess <= 0) return undefined
      for (const cheap of cheapestFirst()) {
        if (compareRates(cheap, transaction) >= 0) return { minimumFee: betterFee(transaction, cheap) }
        if (cheap.source === transaction.source) return { minimumFee: 0n }
        excess -= cheap.operationCount
        if (excess <= 0) return undefined
      }
      return { minimumFee: 0n }
    },
    /** Makes room for what was admitted. */
    makeRoom: (operations: number) => {
      while (pool.operations() + operations > capacity()) {
        evicted = cheapestFirst()[0]!
        pool.ban([evicted])
      }
    },
    shift: () => {
      evicted = undefined
    },
  }
}

const betterFee = (transaction: Transaction, than: Transaction): bigint =>
  (than.fee * BigInt(transaction.operationCount)) / BigInt(than.operationCount) + 1n
