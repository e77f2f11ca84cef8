import type { PoolState } from '../../../bridge-service/src/saga/load.ts'
import type { Step } from '../../../bridge-service/src/saga/step.ts'
import { changeFacts, changeSteps, changeTx } from './change-store.ts'
import type { Planted } from './planted.ts'

const steps = (name: string, change: (step: Step, draw: () => number) => Step): Planted => ({
  name,
  plant: (ports, { draw }) => ({ ...ports, store: changeSteps(ports.store, step => change(step, draw)) }),
})

const decided = (step: Step, change: Partial<Step['decision']>): Step => ({ ...step, decision: { ...step.decision, ...change } })

export const plantedInTheStore: readonly Planted[] = [
  {
    name: 'a step is committed whatever has happened meanwhile',
    plant: (ports, { memory }) => ({
      ...ports,
      store: changeSteps(ports.store, step => {
        const late = (memory.database.tables.transfers.get(step.before.id)?.transfer.version ?? 0) - step.before.version
        if (late <= 0) return step
        const { after, events, entries } = step.decision
        return {
          ...decided(step, {
            after: { ...after, version: after.version + late },
            events: events.map(event => ({ ...event, version: event.version + late })),
            entries: entries.map(entry => ({ ...entry, version: entry.version + late })),
          }),
          before: { ...step.before, version: step.before.version + late } as Step['before'],
        }
      }),
    }),
  },
  steps('an intent is forgotten at the commit', (step, draw) => (draw() < 0.05 ? { ...step, intents: [] } : step)),
  steps('a timer is forgotten at the commit', step =>
    decided(step, { timers: step.decision.timers.filter(({ dueAtMs }) => dueAtMs === null) }),
  ),
  steps('a wait for finality is forgotten at the commit', (step, draw) => (draw() < 0.2 ? decided(step, { waits: [] }) : step)),
  steps('liquidity is promised without being reserved', step => {
    if (step.decision.liquidity !== 'reserve') return step
    const { liquidity: _liquidity, ...decision } = step.decision
    return { ...step, decision }
  }),
  {
    name: 'a pool is promised whatever is left in it, raced for or queued for',
    plant: ports => {
      const filled = async (reading: Promise<readonly PoolState[]>) =>
        (await reading).map(pool => ({ ...pool, availableMinor: 10n ** 18n }))
      const store = changeTx(ports.store, tx => ({ ...tx, lockPools: ids => filled(tx.lockPools(ids)) }))
      return { ...ports, store: { ...store, loadPools: ids => filled(ports.store.loadPools(ids)) } }
    },
  },
  steps('a credit is not booked', step =>
    decided(step, { entries: step.decision.entries.filter(({ entry }) => entry.kind !== 'creditSettled') }),
  ),
  {
    ...steps('what a customer owes is written off at once', step =>
      decided(step, {
        entries: step.decision.entries.map(({ version, entry }) => ({
          version,
          entry: {
            ...entry,
            postings: entry.postings.map(posting => ({
              ...posting,
              account: posting.account.replace('receivable:', 'bad_debt:'),
            })),
          },
        })),
      }),
    ),
    shownBy: ['bank: takes a debit back after the release'],
  },
  steps('what became of an intent is not written down', step => decided(step, { intentChanges: [] })),
  {
    name: 'an event is committed without its row in the outbox',
    plant: (ports, { memory, draw }) => ({
      ...ports,
      store: {
        ...ports.store,
        commitSteps: async (list, lease) => {
          const moved = await ports.store.commitSteps(list, lease)
          const { outbox } = memory.database.tables
          const last = [...outbox.keys()].at(-1)
          if (last !== undefined && draw() < 0.05) outbox.delete(last)
          return moved
        },
      },
    }),
  },
  {
    name: 'facts are acknowledged before the commit',
    plant: (ports, { memory }) => ({
      ...ports,
      store: changeFacts(ports.store, claimed => {
        const { inbox } = memory.database.tables
        for (const { source, fact, revision } of claimed.matched) {
          const row = inbox.get(`${source} ${fact}`)
          if (row !== undefined) inbox.set(`${source} ${fact}`, { ...row, consumed: revision })
        }
        return claimed
      }),
    }),
  },
  {
    name: 'a request that is sent again is another request',
    plant: ports => {
      let count = 0
      const store = changeTx(ports.store, tx => ({
        ...tx,
        claimKeys: openings =>
          tx.claimKeys(openings.map(opening => Object.assign(opening, { key: `${opening.key}-${count++}` }))),
      }))
      return { ...ports, store }
    },
  },
]
