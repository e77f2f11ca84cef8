import type { Random } from '../../../scripts/fuzz/reorg/random.ts'
import type { Network } from '../chain/networks.ts'
import type { Faults } from '../faults.ts'
import { inOneStatement } from '../memory/statement.ts'
import type { MemoryStore } from '../memory-store.ts'
import type { Process } from '../process.ts'
import type { Scheduler } from '../scheduler.ts'
import { commitBlocks, endHalt, type Halt, haltOf } from './indexer.ts'
import { type Approval, endResume, readApproval } from './resume.ts'

/**
 * The process that follows one chain, and whoever starts it again. `onTold` hears of rows that are new in the inbox, `onHalt` of each halt, which
 * ends when two operators have said how.
 */
export const beginIndexer = (
  { nowMs }: Pick<Scheduler, 'nowMs'>,
  random: Random,
  faults: Faults,
  store: MemoryStore,
  { settings, chain, tables }: Network,
  begin: (name: string, onDeath: () => void) => Process,
  onTold: () => void,
  onHalt: (halt: Halt) => void,
): void => {
  const { database } = store
  let seen: Halt | undefined

  /** Says how many rows were news. */
  const obey = async (halt: Halt, approval: Approval): Promise<number> => {
    // It was obeyed by a process that did not live to see it.
    if (halt.untilMs !== undefined) return 0
    const end = (refusal: string | null) =>
      inOneStatement(database, undefined, tx => endResume(tx, database.tables, approval, refusal))
    if (approval.branch === 'ours') {
      await end(null)
      endHalt(halt, approval, nowMs())
      return 0
    }
    // On ledgers that are final another branch is another network.
    if (settings.flavour === 'stellar') {
      await end('no_common_ancestor')
      return 0
    }
    return commitBlocks(settings.id, store, tables, chain, faults, nowMs, { halt, approval })
  }

  const live = (life: number): void => {
    const process = begin(`indexer ${settings.id} ${life}`, () => live(life + 1))
    let busy = false
    let behindUntilMs = 0
    const call = (point: 'indexer.commit' | 'indexer.obey', effect: () => Promise<number>) => {
      busy = true
      process.call(point, undefined, effect).then(told => {
        busy = false
        if (told > 0) onTold()
      })
    }
    chain.onBlock(() => {
      if (busy || !process.isAlive()) return
      if (faults.strikes('indexer: falls behind')) behindUntilMs = nowMs() + random.between(10, 900) * 1_000
      if (haltOf(tables) === undefined && faults.strikes('indexer: halts the chain for a while')) {
        const reason = `reorg_below_finality: the node's block ${tables.final} is 0xwrong${tables.halts.length}`
        tables.halts.push({ why: 'nodesWereWrong', reason, fromMs: nowMs(), untilMs: undefined, by: undefined })
      }
      const halt = haltOf(tables)
      if (halt !== undefined && halt !== seen) {
        seen = halt
        onHalt(halt)
      }
      if (nowMs() < behindUntilMs) return
      if (halt === undefined)
        return call('indexer.commit', () => commitBlocks(settings.id, store, tables, chain, faults, nowMs, undefined))
      const approval = readApproval(database.tables, settings.id, halt.reason)
      if (approval !== undefined) call('indexer.obey', () => obey(halt, approval))
    })
  }
  live(0)
}
