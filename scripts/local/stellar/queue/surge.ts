import type { Core } from '../core.ts'
import { compareRates, rateDown, rateUp } from '../transaction/fee.ts'
import type { Transaction } from '../transaction/transaction.ts'

type Chains = readonly (readonly Transaction[])[]

const operationsOf = (transactions: readonly Transaction[]): number =>
  transactions.reduce((sum, { operationCount }) => sum + operationCount, 0)

/** What goes into a ledger of so many operations: the best rates first; of a chain nothing before what precedes it. */
export const selectByRate = (chains: Chains, maxOperations: number): { selected: Transaction[]; full: boolean } => {
  const everything = chains.flat()
  if (operationsOf(everything) <= maxOperations) return { selected: everything, full: false }
  const waiting = chains.map(chain => [...chain]).sort((a, b) => better(b[0]!, a[0]!))
  const selected: Transaction[] = []
  let left = maxOperations
  while (left > 0 && waiting.length > 0) {
    const chain = waiting.pop()!
    const next = chain.shift()!
    if (next.operationCount > left) continue
    selected.push(next)
    left -= next.operationCount
    if (chain.length > 0) waiting.splice(placeFor(chain[0]!, waiting), 0, chain)
  }
  return { selected, full: true }
}

/** What every operation of the ledger is charged. */
export const ledgerBaseFee = (
  selected: readonly Transaction[],
  { full, baseFee, maxOperations, core }: { full: boolean; baseFee: bigint; maxOperations: number; core: Core },
): bigint => {
  const surge = core.surgeWhenFull ? full : operationsOf(selected) > Math.max(0, maxOperations - 100)
  const rate = core.surgeWhenFull ? rateDown : rateUp
  return surge && selected.length > 0 ? selected.map(rate).reduce((low, next) => (next < low ? next : low)) : baseFee
}

// Below zero when `a` comes first. Ties must be broken somehow, and always the same way.
const better = (a: Transaction, b: Transaction): number => compareRates(b, a) || (a.envelopeHash < b.envelopeHash ? -1 : 1)

/** Where it belongs among chains that are sorted with the best last. */
const placeFor = (first: Transaction, waiting: readonly (readonly Transaction[])[]): number => {
  let [low, high] = [0, waiting.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (better(waiting[middle]![0]!, first) < 0) high = middle
    else low = middle + 1
  }
  return low
}
