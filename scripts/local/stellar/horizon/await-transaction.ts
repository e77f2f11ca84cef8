import type { StellarNode } from '../node.ts'
import type { HistoricTransaction } from './historic-transaction.ts'

/** The transaction with this hash as soon as it is ingested; undefined when that takes too long, or nobody waits any more. */
export const awaitTransaction = (
  node: StellarNode,
  hash: string,
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<HistoricTransaction | undefined> =>
  new Promise(resolve => {
    const finish = (found?: HistoricTransaction) => {
      clearTimeout(timer)
      unsubscribe()
      signal?.removeEventListener('abort', giveUp)
      resolve(found)
    }
    const giveUp = () => finish()
    const look = () => {
      const found = ingestedTransaction(node, hash)
      if (found) finish(found)
    }
    const timer = setTimeout(giveUp, timeoutMs).unref()
    const unsubscribe = node.onChange(look)
    signal?.addEventListener('abort', giveUp, { once: true })
    look()
  })

export const ingestedTransaction = (node: StellarNode, hash: string): HistoricTransaction | undefined => {
  const { history, latest, elder } = node.now()
  const found = history.transaction(hash)
  return found && found.ledger.sequence <= latest && found.ledger.sequence >= elder ? found : undefined
}
