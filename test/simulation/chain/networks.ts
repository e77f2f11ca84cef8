import type { Random } from '../../../scripts/fuzz/reorg/random.ts'
import type { Faults } from '../faults.ts'
import { type ChainTables, emptyChainTables } from '../indexer/indexer.ts'
import type { Scheduler } from '../scheduler.ts'
import { feeMarket } from '../senders/evm/fee-market.ts'
import { evmLine } from '../senders/evm/line.ts'
import type { House } from '../senders/house.ts'
import { ledgerMarket } from '../senders/stellar/fee-market.ts'
import { stellarLine } from '../senders/stellar/line.ts'
import type { ChainSettings, Flavour } from '../settings.ts'
import { type Market, type SimChain, startChain } from './chain.ts'
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
  const { chain, line } = openLine(time, random, faults, settings, treasuryStartMinor, house)
  return {
    ...{ settings, treasuryStartMinor, chain, line },
    tables: emptyChainTables(),
    strangers: letStrangersIn(time, random, faults, settings, chain, transferOf),
    remitters: letRemittersIn(time, random, faults, settings, chain, transferOf),
  }
}

/** A chain, and the way to it: behind the real sender, or behind a port that keeps its promises. */
const openLine = (
  time: Scheduler,
  random: Random,
  faults: Faults,
  settings: ChainSettings,
  treasuryStartMinor: bigint,
  house: House,
): Pick<Network, 'chain' | 'line'> => {
  const start = (market?: Market) => startChain(time, random, faults, settings, treasuryStartMinor, market)
  if (!settings.hasSender) {
    const chain = start()
    return { chain, line: chainLine(time, random, faults, chain, settings, house.transferOf) }
  }
  if (settings.flavour === 'evm') {
    const market = feeMarket(random, faults)
    const chain = start(market)
    return { chain, line: evmLine(time, random, faults, chain, market, settings, house) }
  }
  const market = ledgerMarket(random, faults)
  const chain = start(market)
  return { chain, line: stellarLine(time, random, faults, chain, market, settings, house) }
}

/** What befalls chains of one kind befalls no other in the same world. */
const faultsOf = (faults: Faults, flavour: Flavour): Faults => {
  const other = flavour === 'evm' ? 'stellar: ' : 'evm: '
  return { ...faults, strikes: (name, about) => !name.startsWith(other) && faults.strikes(name, about) }
}
