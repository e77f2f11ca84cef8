import { setTimeout as delay } from 'node:timers/promises'
import type pg from 'pg'
import type { Ambushes } from './ambush.ts'
import type { ForkingChain } from './chain.ts'
import type { Endpoint } from './endpoint.ts'
import type { Finding } from './finding.ts'
import type { Random } from './random.ts'
import type { Settings } from './settings.ts'
import type { Subject } from './subject.ts'
import { type HeadRow, readHead } from './tables.ts'

type Parts = {
  readonly random: Random
  readonly settings: Settings
  readonly chain: ForkingChain
  readonly endpoints: readonly Endpoint[]
  readonly subject: Subject
  readonly ambushes: Ambushes
  readonly db: pg.Pool
  readonly patienceMs: number
  readonly find: (finding: Finding) => void
  readonly onFault: (name: string) => void
}

/** The indexer did not come to what is true in time. */
export class Stalled extends Error {}

export type Stage = ReturnType<typeof openStage>

/** What every act in a world's life needs: the parts, what has happened so far, and waiting for the indexer. */
export const openStage = (parts: Parts) => {
  const { settings, chain, subject, db, patienceMs, find } = parts
  const { finality } = settings
  const name = `evm:${chain.chainId}`
  // The block of the deployment stays: without the contracts there is no world.
  const base = chain.deployment.startBlock
  const told = { depths: [] as number[], restarts: 0, halts: 0, resumes: 0, endsOnNode: true }
  const formerTips: string[] = []
  /** The least height that must be final, from all that the indexer certainly saw. */
  let certain = base - 1

  const until = async <T>(what: string, ask: () => Promise<T | undefined>): Promise<T> => {
    const deadline = performance.now() + patienceMs
    for (;;) {
      const answer = await ask()
      if (answer !== undefined) return answer
      if (performance.now() > deadline) {
        const head = await readHead(db, name)
        throw new Stalled(`never: ${what}; the head is ${JSON.stringify(head)}, the last complaint ${subject.complaint()}`)
      }
      await delay(4)
    }
  }

  /** Waits until the indexer is at this tip and has drawn its conclusions about finality. */
  const settle = async (tip = chain.tip()): Promise<HeadRow> => {
    certain = Math.max(certain, tip.number - finality)
    const most = Math.max(base - 1, chain.highest() - finality)
    const head = await until(`the cursor at ${tip.number} ${tip.hash}, final ${certain} to ${most}`, async () => {
      const now = await readHead(db, name)
      if (now?.halted) throw new Stalled(`halted: ${now.halted}`)
      return now?.hash === tip.hash && now.finalized >= certain && now.alarm === null ? now : undefined
    })
    if (head.finalized > most) find({ kind: 'finality', what: `${head.finalized} counts as final below ${chain.highest()}` })
    return head
  }

  /** The lowest block that every reorg that must not halt leaves alone. */
  const floor = () => Math.max(base, chain.highest() - finality)

  return {
    ...parts,
    name,
    base,
    told,
    /** Tips of branches that were left. */
    formerTips,
    until,
    settle,
    floor,
    /** How deep a reorg may be that certainly does not reach what the indexer may hold as final. */
    harmless: () => chain.tip().number - floor(),
    reorg: async (depth: number, blocks: number) => {
      formerTips.push(chain.tip().hash)
      told.depths.push(depth)
      await chain.reorg(depth, blocks)
    },
    /** Where the chain was higher before, nobody can tell what the indexer holds as final: it may or may not have seen that. */
    regainHeight: () => chain.grow(Math.max(0, chain.highest() - chain.tip().number)),
    certain: () => certain,
    /** Operators took it back: nothing is certainly final any more. */
    forgetFinality: () => {
      certain = base - 1
    },
  }
}
