import type { Step } from '../../../bridge-service/src/saga/step.ts'
import { changeSteps, changeTx } from './change-store.ts'
import type { Planted } from './planted.ts'

type Advance = Step['decision']['advance']

const advances = (name: string, change: (advance: Advance) => Advance): Planted => ({
  name,
  plant: ports => ({
    ...ports,
    store: changeSteps(ports.store, step => {
      const { advance: decided, ...decision } = step.decision
      const advance = change(decided)
      return { ...step, decision: { ...decision, ...(advance === undefined ? {} : { advance }) } }
    }),
  }),
})

export const plantedInLending: readonly Planted[] = [
  {
    name: 'nobody looks how much is advanced already',
    plant: ports => ({ ...ports, store: changeTx(ports.store, tx => ({ ...tx, limitExposure: async () => {} })) }),
  },
  advances('an advance is forgotten at the commit', advance => (advance === null ? advance : undefined)),
  advances('what has settled is taken for final', advance => (advance?.returnableUntilMs ? null : advance)),
  advances('a debit that never settles is advanced for ever', advance => advance ?? undefined),
]
