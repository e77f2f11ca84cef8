import type { Pool } from 'pg'
import type { Currency } from '../money/currency.ts'
import { type Law, minorTexts } from './law.ts'

/** The bridge's accounts at its banks, as far as they answered. */
export type BankBalance = {
  readonly bank: string
  readonly account: string
  readonly currency: Currency
  /** `null`: the bank did not answer. */
  readonly amountMinor: string | null
}

/** What the ledger says, and what orders that are open may have moved at the bank without our knowing yet. */
type Cash = { readonly currency: Currency; readonly ledger: bigint; readonly debiting: bigint; readonly crediting: bigint }

/**
 * Cash in the ledger equals the balances at the banks. A bank may be ahead of us by what it has not told us yet, so the two may differ
 * within the sum of the open debits and credits; with none open they are equal. The ledger is read before and after the banks are
 * asked, because it moves meanwhile. A bank that does not answer leaves the law unproven.
 */
export const cashLaws = async (pool: Pool, askBanks: () => Promise<readonly BankBalance[]>): Promise<Law[]> => {
  const before = await readCash(pool)
  const banks = await askBanks()
  const after = await readCash(pool)
  const currencies = [...new Set(banks.map(({ currency }) => currency))]
  return currencies.map(currency =>
    cashLaw(
      currency,
      banks.filter(bank => bank.currency === currency),
      [before, after].map(read => read.find(cash => cash.currency === currency) ?? nothing(currency)),
    ),
  )
}

const nothing = (currency: Currency): Cash => ({ currency, ledger: 0n, debiting: 0n, crediting: 0n })

const cashLaw = (currency: Currency, banks: readonly BankBalance[], reads: readonly Cash[]): Law => {
  const silent = banks.filter(({ amountMinor }) => amountMinor === null).map(({ bank }) => bank)
  const atBanks = banks.reduce((sum, { amountMinor }) => sum + BigInt(amountMinor ?? 0), 0n)
  const least = reads.map(({ ledger, crediting }) => ledger - crediting).reduce((a, b) => (a < b ? a : b))
  const most = reads.map(({ ledger, debiting }) => ledger + debiting).reduce((a, b) => (a > b ? a : b))
  const { ledger } = reads.at(-1)!
  return {
    name: `cash_equals_banks:${currency}`,
    ok: silent.length === 0 && least <= atBanks && atBanks <= most,
    detail: {
      ...minorTexts({ ledger, least, most }),
      ...(silent.length > 0 ? { banks: 'unknown', silent } : minorTexts({ banks: atBanks, difference: atBanks - ledger })),
    },
  }
}

const readCash = async (pool: Pool): Promise<Cash[]> => {
  const { rows } = await pool.query<Record<keyof Cash, string>>({
    name: 'read_cash',
    text: `with moving as (
             select terms->'sourceAmount'->>'currency' as currency, state, sum((terms->'sourceAmount'->>'minor')::numeric) as amount
               from transfers where state in ('debiting', 'crediting') group by 1, 2
              union all
             -- A remittance is paid out of its partner's account, which is none of ours.
             select terms->'destinationAmount'->>'currency', state, sum((terms->'destinationAmount'->>'minor')::numeric)
               from transfers where state = 'payingOut' and route = 'offramp' group by 1, 2
           )
           select a.currency, coalesce((select sum(posted) from ledger_balances b where b.account_id = a.id), 0) as ledger,
                  coalesce((select amount from moving m where m.currency = a.currency and m.state = 'debiting'), 0) as debiting,
                  coalesce((select sum(amount) from moving m where m.currency = a.currency and m.state in ('crediting', 'payingOut')), 0) as crediting
             from ledger_accounts a where a.id = 'bank_cash:' || a.currency`,
    values: [],
  })
  return rows.map(row => ({
    currency: row.currency as Currency,
    ledger: BigInt(row.ledger),
    debiting: BigInt(row.debiting),
    crediting: BigInt(row.crediting),
  }))
}
