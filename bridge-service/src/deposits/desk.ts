import type { Pool } from 'pg'
import type { Chain } from '../chains/chain.ts'
import type { Log } from '../log.ts'
import { type Currency, currencies } from '../money/currency.ts'
import type { Screening } from '../policy/screening.ts'
import { type Repeating, repeat } from '../repeat.ts'
import { typeId } from '../transfer/id.ts'
import { lookAtCases } from './look.ts'
import { openCases } from './open-cases.ts'
import { runOrders } from './run-orders.ts'
import { sweepAddresses } from './sweep.ts'

export type DeskOptions = {
  readonly pool: Pool
  readonly chains: ReadonlyMap<string, Chain>
  readonly screening: Screening
  /** A UUIDv7. */
  readonly newUuid: () => string
  readonly log: Log
  readonly pollMs?: number
}

/**
 * Looks after what customers bring by themselves: sends the locks that they have signed, locks what they have transferred, and finds its way back for what no transfer takes. Any
 * number of processes may do it. One turn does all that is due.
 */
export const depositTurn = ({ pool, chains, screening, newUuid, log }: DeskOptions) => {
  const newId = () => typeId('sd', newUuid())
  const known = Object.keys(currencies) as Currency[]
  return async (): Promise<void> => {
    await openCases({ pool, chains, currencies: known, newId })
    // A chain that does not answer keeps nothing from going out to another.
    const [swept] = await Promise.allSettled([sweepAddresses({ pool, chains, newId })])
    const [looked] = await Promise.allSettled([lookAtCases({ pool, chains, screening })])
    await runOrders({ pool, chains, log })
    for (const turn of [swept, looked]) if (turn.status === 'rejected') throw turn.reason
  }
}

export const depositDesk = (options: DeskOptions): Repeating =>
  repeat(options.pollMs ?? 500, depositTurn(options), error =>
    options.log('warn', 'deposits could not be looked after', { error: String(error) }),
  )
