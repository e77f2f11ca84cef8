import { finalFactsOf, haltOf } from '../indexer/indexer.ts'
import type { Planted } from './planted.ts'

const aboveAll = { latest: Number.MAX_SAFE_INTEGER, safe: Number.MAX_SAFE_INTEGER, final: Number.MAX_SAFE_INTEGER }

export const plantedInAHalt: readonly Planted[] = [
  {
    name: 'finality goes on while a chain is halted',
    shownBy: ['indexer: halts the chain for a while'],
    plant: (ports, { memory, chains }) => ({
      ...ports,
      finalFacts: async limit => {
        const halted = new Map([...chains].filter(([, tables]) => haltOf(tables) !== undefined))
        const goesOn = new Map([...halted].map(([id, tables]) => [id, { ...tables, ...aboveAll, halts: [] }]))
        return [...(await ports.finalFacts(limit)), ...finalFactsOf(memory, goesOn, limit)]
      },
    }),
  },
  {
    name: 'a chain goes on as soon as one person says so',
    shownBy: ['indexer: halts the chain for a while'],
    plant: (ports, { memory }) => ({
      ...ports,
      speak: (call, key, about, act) =>
        ports.speak(call, key, about, (tx, floor) =>
          act(tx, {
            ...floor,
            insert: async (asked, operator) => {
              const action = await floor.insert(asked, operator)
              const { operator_actions: actions } = memory.database.tables
              const row = tx.get(actions, action.id)!
              if (row.type === 'resumeChain') tx.put(actions, row.id, { ...row, decision: 'approve', decided_at: tx.nowMs })
              return action
            },
          }),
        ),
    }),
  },
]
