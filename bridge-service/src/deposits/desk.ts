import type { Chain } from '../chains/chain.ts'
import type { Log } from '../log.ts'
import { type Currency, currencies } from '../money/currency.ts'
import type { Screening } from '../policy/screening.ts'
import { type Repeating, repeat } from '../repeat.ts'
import { typeId } from '../transfer/id.ts'
import type { AddressStore } from './address-store.ts'
import { lookAtCases } from './look.ts'
import { runOrders } from './run-orders.ts'
import type { DepositStore } from './store.ts'
import { strayDepositOf } from './stray-deposit.ts'
import { sweepAddresses } from './sweep.ts'

export type DeskOptions = {
  readonly store: DepositStore
  /** Absent where no chain has deposit addresses. */
  readonly addresses?: AddressStore
  readonly chains: ReadonlyMap<string, Chain>
  readonly screening: Screening
  /** A UUIDv7. */
  readonly newUuid: () => string
  /** Whether a chain stands still by an operator's word: nothing is sent to it. */
  readonly isHeld?: (target: string) => boolean
  readonly log: Log
  readonly pollMs?: number
}

/**
 * Looks after what customers bring by themselves: sends the locks that they have signed, locks what they have transferred, and finds its way
 * back for what no transfer takes. Any number of processes may do it. One turn does all that is due.
 */
export const depositTurn = ({ store, addresses, chains, screening, newUuid, isHeld = () => false, log }: DeskOptions) => {
  const newId = () => typeId('sd', newUuid())
  const known = Object.keys(currencies) as Currency[]
  return async (): Promise<void> => {
    await store.openCases([...chains.keys()], (money, transfer) =>
      strayDepositOf(newId(), money, transfer, chains.get(money.source)!, known),
    )
    // A chain that does not answer keeps nothing from going out to another.
    const [swept] = await Promise.allSettled([addresses && sweepAddresses({ store: addresses, chains, newId })])
    const [looked] = await Promise.allSettled([lookAtCases({ store, chains, screening })])
    await runOrders({ store, chains, isHeld, log })
    for (const turn of [swept, looked]) if (turn.status === 'rejected') throw turn.reason
  }
}

export const depositDesk = (options: DeskOptions): Repeating =>
  repeat(options.pollMs ?? 500, depositTurn(options), error =>
    options.log('warn', 'deposits could not be looked after', { error: String(error) }),
  )
