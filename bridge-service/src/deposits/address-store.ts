import type { Pool } from 'pg'
import type { Chain, HoldTerms } from '../chains/chain.ts'
import { inTransaction } from '../transaction.ts'
import type { TransferId } from '../transfer/id.ts'
import { insertStray } from './insert-stray.ts'
import { orderAddressLock } from './orders.ts'
import type { StrayDeposit } from './stray-deposit.ts'
import { claimWatched, keepSeen, type Seen, type Watched } from './watched.ts'

/** What is to be done about one deposit address. */
export type AddressAct = {
  readonly transferId: TransferId
  readonly chain: Chain['id']
  /** What the address follows from. */
  readonly terms: HoldTerms
  readonly lock: boolean
  readonly strays: readonly StrayDeposit[]
}

/** Port to what is kept of deposit addresses. Each call is one transaction. */
export type AddressStore = {
  /** Addresses on these chains that are due for a look; nobody else gets them for a while. */
  readonly claimWatched: (chains: readonly string[]) => Promise<Watched[]>
  /** Orders the lock, unless one is under way, and makes cases of what must go back, each once. */
  readonly act: (act: AddressAct) => Promise<void>
  readonly keepSeen: (news: readonly Seen[]) => Promise<void>
}

/** How many are looked at together, and for how long nobody else looks at them. */
export const lookLimits = { leaseMs: 5_000, limit: 500 }

export const postgresAddressStore = (pool: Pool): AddressStore => ({
  claimWatched: chains => claimWatched(pool, chains, lookLimits),
  act: ({ transferId, chain, terms, lock, strays }) =>
    inTransaction(pool, async client => {
      if (lock) await orderAddressLock(client, transferId, chain, terms)
      for (const stray of strays) await insertStray(client, stray, 'nothing')
    }),
  keepSeen: news => keepSeen(pool, news),
})
