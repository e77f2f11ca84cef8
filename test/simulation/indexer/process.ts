import type { Random } from '../../../scripts/fuzz/reorg/random.ts'
import type { Network } from '../chain/networks.ts'
import type { Faults } from '../faults.ts'
import type { MemoryStore } from '../memory-store.ts'
import type { Process } from '../process.ts'
import type { Scheduler } from '../scheduler.ts'
import { commitBlocks, type Halt, haltOf } from './indexer.ts'

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
  /** Two operators' word that it goes on with the branch of the nodes. It is the database's, and outlives the process. */
  let approved: Halt | undefined
  let seen: Halt | undefined
  /** Operators look at a halt once, sooner or later, and say how the chain goes on: with our branch, or with that of its nodes. */
  const callOperators = (halt: Halt) => {
    if (seen === halt) return
    seen = halt
    at(nowMs() + random.between(10, 900) * 1_000, () => {
      if (halt.why === 'nodesWereWrong') halt.untilMs = nowMs()
      else approved = halt
    })
  }
  const live = (life: number): void => {
    const process = begin(`indexer ${settings.id} ${life}`, () => live(life + 1))
    let busy = false
    let behindUntilMs = 0
    chain.onBlock(() => {
      if (busy || !process.isAlive()) return
      if (faults.strikes('indexer: falls behind')) behindUntilMs = nowMs() + random.between(10, 900) * 1_000
      if (haltOf(tables) === undefined && faults.strikes('indexer: halts the chain for a while'))
        tables.halts.push({ why: 'nodesWereWrong', fromMs: nowMs(), untilMs: undefined })
      const halt = haltOf(tables)
      if (halt !== undefined) callOperators(halt)
      if (nowMs() < behindUntilMs || (halt !== undefined && halt !== approved)) return
      busy = true
      process
        .call('indexer.commit', undefined, () => commitBlocks(settings.id, store, tables, chain, faults, nowMs, halt))
        .then(told => {
          busy = false
          if (told > 0) onTold()
        })
    })
  }
  live(0)
}
