import type { Random } from '../../../../scripts/fuzz/reorg/random.ts'
import type { Market } from '../../chain/chain.ts'
import type { Faults } from '../../faults.ts'

/** What ledgers charge when nobody is in a hurry, and what our senders bid at most: stroops per operation. */
export const floorStroops = 100n
export const bidCapStroops = 100_000n

export type LedgerMarket = Market & {
  /** Stroops per operation, without which nothing gets into a ledger. */
  readonly asked: () => bigint
}

/** What an operation costs: a crowd outbids all others for some ledgers, and is gone. */
export const ledgerMarket = (random: Random, faults: Faults): LedgerMarket => {
  let asked = floorStroops
  let crowdedLedgers = 0
  return {
    asked: () => asked,
    nextBlock: () => {
      if (crowdedLedgers > 0) crowdedLedgers--
      else asked = floorStroops
      if (!faults.strikes('stellar: ledgers charge many times over')) return
      crowdedLedgers = random.between(3, 30)
      // Now and then more than we would ever pay: then only waiting helps.
      asked = random.pick([500n, 3_000n, 20_000n, 2n * bidCapStroops])
    },
    takes: ({ lane }) => lane === undefined || lane.maxFee >= asked,
  }
}
