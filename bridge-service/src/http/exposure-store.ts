import type { Pool } from 'pg'
import type { Currency } from '../money/currency.ts'
import type { Exposure } from '../policy/exposure.ts'

/** What one of a tenant's payers, and all of them together, owe us in a currency, and what is advanced to them: added up only where it is limited. */
export const readExposure = async (
  pool: Pool,
  { tenant, payer, currency, isLimited }: { tenant: string; payer: string; currency: Currency; isLimited: boolean },
): Promise<Exposure> => {
  const { rows } = await pool.query<{ payer: string; tenant: string; advanced: string }>({
    name: 'read_exposure',
    text: `select coalesce(sum(owed - recovered - written_off), 0) as tenant,
                  coalesce(sum(owed - recovered - written_off) filter (where payer = $2), 0) as payer,
                  case when $4::boolean then (
                    select coalesce(sum(amount), 0) from advances
                     where tenant = $1 and currency = $3 and (returnable_until > (select causeway_now()) or returnable_until is null)
                  ) else 0 end as advanced
             from receivables where tenant = $1 and currency = $3 and state in ('open', 'partlyRecovered')`,
    values: [tenant, payer, currency, isLimited],
  })
  const { payer: payerMinor, tenant: tenantMinor, advanced: advancedMinor } = rows[0]!
  return { payerMinor: BigInt(payerMinor), tenantMinor: BigInt(tenantMinor), advancedMinor: BigInt(advancedMinor) }
}

export type TenantExposure = { readonly currency: Currency; readonly receivables: string; readonly advances: string }

/** What a tenant's payers owe us and what is advanced to them, in minor units, by currency: those in which there is something. */
export const listExposure = async (pool: Pool, tenant: string): Promise<TenantExposure[]> => {
  const { rows } = await pool.query<TenantExposure>({
    name: 'list_exposure',
    text: `select currency, sum(receivable)::text as receivables, sum(advance)::text as advances
             from (select currency, owed - recovered - written_off as receivable, 0 as advance from receivables
                    where tenant = $1 and state in ('open', 'partlyRecovered')
                   union all
                   select currency, 0, amount from advances
                    where tenant = $1 and (returnable_until > (select causeway_now()) or returnable_until is null)) e
            group by currency`,
    values: [tenant],
  })
  return rows
}
