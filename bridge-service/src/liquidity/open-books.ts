import type { Pool } from 'pg'
import type { Chain } from '../chains/chain.ts'
import { account, chartFor } from '../ledger/chart.ts'
import { openAccounts } from '../ledger/open-accounts.ts'
import type { Currency } from '../money/currency.ts'
import type { Rail } from '../rails/rail.ts'
import { inTransaction } from '../transaction.ts'

export type BooksToOpen = {
  /** What partners pay out, and are owed for. */
  readonly partners?: readonly Currency[]
  readonly banks: readonly { readonly rail: Rail; readonly accounts: Partial<Record<Currency, string>> }[]
  readonly chains: readonly {
    readonly chain: Chain
    readonly currencies: readonly Currency[]
    /** Those of them that we mint: what there is of them already is owed to its holders. */
    readonly minted?: readonly Currency[]
  }[]
}

type Opening = { readonly account: string; readonly currency: Currency; readonly minor: string; readonly pool?: string }

/**
 * Opens the accounts, books what the bank and the treasury hold at this moment against equity, and makes the liquidity pools. For an
 * account that was opened before nothing is asked and nothing changes. To be run before the first transfer, by whoever sets the bridge up.
 */
export const openBooks = async (database: Pool, { banks, chains, partners = [] }: BooksToOpen): Promise<void> => {
  const held = banks.flatMap(({ rail, accounts }) =>
    (Object.keys(accounts) as Currency[]).map(currency => ({ rail: rail.id, currency })),
  )
  const tokens = chains.flatMap(({ chain, currencies }) => currencies.map(currency => ({ chain: chain.id, currency })))
  await openAccounts(database, chartFor({ banks: held, partners, tokens }))
  const openings: Opening[] = []
  for (const { rail, accounts } of banks)
    for (const id of Object.values(accounts)) {
      const { amountMinor, currency } = await rail.balance(id)
      openings.push({
        account: account.bankCash(rail.id, currency),
        currency,
        minor: amountMinor,
        pool: `${rail.id}:${currency}`,
      })
    }
  for (const { chain, currencies, minted = [] } of chains) {
    for (const currency of currencies) {
      const minor = await chain.balanceOf(currency, chain.treasury)
      openings.push({ account: account.treasury(chain.id, currency), currency, minor, pool: `${chain.id}:${currency}` })
    }
    for (const currency of minted)
      openings.push({ account: account.issued(chain.id, currency), currency, minor: `-${await chain.supplyOf(currency)}` })
  }
  for (const opening of openings) await book(database, opening)
}

const book = (database: Pool, { account: id, currency, minor, pool }: Opening): Promise<void> =>
  inTransaction(database, async client => {
    const { rows } = await client.query<{ position: string }>(
      `insert into ledger_entries (transfer_id, version, kind) values ($1, 1, 'opening') on conflict do nothing returning position`,
      [`opening:${id}`],
    )
    if (rows[0] !== undefined && BigInt(minor) !== 0n)
      await client.query(
        `insert into ledger_postings (entry, line, account_id, currency, layer, amount)
         values ($1, 0, $2, $3, 'posted', $4), ($1, 1, $5, $3, 'posted', -$4::numeric)`,
        [rows[0].position, id, currency, minor, account.equity(currency)],
      )
    // Also for books that were opened before this pool was known.
    if (pool !== undefined)
      await client.query(
        'insert into liquidity_pools (id, currency, total, account_id) values ($1, $2, $3, $4) on conflict do nothing',
        [pool, currency, minor, id],
      )
  })
