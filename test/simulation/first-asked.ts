import type { ChainOrder } from '../../bridge-service/src/chains/chain.ts'

/** Tells of each key when it is seen for the first time. */
export const firstAsked = () => {
  const asked = new Set<string>()
  const listeners: ((order: ChainOrder) => void)[] = []
  return {
    onFirstAsked: (listener: (order: ChainOrder) => void): void => void listeners.push(listener),
    ask: (order: ChainOrder): void => {
      if (asked.has(order.key)) return
      asked.add(order.key)
      for (const listener of listeners) listener(order)
    },
  }
}
