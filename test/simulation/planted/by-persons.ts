import type { OperatorInput } from '../../../bridge-service/src/transfer/input.ts'
import { changeMatched, changeSteps } from './change-store.ts'
import type { Planted } from './planted.ts'

const isResolution = (input: { readonly type: string }): input is Extract<OperatorInput, { type: 'resolveCommand' }> =>
  input.type === 'resolveCommand'

export const plantedByPersons: readonly Planted[] = [
  {
    name: 'a resolution is carried out whatever has happened since it was seen',
    shownBy: [
      'resolution: its evidence is wrong',
      'refund: two are asked for at once',
      'refund: is sent back by the bank of whom it pays',
    ],
    plant: (ports, { memory }) => ({
      ...ports,
      store: changeMatched(ports.store, fact => {
        const { input, transferId } = fact
        const now = memory.database.tables.transfers.get(transferId)?.transfer.version ?? 0
        return isResolution(input) ? { ...fact, input: { ...input, version: now } } : fact
      }),
    }),
  },
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
