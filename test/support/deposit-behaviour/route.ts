import type { TransferEvent } from '../../../bridge-service/src/transfer/event.ts'
import type { State } from '../../../bridge-service/src/transfer/state.ts'
import type { Deposit } from '../../../bridge-service/src/transfer/terms.ts'
import type { UnbornOf } from '../../../bridge-service/src/transfer/transfer.ts'

type Shared =
  | 'requested'
  | 'awaitingDeposit'
  | 'deposited'
  | 'committing'
  | 'committed'
  | 'collecting'
  | 'collected'
  | 'completed'
  | 'refundingDeposit'
  | 'refundedDeposit'
  | 'compensated'
  | 'canceled'
  | 'failed'
  | 'review'

/** A route that begins with a deposit, as the tests that all of them share see it. */
export type DepositRoute<R extends 'offramp' | 'crosschain'> = {
  readonly make: (committedBy?: Deposit['committedBy']) => UnbornOf<R>
  readonly history: { readonly [S in Shared]: readonly TransferEvent[] } & { readonly [S in State]?: readonly TransferEvent[] }
  /** What it takes out of its pool. */
  readonly reservedMinor: bigint
  /** The lines that are booked with the reservation, and when it is given back. */
  readonly reserved: readonly string[]
  readonly freed: readonly string[]
  /** Where a final commit leads, and what is wished for there. */
  readonly next: { readonly state: State; readonly intent: string }
  /** Where what was promised for the deposit is on its way, and nothing turns back because of the deposit. */
  readonly underWay: readonly State[]
}

/** One entry, if there is anything to book. */
export const entryOf = (...lines: readonly (readonly string[])[]): string[][] => {
  const all = lines.flat()
  return all.length > 0 ? [all] : []
}
