import type { View } from '../node.ts'
import type { HistoricTransaction } from './historic-transaction.ts'
import type { HistoricLedger } from './history.ts'

const percentiles = [10, 20, 30, 40, 50, 60, 70, 80, 90, 95, 99]
/** Horizon's window. */
const windowLedgers = 5
const strangersPerLedger = 100

/** Stroops per operation, of every transaction. */
export type Fees = { readonly charged: readonly bigint[]; readonly offered: readonly bigint[] }

/** Fees of the last ledgers, in stroops per operation; without transactions, the last base fee stands for all. */
export const feeStats = (view: View, surgeFee?: number) => {
  const ledgers = lastLedgers(view, windowLedgers)
  const last = ledgers.at(-1)!.closed
  const { charged, offered } = feesOf(ledgers, surgeFee)
  return {
    last_ledger: String(last.sequence),
    last_ledger_base_fee: String(last.baseFee),
    ledger_capacity_usage: surgeFee === undefined ? usage(ledgers) : '1',
    fee_charged: distribution(charged, last.baseFee),
    max_fee: distribution(offered, last.baseFee),
  }
}

export const lastLedgers = ({ history, elder, latest }: View, count: number): HistoricLedger[] => {
  const from = Math.max(elder, latest - count + 1)
  return Array.from({ length: latest - from + 1 }, (_, at) => history.ledger(from + at)!)
}

/** Under surge the ledgers are full of strangers who pay its fee, although only their effect is there. */
export const feesOf = (ledgers: readonly HistoricLedger[], surgeFee?: number): Fees => {
  const transactions = ledgers.flatMap(ledger => ledger.transactions)
  const strangers = surgeFee === undefined ? [] : new Array(strangersPerLedger * ledgers.length).fill(BigInt(surgeFee))
  return {
    charged: [...transactions.map(perOperation('feeCharged')), ...strangers],
    offered: [...transactions.map(perOperation('maxFee')), ...strangers],
  }
}

/** A fee bump counts as one more operation. */
const perOperation =
  (fee: 'feeCharged' | 'maxFee') =>
  ({ applied }: HistoricTransaction) =>
    applied[fee] / BigInt(applied.operationCount + (applied.innerHash === undefined ? 0 : 1))

const usage = (ledgers: readonly HistoricLedger[]): string => {
  const operations = ledgers
    .flatMap(({ transactions }) => transactions)
    .reduce((sum, { applied }) => sum + applied.operationCount, 0)
  const room = ledgers.reduce((sum, { closed }) => sum + closed.maxTxSetSize, 0)
  return String(room === 0 ? 1 : Math.round((operations / room) * 100) / 100)
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
