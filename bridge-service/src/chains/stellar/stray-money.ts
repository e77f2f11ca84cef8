import type { StrayMoney, WayBack } from '../deposits.ts'
import { windowOf } from './claimants.ts'
import type { StellarContext } from './context.ts'
import type { StellarTask } from './task.ts'

/** How money that no transfer takes can go back, as the ledger stands. Throws `chain_unavailable`. */
export const wayBackOf = async ({ horizon, accounts }: StellarContext, { balanceId }: StrayMoney): Promise<WayBack> => {
  if (balanceId === null) return { kind: 'byUs' }
  const [balance, { closeTime }] = await Promise.all([horizon.balance(balanceId), horizon.watermark()])
  if (balance === undefined) return { kind: 'over' }
  const ours = windowOf(balance.claimants.find(({ destination }) => destination === accounts.hot))
  if (ours && ours.from <= closeTime && (ours.until === undefined || closeTime < ours.until)) return { kind: 'byUs' }
  const theirs = balance.claimants.filter(({ destination }) => !accounts.own.has(destination)).map(windowOf)
  const open = theirs.flatMap(window => (window && (window.until === undefined || closeTime < window.until) ? [window.from] : []))
  const [earliest] = open.toSorted((a, b) => (a < b ? -1 : 1))
  return earliest === undefined
    ? { kind: 'none', detail: 'nobody can claim the balance that we know of' }
    : { kind: 'byItself', from: Number(earliest) }
}

/** Whole, to where it came from, under the hash of the transaction that brought it. */
export const giveBackTask = ({ fact, token, units, payer: to, balanceId }: StrayMoney): StellarTask => {
  const way = { ref: fact.split(':')[0] as `0x${string}`, memo: 'return', to, deposit: fact } as const
  return balanceId === null ? { action: 'pay', token, stroops: units, ...way } : { action: 'returnDeposit', balanceId, ...way }
}
