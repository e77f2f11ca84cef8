import type { Planted } from './planted.ts'

export const plantedInTime: readonly Planted[] = [
  {
    name: 'a debit is released against before it has cleared',
    plant: (ports, { settings }) => ({
      ...ports,
      store: { ...ports.store, databaseTimeMs: async () => (await ports.store.databaseTimeMs()) + settings.clearingMs },
    }),
  },
  {
    name: 'whoever has an intent sends it without asking first',
    plant: ports => ({
      ...ports,
      store: {
        ...ports.store,
        claimIntents: async (owner, leaseMs, limit) =>
          (await ports.store.claimIntents(owner, leaseMs, limit)).map(intent => ({ ...intent, tried: false })),
      },
    }),
  },
  {
    name: 'a credit that was withdrawn is sent again',
    plant: ports => ({
      ...ports,
      store: {
        ...ports.store,
        claimIntents: async (owner, leaseMs, limit) =>
          (await ports.store.claimIntents(owner, leaseMs, limit)).map(({ withdrawnForMs: _withdrawn, ...intent }) => intent),
      },
    }),
  },
  {
    name: 'an intent is never asked about again',
    plant: ports => ({
      ...ports,
      store: { ...ports.store, postponeIntent: (intent, status) => ports.store.postponeIntent(intent, status, 365 * 86_400_000) },
    }),
  },
  {
    name: 'an operator says that something shall stand still, and nobody listens',
    plant: ports => ({ ...ports, isHeld: () => false }),
  },
]
