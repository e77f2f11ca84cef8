import type { Transitions } from '../state.ts'

export const offrampTransitions = {
  none: { transferRequested: 'requested' },
  requested: { transferCanceled: 'canceled' },
  canceled: {},
} as const satisfies Transitions
