import type { Chain } from '../../../bridge-service/src/chains/chain.ts'
import { refused } from '../../../bridge-service/src/outcome.ts'
import { findHoldTerms } from '../../../bridge-service/src/transfer/hold.ts'
import type { WaitKind } from '../../../bridge-service/src/transfer/wait.ts'
import { escrowIdOf } from '../chain/ids.ts'
import type { Plant } from '../worker.ts'
import { changeFacts, changeMatched, changeSteps } from './change-store.ts'
import type { Planted } from './planted.ts'

const chain = (name: string, change: (chain: Chain) => Partial<Chain>): Planted => ({
  name,
  plant: ports => ({ ...ports, chains: new Map([...ports.chains].map(([id, real]) => [id, { ...real, ...change(real) }])) }),
})

const early = (what: string, kind: WaitKind): Planted => ({
  name: `${what} is final as soon as it is heard of`,
  plant: (ports, { memory }) => ({
    ...ports,
    finalFacts: async limit => [...(await ports.finalFacts(limit)), ...waitsFor(memory, kind)],
  }),
})

export const plantedOnTheChain: readonly Planted[] = [
  chain('a submission whose answer was lost is taken for a refusal', real => ({
    submit: async order => {
      const outcome = await real.submit(order)
      return outcome.kind === 'unknown' ? refused('timeout', outcome.detail) : outcome
    },
  })),
  chain('a transaction that is not mined yet is taken for one that reverted', real => ({
    find: async key => {
      const outcome = await real.find(key)
      return outcome.kind === 'unknown' ? refused('reverted', outcome.detail) : outcome
    },
  })),
  {
    name: 'confirmations are off by one',
    plant: ports => ({
      ...ports,
      store: changeSteps(ports.store, step => ({
        ...step,
        decision: {
          ...step.decision,
          waits: step.decision.waits.map(({ kind, on }) => ({ kind, on: on && { ...on, blockNumber: on.blockNumber - 1n } })),
        },
      })),
    }),
  },
  early('a lock', 'lock'),
  early('a refund', 'refund'),
  early('a commit', 'commit'),
  early('a release', 'release'),
  {
    name: 'what was orphaned is not heard of',
    shownBy: ['evm: a shallow reorg', 'evm: a reorg drops transactions'],
    plant: ports => ({
      ...ports,
      store: changeFacts(ports.store, ({ matched, unmatched, full }) => {
        const isOrphaned = ({ input }: (typeof matched)[number]) => input.type === 'chainFact' && input.status === 'orphaned'
        return {
          matched: matched.filter(fact => !isOrphaned(fact)),
          unmatched: [...unmatched, ...matched.filter(isOrphaned)],
          full,
        }
      }),
    }),
  },
  {
    name: "an escrow of a stranger is taken for ours, for its ref's sake",
    plant: (ports, { memory }) => ({
      ...ports,
      store: changeMatched(ports.store, fact => {
        const transfer = memory.database.tables.transfers.get(fact.transferId)?.transfer
        const hold = transfer && findHoldTerms(transfer)
        return hold && fact.escrowId !== undefined ? { ...fact, escrowId: escrowIdOf(hold) } : fact
      }),
    }),
  },
]

type Memory = Parameters<Plant>[1]['memory']

export const waitsFor = ({ database: { tables } }: Memory, kind: WaitKind) =>
  [...tables.finality_waits.values()].flatMap(wait => {
    const escrowId = tables.inbox.get(`${wait.chain} ${wait.fact}`)?.payload.escrowId
    return wait.kind === kind && typeof escrowId === 'string'
      ? [{ transferId: wait.transfer_id, kind: wait.kind, fact: wait.fact, escrowId }]
      : []
  })
