import { finalFactsOf, haltOf } from '../indexer/indexer.ts'
import type { Planted } from './planted.ts'

const aboveAll = { latest: Number.MAX_SAFE_INTEGER, safe: Number.MAX_SAFE_INTEGER, final: Number.MAX_SAFE_INTEGER }

export const plantedInAHalt: readonly Planted[] = [
  {
    name: 'finality goes on while a chain is halted',
    plant: (ports, { memory, chains }) => ({
      ...ports,
      finalFacts: async limit => {
        const halted = new Map([...chains].filter(([, tables]) => haltOf(tables) !== undefined))
        const goesOn = new Map([...halted].map(([id, tables]) => [id, { ...tables, ...aboveAll, halts: [] }]))
        return [...(await ports.finalFacts(limit)), ...finalFactsOf(memory, goesOn, limit)]
      },
    }),
  },
]
