import type { ClaimableBalance } from '../ledger/entry.ts'
import { decimal } from './amount.ts'
import { isoTime } from './iso-time.ts'
import type { Link } from './link.ts'
import { predicateRecord } from './predicate.ts'

/** Horizon's id has the type of the id in front: 8 zeros and 64 hex digits. */
export const balanceIdText = ({ id }: Pick<ClaimableBalance, 'id'>): string => `00000000${id}`

export const claimableBalanceRecord = (
  link: Link,
  balance: ClaimableBalance,
  closeTimeOf: (ledger: number) => number | undefined,
) => {
  const id = balanceIdText(balance)
  const modified = closeTimeOf(balance.lastModified)
  const self = `/claimable_balances/${id}`
  return {
    _links: {
      self: link(self),
      transactions: link(`${self}/transactions{?cursor,limit,order}`),
      operations: link(`${self}/operations{?cursor,limit,order}`),
    },
    id,
    asset: balance.asset,
    amount: decimal(balance.amount),
    ...(balance.sponsor ? { sponsor: balance.sponsor } : {}),
    last_modified_ledger: balance.lastModified,
    last_modified_time: modified === undefined ? null : isoTime(modified),
    claimants: balance.claimants.map(({ destination, predicate }) => ({ destination, predicate: predicateRecord(predicate) })),
    flags: { clawback_enabled: balance.clawbackEnabled },
    paging_token: `${balance.lastModified}-${id}`,
  }
}
