import type { AccountId } from './account-id.ts'

/** Who bears the reserves of whom, from Begin- to EndSponsoringFutureReserves: nothing of it outlives the transaction. */
export const openSponsorships = () => {
  const sponsorOf = new Map<AccountId, AccountId>()
  return {
    sponsorOf: (sponsored: AccountId): AccountId | undefined => sponsorOf.get(sponsored),
    isSponsor: (account: AccountId): boolean => [...sponsorOf.values()].includes(account),
    begin: (sponsored: AccountId, sponsor: AccountId) => void sponsorOf.set(sponsored, sponsor),
    end: (sponsored: AccountId) => void sponsorOf.delete(sponsored),
    /** One that was never ended makes the whole transaction fail. */
    open: (): boolean => sponsorOf.size > 0,
  }
}

export type Sponsorships = ReturnType<typeof openSponsorships>
