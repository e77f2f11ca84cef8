import type { Pool } from 'pg'
import type { ChainId } from '../chains/chain.ts'
import { type FinalityTier, finalityVersion, tiersToJson } from './finality.ts'

/** Writes down what each version of the finality policy says, before a transfer names it in its terms. */
export const publishFinality = async (
  pool: Pool,
  chains: readonly { readonly id: ChainId; readonly finality: readonly FinalityTier[] }[],
): Promise<void> => {
  await pool.query({
    name: 'publish_finality',
    text: `insert into finality_policies (chain, version, tiers) select * from unnest($1::text[], $2::text[], $3::jsonb[])
           on conflict do nothing`,
    values: [
      chains.map(({ id }) => id),
      chains.map(({ finality }) => finalityVersion(finality)),
      chains.map(({ finality }) => JSON.stringify(tiersToJson(finality))),
    ],
  })
}
