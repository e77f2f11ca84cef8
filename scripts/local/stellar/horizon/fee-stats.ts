import type { HistoricLedger } from './history.ts'
import type { HistoricTransaction } from './historic-transaction.ts'

const percentiles = [10, 20, 30, 40, 50, 60, 70, 80, 90, 95, 99]

/** Fees per operation in the given ledgers (Horizon takes the last five), in stroops; without transactions the last base fee stands for all. */
export const feeStats = (ledgers: readonly HistoricLedger[]) => {
  const last = ledgers.at(-1)!.closed
  const transactions = ledgers.flatMap(ledger => ledger.transactions)
  return {
    last_ledger: String(last.sequence),
    last_ledger_base_fee: String(last.baseFee),
    ledger_capacity_usage: usage(ledgers),
    fee_charged: distribution(transactions.map(perOperation(({ applied }) => applied.feeCharged)), last.baseFee),
    max_fee: distribution(
      transactions.map(
        perOperation(transaction => {
          const { feeBump, maxFee } = transaction.envelope()
          return feeBump?.maxFee ?? maxFee
        }),
      ),
      last.baseFee,
    ),
  }
}

/** A fee bump counts as one more operation. */
const perOperation = (fee: (transaction: HistoricTransaction) => bigint) => (transaction: HistoricTransaction) => {
  const { operations, feeBump } = transaction.envelope()
  return fee(transaction) / BigInt(operations.length + (feeBump ? 1 : 0))
}

const usage = (ledgers: readonly HistoricLedger[]): string => {
  const operations = ledgers
    .flatMap(({ transactions }) => transactions)
    .reduce((sum, { envelope }) => sum + envelope().operations.length, 0)
  const capacity = ledgers.reduce((sum, { closed }) => sum + closed.maxTxSetSize, 0)
  return String(Math.round((operations / capacity) * 100) / 100)
}

export const distribution = (fees: readonly bigint[], baseFee: number) => {
  const sorted = (fees.length > 0 ? [...fees] : [BigInt(baseFee)]).sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))
  const at = (percent: number) => String(sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)])
  return {
    max: String(sorted.at(-1)),
    min: String(sorted[0]),
    mode: String(modeOf(sorted)),
    ...Object.fromEntries(percentiles.map(percent => [`p${percent}`, at(percent)])),
  }
}

const modeOf = (sorted: readonly bigint[]): bigint => {
  const counts = new Map<bigint, number>()
  for (const fee of sorted) counts.set(fee, (counts.get(fee) ?? 0) + 1)
  return [...counts].reduce((most, next) => (next[1] > most[1] ? next : most))[0]
}
