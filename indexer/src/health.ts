import type { Registry } from '@prometheus-io/client'
import fastify from 'fastify'
import { type ChainStatus, isReady } from './status.ts'

/**
 * `/health/live`: the process answers. `/health/ready`: 503 while a chain is not followed. `/metrics`: Prometheus text.
 */
export const startHealth = async (
  statuses: readonly ChainStatus[],
  registry: Registry,
  listen: { host: string; port: number },
): Promise<{ url: string; stop: () => Promise<void> }> => {
  const server = fastify({ forceCloseConnections: true })
  server.get('/health/live', () => ({ status: 'live' }))
  server.get('/health/ready', (_, reply) => {
    const ready = statuses.every(isReady)
    return reply.code(ready ? 200 : 503).send({ status: ready ? 'ready' : 'not_ready', chains: statuses.map(toJson) })
  })
  server.get('/metrics', async (_, reply) => reply.type(registry.contentType).send(await registry.metrics()))
  return { url: await server.listen(listen), stop: () => server.close() }
}

const toJson = ({ chain, state, reason, nodeHeight, cursorHeight, heights, mode, alarm, verified, endpoints }: ChainStatus) => ({
  chain,
  state,
  reason,
  node_height: nodeHeight?.toString(),
  head_height: cursorHeight?.toString(),
  safe_height: heights?.safe.toString(),
  finalized_height: heights?.finalized.toString(),
  finality_mode: mode,
  verified_height: verified?.toString(),
  alarm,
  endpoints: endpoints().map(({ name, standing }) => ({ endpoint: name, standing })),
})
