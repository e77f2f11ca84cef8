import type { Transitions } from '../state.ts'

export const crosschainTransitions = {
  none: { transferRequested: 'requested' },
  requested: { transferCanceled: 'canceled' },
  canceled: {},
} as const satisfies Transitions
