import { changeSteps } from './change-store.ts'
import type { Planted } from './planted.ts'

export const plantedByPersons: readonly Planted[] = [
  {
    name: 'a resolution leaves open in the books what it says that it closes',
    shownBy: ['resolution: its evidence is wrong'],
    plant: ports => ({
      ...ports,
      store: changeSteps(ports.store, step => {
        const isMeant = step.decision.events.some(({ event }) => event.type === 'transferResolved')
        return isMeant ? { ...step, decision: { ...step.decision, entries: [] } } : step
      }),
    }),
  },
]
