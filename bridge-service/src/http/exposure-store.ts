import type { Pool } from 'pg'
import type { Currency } from '../money/currency.ts'
import type { Exposure } from '../policy/exposure.ts'

/** What one of a tenant's payers, and all of them together, owe us in a currency. */
export const readExposure = async (pool: Pool, tenant: string, payer: string, currency: Currency): Promise<Exposure> => {
  const { rows } = await pool.query<{ payer: string; tenant: string }>({
    name: 'read_exposure',
    text: `select coalesce(sum(owed - recovered - written_off), 0) as tenant,
                  coalesce(sum(owed - recovered - written_off) filter (where payer = $2), 0) as payer
             from receivables where tenant = $1 and currency = $3 and state in ('open', 'partlyRecovered')`,
    values: [tenant, payer, currency],
  })
  return { payerMinor: BigInt(rows[0]!.payer), tenantMinor: BigInt(rows[0]!.tenant) }
}
