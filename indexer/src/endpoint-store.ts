import type { ClientBase } from 'pg'
import type { Endpoint } from './evm/source.ts'

/** Publishes how the nodes of a chain stand. */
export const writeEndpoints = async (db: ClientBase, chain: string, endpoints: readonly Endpoint[]): Promise<void> => {
  await db.query({
    name: 'indexer_write_endpoints',
    text: `with gone as (delete from chain_endpoints where chain = $1 and endpoint <> all ($2::text[]))
           insert into chain_endpoints (chain, endpoint, standing, head_height, latency_ms, requests, failures, disagreements)
           select $1, * from unnest($2::text[], $3::text[], $4::bigint[], $5::int[], $6::bigint[], $7::bigint[], $8::bigint[])
           on conflict (chain, endpoint) do update
              set standing = excluded.standing, head_height = excluded.head_height, latency_ms = excluded.latency_ms,
                  requests = excluded.requests, failures = excluded.failures, disagreements = excluded.disagreements, updated_at = now()`,
    values: [
      chain,
      endpoints.map(endpoint => endpoint.name),
      endpoints.map(endpoint => endpoint.standing),
      endpoints.map(endpoint => endpoint.headHeight ?? null),
      endpoints.map(({ latencyMs }) => (latencyMs === undefined ? null : Math.round(latencyMs))),
      endpoints.map(endpoint => endpoint.requests),
      endpoints.map(endpoint => endpoint.failures),
      endpoints.map(endpoint => endpoint.disagreements),
    ],
  })
}
