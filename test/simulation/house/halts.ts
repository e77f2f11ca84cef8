import type { ResumePayload } from '../../../bridge-service/src/operators/action.ts'
import { haltOf as reasonOf, sameHalt } from '../../../bridge-service/src/operators/halt.ts'
import type { Random } from '../../../scripts/fuzz/reorg/random.ts'
import type { Faults } from '../faults.ts'
import { type ChainTables, type Halt, haltOf } from '../indexer/indexer.ts'
import type { Scheduler } from '../scheduler.ts'
import type { Office } from './office.ts'

// So long an indexer may take to do as they have said.
const againMs = 120_000

/**
 * Operators who hear of a halted chain, look at it sooner or later, and say how it goes on: with our branch where its nodes were wrong, with theirs
 * where what was final is gone. They look again until it does.
 */
export const mindHalts = ({ nowMs, at }: Scheduler, random: Random, faults: Faults, office: Office) => {
  const ask = (chain: string, tables: ChainTables, branch: ResumePayload['branch']) => {
    const now = () => reasonOf(chain, { halted_reason: haltOf(tables)?.reason ?? null })
    return office.send({
      isLeftToOthers: true,
      fates: { rejected: 'halt: a request to go on is rejected', expired: 'halt: nobody approves in time that a chain goes on' },
      complete: () => ({
        ...{ type: 'resumeChain', transferId: null, scope: `chain:${chain}`, reason: 'every node was asked' },
        payload: { branch, haltedReason: now() },
      }),
      perform: ({ payload }) => sameHalt(now(), payload as ResumePayload),
    })
  }

  const act = async (chain: string, tables: ChainTables, halt: Halt): Promise<void> => {
    if (halt.untilMs !== undefined) {
      if (haltOf(tables) === undefined && faults.strikes('halt: somebody lets a chain go on that has gone on'))
        await ask(chain, tables, 'ours')
      return
    }
    const [right, other] = halt.why === 'nodesWereWrong' ? (['ours', 'theirs'] as const) : (['theirs', 'ours'] as const)
    const branch = faults.strikes('halt: operators name the wrong branch') ? other : right
    const times = faults.strikes('halt: two persons let one chain go on') ? 2 : 1
    await Promise.all(Array.from({ length: times }, () => ask(chain, tables, branch)))
    at(nowMs() + againMs, () => void act(chain, tables, halt))
  }

  return {
    see: (chain: string, tables: ChainTables, halt: Halt) =>
      void at(nowMs() + random.between(10, 900) * 1_000, () => void act(chain, tables, halt)),
  }
}
