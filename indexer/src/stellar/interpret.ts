import type { BlockRef } from '../canonical.ts'
import type { EscrowEvent } from '../observation.ts'
import { balanceMadeBy, type KnownBalance } from './balance.ts'
import { balanceClaimed, balanceClawedBack } from './balance-ended.ts'
import { balanceMade } from './balance-made.ts'
import type { Look, Oddity } from './event.ts'
import { paymentMade } from './payment.ts'
import type { Movement, StellarTransaction } from './transaction.ts'
import type { Watched } from './watched.ts'

export type Interpreted = { readonly events: readonly EscrowEvent[]; readonly oddities: readonly Oddity[] }

/**
 * What a transaction means to us. `known` must have the balances that it claims or claws back, as far as we know them, but not those that
 * it makes itself; claims of other balances are nobody's business.
 */
export const interpret = (
  transaction: StellarTransaction,
  block: BlockRef,
  watched: Watched,
  known: ReadonlyMap<string, KnownBalance>,
): Interpreted => {
  const made = new Map<string, KnownBalance>()
  const events: EscrowEvent[] = []
  const oddities: Oddity[] = []
  const spent = new Set<Movement>()
  const look: Look = { transaction, block, watched, spent, oddities, balanceOf: id => made.get(id) ?? known.get(id) }
  for (const movement of transaction.movements) {
    if (spent.has(movement)) continue
    const event = eventOf(movement, look)
    if (event === undefined) continue
    events.push(event)
    const balance = balanceMadeBy(event)
    if (balance) made.set(...balance)
  }
  return { events, oddities }
}

const eventOf = (movement: Movement, look: Look): EscrowEvent | undefined => {
  switch (movement.kind) {
    case 'balanceCreated':
      return balanceMade(movement, look)
    case 'paid':
      return paymentMade(movement, look)
    case 'balanceClaimed': {
      const balance = look.balanceOf(movement.balanceId)
      return balance && balanceClaimed(movement, balance, look)
    }
    case 'balanceClawedBack': {
      const balance = look.balanceOf(movement.balanceId)
      return balance && balanceClawedBack(movement, balance, look)
    }
  }
}
