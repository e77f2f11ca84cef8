import type { ClaimedFact, ClaimedFacts } from '../../../bridge-service/src/saga/facts.ts'
import type { Step } from '../../../bridge-service/src/saga/step.ts'
import type { SagaStore, SagaTx } from '../../../bridge-service/src/saga/store.ts'

/** The store, with something between it and the transactions of the saga. */
export const changeTx = (store: SagaStore, change: (tx: SagaTx) => SagaTx): SagaStore => ({
  ...store,
  inTransaction: work => store.inTransaction(tx => work(change(tx))),
})

/** Changes steps before they are committed, in a transaction or not. */
export const changeSteps = (store: SagaStore, change: (step: Step) => Step): SagaStore => ({
  ...changeTx(store, tx => ({ ...tx, commitSteps: (steps, lease) => tx.commitSteps(steps.map(change), lease) })),
  commitSteps: (steps, lease) => store.commitSteps(steps.map(change), lease),
})

/** Changes, one by one, facts of ours after they were claimed. */
export const changeMatched = (store: SagaStore, change: (fact: ClaimedFact) => ClaimedFact): SagaStore =>
  changeFacts(store, claimed => ({ ...claimed, matched: claimed.matched.map(change) }))

/** Changes facts after they were claimed. */
export const changeFacts = (store: SagaStore, change: (claimed: ClaimedFacts) => ClaimedFacts): SagaStore =>
  changeTx(store, tx => ({ ...tx, claimFacts: async (limit, parked) => change(await tx.claimFacts(limit, parked)) }))
