import type { Random } from '../../../scripts/fuzz/reorg/random.ts'
import type { Faults } from '../faults.ts'
import { type ChainTables, emptyChainTables } from '../indexer/indexer.ts'
import type { Scheduler } from '../scheduler.ts'
import { feeMarket } from '../senders/evm/fee-market.ts'
import { evmLine, type House } from '../senders/evm/line.ts'
import type { ChainSettings, Flavour } from '../settings.ts'
import { type SimChain, startChain } from './chain.ts'
import type { ChainLine } from './line.ts'
import { chainLine } from './port.ts'
import { letRemittersIn } from './remitters.ts'
import { letStrangersIn } from './strangers.ts'

/** One chain of a world, and all that stands around it. */
export type Network = {
  readonly settings: ChainSettings
  readonly treasuryStartMinor: bigint
  readonly chain: SimChain
  readonly line: ChainLine
  /** What the indexer has read of it. */
  readonly tables: ChainTables
  readonly strangers: ReturnType<typeof letStrangersIn>
  readonly remitters: ReturnType<typeof letRemittersIn>
}

export const openNetwork = (
  time: Scheduler,
  random: Random,
  everywhere: Faults,
  settings: ChainSettings,
  treasuryStartMinor: bigint,
  house: House,
): Network => {
  const { transferOf } = house
  const faults = faultsOf(everywhere, settings.flavour)
  const market = settings.hasSender ? feeMarket(random, faults) : undefined
  const chain = startChain(time, random, faults, settings, treasuryStartMinor, market)
  const line =
    market === undefined
      ? chainLine(time, random, faults, chain, settings, transferOf)
      : evmLine(time, random, faults, chain, market, settings, house)
  return {
    ...{ settings, treasuryStartMinor, chain, line },
    tables: emptyChainTables(),
    strangers: letStrangersIn(time, random, faults, settings, chain, transferOf),
    remitters: letRemittersIn(time, random, faults, settings, chain, transferOf),
  }
}

/** What befalls chains of one kind befalls no other in the same world. */
const faultsOf = (faults: Faults, flavour: Flavour): Faults => {
  const other = flavour === 'evm' ? 'stellar: ' : 'evm: '
  return { ...faults, strikes: (name, about) => !name.startsWith(other) && faults.strikes(name, about) }
}
