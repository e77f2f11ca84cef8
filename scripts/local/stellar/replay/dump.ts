import type { Account, ClaimableBalance } from '../ledger/entry.ts'
import { entryXdr } from '../ledger/entry-xdr.ts'
import type { LedgerState } from '../ledger/state.ts'

/** All of a ledger in the words of the recorded scenarios. */
export const dumpState = (state: LedgerState) => ({
  accounts: Object.fromEntries(state.accounts().map(account => [account.id, dumpAccount(state, account)])),
  claimable_balances: Object.fromEntries(
    state.claimableBalances().map(balance => [`00000000${balance.id}`, dumpBalance(balance)]),
  ),
})

const dumpAccount = (state: LedgerState, account: Account) => {
  const { master, low, medium, high } = account.thresholds
  return {
    balance: `${account.balance}`,
    sequence: `${account.sequence}`,
    subentries: account.subentries,
    num_sponsoring: account.sponsoring,
    num_sponsored: account.sponsored,
    sponsor: account.sponsor,
    flags: account.flags,
    thresholds: [master, low, medium, high],
    signers: account.signers.map(({ key, weight, sponsor }) => ({ key: key.address, weight, sponsor })),
    home_domain: account.homeDomain,
    ...noLiabilities,
    seq_ledger: account.sequenceMoved?.ledger ?? null,
    seq_time: account.sequenceMoved ? `${account.sequenceMoved.time}` : null,
    trustlines: Object.fromEntries(
      state
        .trustlines(account.id)
        .map(({ asset, balance, limit, flags, sponsor }) => [
          asset,
          { balance: `${balance}`, limit: `${limit}`, flags, ...noLiabilities, sponsor },
        ]),
    ),
    data: Object.fromEntries(state.allData(account.id).map(({ name, value }) => [name, Buffer.from(value).toString('base64')])),
    offers: [],
  }
}

const noLiabilities = { selling_liabilities: '0', buying_liabilities: '0' }

const dumpBalance = (balance: ClaimableBalance) => ({
  id: `00000000${balance.id}`,
  asset: balance.asset,
  amount: `${balance.amount}`,
  claimants: balance.claimants.map(({ destination, predicate }) => ({ destination, predicate: predicate.toJson() })),
  sponsor: balance.sponsor,
  clawback_enabled: balance.clawbackEnabled,
  entry_xdr: entryXdr(balance).toXdr('base64'),
})
