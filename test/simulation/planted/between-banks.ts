import type { Step } from '../../../bridge-service/src/saga/step.ts'
import { changeMatched, changeSteps } from './change-store.ts'
import { changeTold } from './change-told.ts'
import type { Planted } from './planted.ts'

const entries = (name: string, shownBy: Planted['shownBy'], isMeant: (step: Step, kind: string) => boolean): Planted => ({
  name,
  ...(shownBy && { shownBy }),
  plant: ports => ({
    ...ports,
    store: changeSteps(ports.store, step => {
      const kept = step.decision.entries.filter(({ entry }) => !isMeant(step, entry.kind))
      return { ...step, decision: { ...step.decision, entries: kept } }
    }),
  }),
})

export const plantedBetweenBanks: readonly Planted[] = [
  {
    name: 'money that has left one bank of ours is taken for money that is at the other',
    shownBy: ['rebalance: is returned on its way'],
    plant: ports => ({
      ...ports,
      store: changeMatched(ports.store, fact => {
        const { input } = fact
        const hasLeft = input.type === 'railFact' && input.step === 'payoutFiat' && input.fact.type === 'returned'
        return hasLeft ? { ...fact, input: { ...input, fact: { ...input.fact, type: 'arrived' } } } : fact
      }),
    }),
  },
  entries(
    'what a bank of ours takes back of what has arrived is not booked',
    ['rebalance: is sent back after it has arrived'],
    (_step, kind) => kind === 'arrivalReversed',
  ),
  {
    name: 'the statement of the second bank is read by the orders of the first alone',
    shownBy: ['rebalance: arrives before it has left'],
    plant: changeTold((fact, verdict) => (verdict === 'arrived' ? { ...fact, unmatched: true } : fact)),
  },
]
