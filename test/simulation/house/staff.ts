import type { Random } from '../../../scripts/fuzz/reorg/random.ts'
import type { Bank } from '../bank/bank.ts'
import type { BankStatement } from '../bank/statement.ts'
import type { FaultName } from '../catalogue.ts'
import type { Request } from '../clients.ts'
import type { Faults } from '../faults.ts'
import type { MemoryStore } from '../memory-store.ts'
import { otherAccount } from '../routes/wanted.ts'
import type { Scheduler } from '../scheduler.ts'
import type { Settings } from '../settings.ts'
import type { Worker } from '../worker.ts'
import { explain } from './explanations.ts'
import type { Office } from './office.ts'
import { type Rebalance, rebalance } from './rebalances.ts'
import { type AskedRefund, askForRefunds } from './refunds.ts'
import { type ByHand, resolve } from './resolutions.ts'
import { type Repayment, settle } from './settlements.ts'

type Banks = {
  readonly bank: Bank
  readonly statement: BankStatement
  /** What our own accounts began with. */
  readonly openings: ReadonlyMap<string, bigint>
}

export type Staff = {
  readonly refunds: readonly AskedRefund[]
  readonly byHand: readonly ByHand[]
  readonly repayments: readonly Repayment[]
  readonly rebalances: readonly Rebalance[]
  /** Who stood in a customer's place. */
  readonly providers: readonly Request[]
  readonly start: () => void
  /** They end what they have begun. */
  readonly goHome: () => void
  readonly isAtRest: () => boolean
}

// What ends in a person's hands is rare.
const calling: readonly FaultName[] = [
  'bank: sends a credit back',
  'bank: takes a debit back after the release',
  'bank: settles what it has rejected',
  'stellar: a delivery is never collected',
]
// What a customer owes is rarer still.
const callingForSettlement: readonly FaultName[] = [
  ...calling,
  'settlement: two persons settle one debt',
  'settlement: is of more than is owed',
  'settlement: is rejected',
  'settlement: nobody approves it in time',
  'settlement: the bank takes the return back meanwhile',
]

/** Faults that leave something to persons, where persons are what a world is about. */
export const callingForPersons = ({ features }: Settings, random: Random): FaultName[] => {
  if (features.has('settlement'))
    return ['bank: takes a debit back after the release', ...callingForSettlement.filter(() => random.chance(0.5))]
  return features.has('refund') || features.has('resolution') ? calling.filter(() => random.chance(0.5)) : []
}

/** Those who work in a world by its features. */
export const staff = (
  time: Scheduler,
  random: Random,
  faults: Faults,
  settings: Settings,
  store: MemoryStore,
  office: Office,
  { bank, statement, openings }: Banks,
  worker: () => Worker | undefined,
  onProvider: (transfer: string) => void,
): Staff => {
  const { features } = settings
  const refunds = features.has('refund') ? askForRefunds(time, random, faults, store, office, bank, worker) : undefined
  const resolutions = features.has('resolution') ? resolve(time, random, faults, store, office, bank, statement) : undefined
  const explanations = features.has('resolution') ? explain(time, random, faults, store, office, statement) : undefined
  const settlements = features.has('settlement') ? settle(time, random, faults, store, office, bank, statement) : undefined
  const otherStartMinor = openings.get(otherAccount)
  const rebalances =
    otherStartMinor === undefined ? undefined : rebalance(time, random, settings, store, office, otherStartMinor, onProvider)
  const all = [refunds, resolutions, explanations, settlements, rebalances]
  return {
    refunds: refunds?.asked ?? [],
    byHand: resolutions?.byHand ?? [],
    repayments: settlements?.repayments ?? [],
    rebalances: rebalances?.between ?? [],
    providers: rebalances?.providers ?? [],
    start: () => {
      for (const each of all) each?.start()
    },
    goHome: () => {
      for (const each of all) each?.goHome()
    },
    isAtRest: () => (refunds?.isAtRest() ?? true) && office.isAtRest(),
  }
}
