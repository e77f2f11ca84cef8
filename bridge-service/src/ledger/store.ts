import type { Pool } from 'pg'
import type { Currency } from '../money/currency.ts'
import { type Money, money } from '../money/money.ts'
import type { AccountKind } from './chart.ts'
import type { Layer } from './entry.ts'

/** An account with its balances. Debit is positive, credit negative. */
export type AccountBalance = {
  readonly id: string
  readonly kind: AccountKind
  readonly currency: Currency
  readonly posted: Money
  readonly pending: Money
}

type BalanceRow = { id: string; kind: AccountKind; currency: Currency; posted: string; pending: string }

export const readBalances = async (pool: Pool): Promise<AccountBalance[]> => {
  const { rows } = await pool.query<BalanceRow>({
    name: 'read_balances',
    text: `select a.id, a.kind, a.currency, coalesce(sum(b.posted), 0) as posted, coalesce(sum(b.pending), 0) as pending
             from ledger_accounts a left join ledger_balances b on b.account_id = a.id
            group by a.id order by a.id`,
    values: [],
  })
  return rows.map(({ id, kind, currency, posted, pending }) => ({
    id,
    kind,
    currency,
    posted: money(currency, BigInt(posted)),
    pending: money(currency, BigInt(pending)),
  }))
}

export const accountExists = async (pool: Pool, id: string): Promise<boolean> => {
  const { rowCount } = await pool.query('select from ledger_accounts where id = $1', [id])
  return rowCount === 1
}

export type StoredEntry = {
  readonly position: string
  /** Or the name of what is not a transfer, such as `opening`. */
  readonly transferId: string
  readonly version: number
  readonly kind: string
  readonly at: Date
  readonly postings: readonly { readonly account: string; readonly layer: Layer; readonly amount: Money }[]
}

type EntryRow = Omit<StoredEntry, 'postings'> & {
  postings: { account: string; layer: Layer; currency: Currency; minor: string }[]
}

export type EntryFilter = { readonly transferId?: string | undefined; readonly account?: string | undefined }

/**
 * Newest first, with their postings, from behind `before`: a version of the transfer when it is given, else a position. Connections draw
 * positions in blocks, so entries of about the same time may stand in any order; those of one transfer go by its versions.
 */
export const readEntries = async (
  pool: Pool,
  { transferId, account }: EntryFilter,
  before: string | undefined,
  limit: number,
): Promise<StoredEntry[]> => {
  // Each filter has an index of its own to walk, so each has a text and a plan of its own.
  const source =
    transferId !== undefined
      ? `select position from ledger_entries e where transfer_id = $3 and version < $1
           and ($4::text is null or exists (select from ledger_postings p where p.entry = e.position and p.account_id = $4))
          order by version desc limit $2`
      : account !== undefined
        ? `select distinct entry as position from ledger_postings where account_id = $4 and entry < $1 and $3::text is null
            order by entry desc limit $2`
        : `select position from ledger_entries where position < $1 and $3::text is null and $4::text is null
            order by position desc limit $2`
  const { rows } = await pool.query<EntryRow>({
    name: `read_entries_${transferId !== undefined ? 'of_transfer' : account !== undefined ? 'of_account' : 'all'}`,
    text: `with page as (${source})
           select e.position, e.transfer_id as "transferId", e.version, e.kind, e.at,
                  (select jsonb_agg(jsonb_build_object('account', p.account_id, 'layer', p.layer, 'currency', p.currency,
                                                       'minor', p.amount::text) order by p.line)
                     from ledger_postings p where p.entry = e.position) as postings
             from page join ledger_entries e using (position)
            order by ${transferId !== undefined ? 'e.version' : 'e.position'} desc`,
    values: [
      before ?? (transferId !== undefined ? '2147483647' : '9223372036854775807'),
      limit,
      transferId ?? null,
      account ?? null,
    ],
  })
  return rows.map(({ postings, ...entry }) => ({
    ...entry,
    postings: (postings ?? []).map(({ account, layer, currency, minor }) => ({
      account,
      layer,
      amount: money(currency, BigInt(minor)),
    })),
  }))
}
