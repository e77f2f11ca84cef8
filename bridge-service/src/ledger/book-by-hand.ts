import type { ClientBase } from 'pg'
import type { Posting } from './entry.ts'

export type HandEntry = {
  /** What it is about, which is no transfer: `receivable:tr_…`, `line:bank:sim/acct_1/17`. Its entries are numbered one after the other. */
  readonly name: string
  readonly kind: string
  /** All of one currency, all posted. */
  readonly postings: readonly Posting[]
  readonly actor: string
  readonly cause: string
}

/**
 * Books what persons have decided beside the machine, with its audit row, and moves the pools of the accounts that it books on. To be
 * called in a transaction that holds a lock on what it is about, which keeps the numbers of its entries apart.
 */
export const bookByHand = async (tx: ClientBase, { name, kind, postings, actor, cause }: HandEntry): Promise<void> => {
  const accounts = postings.map(({ account }) => account)
  const amounts = postings.map(({ amount }) => amount.minor.toString())
  await tx.query(
    `with entry as (
       insert into ledger_entries (transfer_id, version, kind)
       select $1::text, count(*) + 1, $2::text from ledger_entries where transfer_id = $1::text returning position, version
     ), audited as (
       insert into audit_log (transfer_id, version, actor, cause) select $1::text, version, $3::text, $4::text from entry
     )
     insert into ledger_postings (entry, line, account_id, currency, layer, amount)
     select entry.position, p.line - 1, p.account, $5::text, 'posted', p.amount
       from entry, unnest($6::text[], $7::numeric[]) with ordinality as p(account, amount, line)`,
    [name, kind, actor, cause, postings[0]!.amount.currency, accounts, amounts],
  )
  // Locked in one order, as the saga locks them. The version rises where less is left to promise.
  await tx.query(
    `with moved as (
       select substring(p.account from '^(?:bank_cash|treasury):(.+)$') as pool, sum(p.amount) as amount
         from unnest($1::text[], $2::numeric[]) as p(account, amount) group by 1
     ), locked as materialized (
       select id from liquidity_pools where id in (select pool from moved) order by id for update
     )
     update liquidity_pools l set total = l.total + m.amount, version = l.version + case when m.amount < 0 then 1 else 0 end
       from moved m where l.id = m.pool and l.id in (select id from locked)`,
    [accounts, amounts],
  )
}
