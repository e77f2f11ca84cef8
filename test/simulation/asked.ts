import type { ChainOrder } from '../../bridge-service/src/chains/chain.ts'
import type { SimChain } from './chain.ts'
import type { EscrowTerms } from './escrow.ts'

/** What was asked of the chain for the first time under a key, and how the chain stood then. */
export type AskedOfChain = {
  readonly key: string
  readonly body: string
  readonly action: string
  readonly ref: string
  readonly atMs: number
  readonly height: number
  readonly safeHeight: number
  readonly finalHeight: number
  /** Where the lock of this escrow stood on the canonical chain. */
  readonly lockHeight: number | undefined
}

/** Takes down what is asked of a chain. */
export const askedOf = (chain: SimChain, nowMs: () => number, escrowIdOf: (terms: EscrowTerms) => string) => {
  const asked = new Map<string, AskedOfChain>()
  return {
    asked: (): readonly AskedOfChain[] => [...asked.values()],
    ask: (order: ChainOrder): void => {
      if (asked.has(order.key)) return
      const escrowId = escrowIdOf(order.terms)
      const lock = chain.blocks.find(({ events }) => events.some(e => e.kind === 'escrowLocked' && e.escrowId === escrowId))
      asked.set(order.key, {
        key: order.key,
        body: JSON.stringify(order),
        action: order.action,
        ref: order.terms.ref,
        atMs: nowMs(),
        height: chain.height(),
        safeHeight: chain.safeHeight(),
        finalHeight: chain.finalHeight(),
        lockHeight: lock?.height,
      })
    },
  }
}
