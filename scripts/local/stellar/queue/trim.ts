import type { AccountId } from '../ledger/account-id.ts'
import type { Transaction } from '../transaction/transaction.ts'

type Chains = readonly (readonly Transaction[])[]

/** What a ledger may take: core never proposes the sequence number with which accounts begin in that ledger. */
export const candidates = (chains: Chains, startingSequence: bigint): Chains =>
  chains
    .map(chain => {
      const at = chain.findIndex(({ sequence }) => sequence === startingSequence)
      return at < 0 ? chain : chain.slice(0, at)
    })
    .filter(chain => chain.length > 0)

type Judging = {
  /** `current` is the sequence number that the chain will have used before it. */
  readonly isValid: (transaction: Transaction, current: bigint | undefined) => boolean
  readonly available: (account: AccountId) => bigint
}

/** Parts what still fits from what no longer does: by its own conditions, or because its account cannot pay for all it offers. */
export const trim = (chains: Chains, { isValid, available }: Judging): { kept: Chains; removed: readonly Transaction[] } => {
  const removed: Transaction[] = []
  const offered = new Map<AccountId, bigint>()
  const valid = chains.map(chain => {
    const kept: Transaction[] = []
    for (const transaction of chain) {
      const { minSequenceAge, minSequenceGap } = transaction.preconditions
      const rests = minSequenceAge !== 0n || minSequenceGap !== 0
      // Only the first of a chain can know how long its account will have rested.
      if ((kept.length > 0 && rests) || !isValid(transaction, kept.at(-1)?.sequence)) {
        removed.push(transaction)
        continue
      }
      kept.push(transaction)
      offered.set(transaction.feeSource, (offered.get(transaction.feeSource) ?? 0n) + transaction.fee)
    }
    return kept
  })
  const paid = valid.map(chain => {
    const at = chain.findIndex(({ feeSource }) => available(feeSource) < offered.get(feeSource)!)
    if (at < 0) return chain
    removed.push(...chain.slice(at))
    return chain.slice(0, at)
  })
  return { kept: paid.filter(chain => chain.length > 0), removed }
}
