import type { FaultName } from '../catalogue.ts'
import type { PlantEvm } from '../senders/evm/line.ts'
import type { PlantStellar } from '../senders/stellar/line.ts'
import type { Plant } from '../worker.ts'
import { plantedAtAddresses } from './at-addresses.ts'
import { plantedAtTheBank } from './at-the-bank.ts'
import { plantedAtTheDesk } from './at-the-desk.ts'
import { plantedBetweenBanks } from './between-banks.ts'
import { plantedByPersons } from './by-persons.ts'
import { plantedInAHalt } from './in-a-halt.ts'
import { plantedInLending } from './in-lending.ts'
import { plantedInRefunds } from './in-refunds.ts'
import { plantedInSettlements } from './in-settlements.ts'
import { plantedInTheChannels } from './in-the-channels.ts'
import { plantedInTheLanes } from './in-the-lanes.ts'
import { plantedInTheStore } from './in-the-store.ts'
import { plantedInTime } from './in-time.ts'
import { plantedOnTheChain } from './on-the-chain.ts'
import { plantedOnTheStatement } from './on-the-statement.ts'

/**
 * A bug, made from outside: between the engine and one of its ports, or a sender and what it stands on, so that engine and sender are the
 * real ones.
 */
export type Planted = {
  readonly name: string
  readonly plant?: Plant
  readonly plantEvm?: PlantEvm
  readonly plantStellar?: PlantStellar
  /** Faults under which it shows, where those must meet: most worlds lack one of them. */
  readonly shownBy?: readonly FaultName[]
}

export const planted: readonly Planted[] = [
  ...plantedAtTheBank,
  ...plantedAtTheDesk,
  ...plantedOnTheChain,
  ...plantedInTheStore,
  ...plantedInTime,
  ...plantedInTheLanes,
  ...plantedInTheChannels,
  ...plantedOnTheStatement,
  ...plantedInAHalt,
  ...plantedInLending,
  ...plantedAtAddresses,
  ...plantedInRefunds,
  ...plantedBetweenBanks,
  ...plantedByPersons,
  ...plantedInSettlements,
]
