import type { Law } from './finding.ts'

// What had left before is still on its way for so long, and whoever froze at it may take as long to wake up.
const underWayMs = 180_000

/** Where an operator has said so nothing is begun: neither the bank nor a chain is asked for anything new. */
export const pauses: Law = ({ moments, world }) =>
  world.pauses.flatMap(({ target, fromMs, untilMs }) =>
    moments
      .filter(({ target: its, atMs }) => its === target && atMs > fromMs + underWayMs && atMs < (untilMs ?? world.endMs))
      .map(({ transfer, wish }) => `${transfer}: a ${wish} was sent to ${target} while it stood still`),
  )
