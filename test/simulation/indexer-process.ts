import type { Random } from '../../scripts/fuzz/reorg/random.ts'
import type { Faults } from './faults.ts'
import { commitBlocks } from './indexer.ts'
import type { MemoryStore } from './memory-store.ts'
import type { Network } from './networks.ts'
import type { Process } from './process.ts'
import type { Scheduler } from './scheduler.ts'

/** The process that follows one chain, and whoever starts it again. `onTold` hears of rows that are new in the inbox. */
export const beginIndexer = (
  { nowMs, at }: Scheduler,
  random: Random,
  faults: Faults,
  store: MemoryStore,
  { settings, chain, tables }: Network,
  begin: (name: string, onDeath: () => void) => Process,
  onTold: () => void,
): void => {
  const halt = () => {
    const stands = { fromMs: nowMs(), untilMs: Number.POSITIVE_INFINITY }
    tables.halted = true
    tables.halts.push(stands)
    at(nowMs() + random.between(10, 1_800) * 1_000, () => {
      tables.halted = false
      stands.untilMs = nowMs()
    })
  }
  const live = (life: number): void => {
    const process = begin(`indexer ${settings.id} ${life}`, () => live(life + 1))
    let busy = false
    let behindUntilMs = 0
    chain.onBlock(() => {
      if (busy || !process.isAlive()) return
      if (faults.strikes('indexer: falls behind')) behindUntilMs = nowMs() + random.between(10, 900) * 1_000
      // What was final is in doubt: by its own word, or since its nodes show another branch. Then two persons say that ours stands.
      const isInDoubt =
        faults.strikes('indexer: halts the chain for a while') ||
        (settings.flavour === 'evm' && faults.strikes('evm: nodes show a branch that undoes what was final'))
      if (!tables.halted && isInDoubt) halt()
      if (nowMs() < behindUntilMs || tables.halted) return
      busy = true
      process
        .call('indexer.commit', undefined, () => commitBlocks(settings.id, store, tables, chain, faults))
        .then(told => {
          busy = false
          if (told > 0) onTold()
        })
    })
  }
  live(0)
}
