import type { Pool } from 'pg'
import type { Currency } from '../money/currency.ts'
import { account } from './chart.ts'
import { type Law, minorTexts } from './law.ts'

/** One of the bridge's accounts at a bank, as far as the bank answered. */
export type BankBalance = {
  /** The rail's id. */
  readonly bank: string
  readonly account: string
  readonly currency: Currency
  /** `null`: the bank did not answer. */
  readonly amountMinor: string | null
}

/** What the ledger says, and what orders that are open may have moved at the bank without our knowing yet. */
type Cash = { readonly ledger: bigint; readonly debiting: bigint; readonly crediting: bigint }

/** What we have read of the account's statement, and the lines of it that nobody has explained. */
type Statement = { readonly statement: bigint; readonly unexplained: readonly Doubt[] }
type Doubt = Record<'cursor' | 'externalId' | 'verdict' | 'minor', string>

/**
 * Each account of ours at a bank has in the ledger what the bank says. A bank may be ahead of us by what it has not told us yet, so the two
 * may differ within the sum of the open debits and credits; with none open they are equal. The ledger is read before and after the banks
 * are asked, because it moves meanwhile. A bank that does not answer leaves the law unproven. What makes the difference is most often a
 * line of the statement that nobody has explained: the law names them, up to a hundred.
 */
export const cashLaws = async (pool: Pool, askBanks: () => Promise<readonly BankBalance[]>): Promise<Law[]> => {
  const before = await readCash(pool)
  const banks = await askBanks()
  const after = await readCash(pool)
  const statements = await readStatements(pool)
  return banks.map(bank => {
    const id = account.bankCash(bank.bank, bank.currency)
    const statement = statements.get(`${bank.bank} ${bank.account}`) ?? { statement: 0n, unexplained: [] }
    return cashLaw(
      bank,
      [before, after].map(read => read.get(id) ?? { ledger: 0n, debiting: 0n, crediting: 0n }),
      statement,
    )
  })
}

const cashLaw = (
  { bank, currency, amountMinor }: BankBalance,
  reads: readonly Cash[],
  { statement, unexplained }: Statement,
): Law => {
  const least = reads.map(({ ledger, crediting }) => ledger - crediting).reduce((a, b) => (a < b ? a : b))
  const most = reads.map(({ ledger, debiting }) => ledger + debiting).reduce((a, b) => (a > b ? a : b))
  const { ledger } = reads.at(-1)!
  const atBank = amountMinor === null ? undefined : BigInt(amountMinor)
  return {
    name: `cash_equals_bank:${bank}:${currency}`,
    ok: atBank !== undefined && least <= atBank && atBank <= most,
    detail: {
      ...minorTexts({ ledger, least, most, statement }),
      ...(atBank === undefined ? { bank: 'unknown' } : minorTexts({ bank: atBank, difference: atBank - ledger })),
      unexplained,
    },
  }
}

const readCash = async (pool: Pool): Promise<ReadonlyMap<string, Cash>> => {
  const { rows } = await pool.query<{ id: string } & Record<keyof Cash, string>>({
    name: 'read_cash',
    text: `with moving as (
             select terms->'source'->>'rail' as rail, terms->'sourceAmount'->>'currency' as currency, state = 'debiting' as comes,
                    sum((terms->'sourceAmount'->>'minor')::numeric) as amount
               from transfers where state in ('debiting', 'crediting') group by 1, 2, 3
              union all
             -- A remittance is paid out of its partner's account, which is none of ours.
             select terms->'destination'->>'rail', terms->'destinationAmount'->>'currency', false,
                    sum((terms->'destinationAmount'->>'minor')::numeric)
               from transfers where state = 'payingOut' and route = 'offramp' group by 1, 2
              union all
             select rail, currency, false, sum(minor) from refunds_unheard group by 1, 2
              union all
             -- Between two banks of ours each may be ahead of us: it has left, or is back; it has arrived, or is gone again.
             select terms->'source'->>'rail', terms->'sourceAmount'->>'currency', coalesce(progress->'payout' ? 'settled', false),
                    sum((terms->'sourceAmount'->>'minor')::numeric)
               from transfers where state in ('payingOut', 'inTransit') and route = 'rebalance' group by 1, 2, 3
              union all
             select terms->'destination'->>'rail', terms->'sourceAmount'->>'currency', not progress ? 'arrived',
                    sum((terms->'sourceAmount'->>'minor')::numeric)
               from transfers where state in ('payingOut', 'inTransit') and route = 'rebalance' group by 1, 2, 3
           )
           select a.id, coalesce((select sum(posted) from ledger_balances b where b.account_id = a.id), 0) as ledger,
                  coalesce(sum(m.amount) filter (where m.comes), 0) as debiting,
                  coalesce(sum(m.amount) filter (where not m.comes), 0) as crediting
             from ledger_accounts a left join moving m on a.id = 'bank_cash:' || m.rail || ':' || m.currency
            where a.id like 'bank_cash:%' group by a.id`,
    values: [],
  })
  return new Map(
    rows.map(({ id, ledger, debiting, crediting }) => [
      id,
      { ledger: BigInt(ledger), debiting: BigInt(debiting), crediting: BigInt(crediting) },
    ]),
  )
}

const readStatements = async (pool: Pool): Promise<ReadonlyMap<string, Statement>> => {
  const { rows } = await pool.query<{ place: string; statement: string; unexplained: readonly Doubt[] | null }>({
    name: 'read_statements',
    text: `select rail || ' ' || account as place, sum(amount) as statement,
                  (select json_agg(d) from (
                     select cursor, external_id as "externalId", verdict, amount::text as minor from bank_statement_lines d
                      where d.rail = l.rail and d.account = l.account and verdict in ('mismatched', 'unexplained')
                        and d.explained_by is null
                      order by read_at limit 100) d) as unexplained
             from bank_statement_lines l group by rail, account`,
    values: [],
  })
  return new Map(
    rows.map(({ place, statement, unexplained }) => [place, { statement: BigInt(statement), unexplained: unexplained ?? [] }]),
  )
}
