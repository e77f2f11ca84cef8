import type { Pool, PoolClient } from 'pg'
import type { Currency } from '../money/currency.ts'
import { inTransaction } from '../transaction.ts'
import { type BankBalance, cashLaws } from './cash-law.ts'
import { type EscrowOnChain, escrowLaw } from './escrow-law.ts'
import { issueLaw } from './issue-law.ts'
import { type Law, minorTexts } from './law.ts'
import { liquidityLaws } from './liquidity-law.ts'

export type ProofScope = {
  /** States in which a transfer holds nothing any more. */
  readonly terminalStates: readonly string[]
  readonly escrows: readonly EscrowOnChain[]
  /** Called outside of any transaction. */
  readonly askBanks: () => Promise<readonly BankBalance[]>
}

/**
 * Proves the ledger against itself, against its transfers, against the chain as the indexer knows it, and against the banks. All that is in
 * the database is read in one snapshot, so traffic raises no false alarm.
 */
export const proveLedger = async (pool: Pool, scope: ProofScope): Promise<{ ok: boolean; laws: Law[] }> => {
  const laws = [...(await lawsInOneSnapshot(pool, scope)), ...(await cashLaws(pool, scope.askBanks))]
  return { ok: laws.every(law => law.ok), laws }
}

const lawsInOneSnapshot = (pool: Pool, { terminalStates, escrows }: ProofScope): Promise<Law[]> =>
  inTransaction(
    pool,
    async client => {
      const accounts = await readAccounts(client, terminalStates)
      const laws = [netsToZero(accounts), balancesAreKept(accounts), holdsAreExplained(accounts), clearingIsExplained(accounts)]
      for (const escrow of escrows)
        laws.push(await escrowLaw(client, escrow, terminalStates), await issueLaw(client, escrow, terminalStates))
      return [...laws, ...(await liquidityLaws(client))]
    },
    'begin isolation level repeatable read read only',
  )

type AccountFacts = {
  readonly id: string
  readonly kind: string
  readonly currency: Currency
  /** The balances that writers keep. */
  readonly posted: bigint
  readonly pending: bigint
  /** Snapshot and the postings behind it. */
  readonly addedPosted: bigint
  readonly addedPending: bigint
  /** What transfers that are not over have put here, and customers whose money no transfer takes. */
  readonly openPosted: bigint
  readonly openPending: bigint
}

const accountsSql = `
with last as (select coalesce(max(through_xid), 0) as xid from ledger_snapshots),
base as (select account_id, posted, pending from ledger_snapshots where through_xid = (select xid from last)),
tail as (
  select p.account_id, coalesce(sum(p.amount) filter (where p.layer = 'posted'), 0) as posted,
         coalesce(sum(p.amount) filter (where p.layer = 'pending'), 0) as pending
    from ledger_entries e join ledger_postings p on p.entry = e.position where e.xid >= (select xid from last) group by 1
), kept as (
  select account_id, sum(posted) as posted, sum(pending) as pending from ledger_balances group by 1
), open as (
  select p.account_id, coalesce(sum(p.amount) filter (where p.layer = 'posted'), 0) as posted,
         coalesce(sum(p.amount) filter (where p.layer = 'pending'), 0) as pending
    from (select id from transfers where state <> all($1) union all
          select id from stray_deposits where state in ('waiting', 'returning', 'person')) t
    join ledger_entries e on e.transfer_id = t.id join ledger_postings p on p.entry = e.position group by 1
)
select a.id, a.kind, a.currency, coalesce(k.posted, 0) as posted, coalesce(k.pending, 0) as pending,
       coalesce(b.posted, 0) + coalesce(t.posted, 0) as "addedPosted", coalesce(b.pending, 0) + coalesce(t.pending, 0) as "addedPending",
       coalesce(o.posted, 0) as "openPosted", coalesce(o.pending, 0) as "openPending"
  from ledger_accounts a
  left join base b on b.account_id = a.id left join tail t on t.account_id = a.id
  left join kept k on k.account_id = a.id left join open o on o.account_id = a.id
 order by a.id`

const readAccounts = async (client: PoolClient, terminalStates: readonly string[]): Promise<AccountFacts[]> => {
  const { rows } = await client.query<Record<keyof AccountFacts, string>>(accountsSql, [terminalStates])
  return rows.map(row => ({
    id: row.id,
    kind: row.kind,
    currency: row.currency as Currency,
    posted: BigInt(row.posted),
    pending: BigInt(row.pending),
    addedPosted: BigInt(row.addedPosted),
    addedPending: BigInt(row.addedPending),
    openPosted: BigInt(row.openPosted),
    openPending: BigInt(row.openPending),
  }))
}

const netsToZero = (accounts: readonly AccountFacts[]): Law => {
  const sums = new Map<Currency, { posted: bigint; pending: bigint }>()
  for (const { currency, addedPosted, addedPending } of accounts) {
    const sum = sums.get(currency) ?? { posted: 0n, pending: 0n }
    sums.set(currency, { posted: sum.posted + addedPosted, pending: sum.pending + addedPending })
  }
  return {
    name: 'postings_sum_to_zero',
    ok: [...sums.values()].every(({ posted, pending }) => posted === 0n && pending === 0n),
    detail: Object.fromEntries([...sums].map(([currency, sum]) => [currency, minorTexts(sum)])),
  }
}

const balancesAreKept = (accounts: readonly AccountFacts[]): Law => {
  const wrong = accounts.filter(a => a.posted !== a.addedPosted || a.pending !== a.addedPending)
  return {
    name: 'balances_equal_postings',
    ok: wrong.length === 0,
    detail: {
      accounts: accounts.length,
      wrong: wrong.map(({ id, posted, pending, addedPosted, addedPending }) => ({
        account: id,
        ...minorTexts({ posted, pending, addedPosted, addedPending }),
      })),
    },
  }
}

/** A hold belongs to a transfer that is under way. */
const holdsAreExplained = (accounts: readonly AccountFacts[]): Law => {
  const wrong = accounts.filter(a => a.pending !== a.openPending)
  return {
    name: 'holds_belong_to_open_transfers',
    ok: wrong.length === 0,
    detail: { wrong: wrong.map(({ id, pending, openPending }) => ({ account: id, ...minorTexts({ pending, openPending }) })) },
  }
}

/** At rest a clearing account is zero; until then it holds what open transfers have put there, and nothing else. */
const clearingIsExplained = (accounts: readonly AccountFacts[]): Law => {
  const clearing = accounts.filter(({ kind }) => kind === 'clearing')
  return {
    name: 'clearing_belongs_to_open_transfers',
    ok: clearing.every(({ posted, openPosted }) => posted === openPosted),
    detail: Object.fromEntries(clearing.map(({ id, posted, openPosted }) => [id, minorTexts({ posted, openPosted })])),
  }
}
