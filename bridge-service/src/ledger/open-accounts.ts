import type { Pool } from 'pg'
import type { AccountDefinition } from './chart.ts'

/** Makes the accounts that do not exist yet. Asking twice changes nothing. */
export const openAccounts = async (pool: Pool, definitions: readonly AccountDefinition[]): Promise<void> => {
  await pool.query(
    `insert into ledger_accounts (id, kind, currency, shards)
     select * from unnest($1::text[], $2::text[], $3::text[], $4::int[]) on conflict do nothing`,
    [
      definitions.map(definition => definition.id),
      definitions.map(definition => definition.kind),
      definitions.map(definition => definition.currency),
      definitions.map(definition => definition.shards),
    ],
  )
}
