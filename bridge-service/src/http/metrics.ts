import { Gauge, Histogram, type Registry } from '@prometheus-io/client'
import type { FastifyInstance } from 'fastify'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import type { Pool } from 'pg'
import { z } from 'zod'
import { strayStates } from '../deposits/stray-deposit.ts'
import { readPauses } from '../operators/pauses.ts'
import { attentionReasons } from '../transfer/patience.ts'
import { states, terminalStates } from '../transfer/state.ts'
import type { ServerDeps } from './server-deps.ts'

const openStatuses = ['PENDING', 'IN_FLIGHT', 'UNKNOWN'] as const

/** Counts the requests of the whole server; to be called on it before any route. */
export const measureRequests = (app: FastifyInstance, registry: Registry): void => {
  const durations = new Histogram({
    name: 'causeway_http_request_duration_seconds',
    help: 'From the arrival of a request to its answer; streams are left out.',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
    registers: [registry],
  })
  app.addHook('onResponse', async (request, reply) => {
    // By the route's pattern: the paths themselves are without number.
    const route = request.routeOptions.url ?? 'none'
    if (route.endsWith('/stream')) return
    durations.observe({ method: request.method, route, status: reply.statusCode }, reply.elapsedTime / 1000)
  })
}

/** What an operator watches, in Prometheus' text format. */
export const metricsRoutes =
  ({ pool, registry }: ServerDeps): FastifyPluginAsyncZod =>
  async app => {
    const gauge = (name: string, help: string, labelNames: string[] = []) =>
      new Gauge({ name: `causeway_${name}`, help, labelNames, registers: [registry] })
    const up = gauge('database_up', '1 while the database answers.')
    const transfers = gauge('transfers', 'Transfers by state.', ['state'])
    const parked = gauge('transfers_parked', 'Transfers that wait for a person because a step broke an invariant.')
    const attention = gauge('transfers_attention', 'Transfers that a person must look at, by reason: see the runbook.', ['why'])
    const doubts = gauge(
      'bank_statement_doubts',
      'Lines of bank statements that no order of ours explains, or not as they are.',
      ['verdict'],
    )
    const waiting = gauge('inbox_waiting', 'Facts that the saga has not read yet.')
    const oldest = gauge('inbox_oldest_seconds', 'Age of the oldest of them.')
    const unmatched = gauge('inbox_unmatched', 'Facts that belong to no transfer.')
    const intents = gauge('intents', 'Intents that are not done, by status. UNKNOWN: money may have moved.', ['status'])
    const strays = gauge('stray_deposits', 'Deposits that no transfer takes, by state. person: somebody must look.', ['state'])
    const low = gauge('liquidity_low', '1 while a pool has less to promise than its low-water mark.', ['pool'])
    const orders = gauge(
      'deposit_orders_waiting',
      'Signed locks and returns of stray deposits that a chain has not answered yet.',
    )
    const oldestUnknown = gauge('intents_oldest_unknown_seconds', 'Age of the oldest intent whose outcome is unknown.')

    const paused = gauge('paused', '1 for every route, chain or rail that stands still by an operator’s word.', ['scope'])

    const refresh = async (): Promise<void> => {
      const counts = await readCounts(pool)
      for (const state of states) transfers.set({ state }, counts.transfers[state] ?? 0)
      for (const status of openStatuses) intents.set({ status }, counts.intents[status] ?? 0)
      for (const state of strayStates) strays.set({ state }, counts.strays[state] ?? 0)
      for (const [pool, isLow] of Object.entries(counts.low)) low.set({ pool }, isLow)
      orders.set(counts.orders)
      for (const why of attentionReasons) attention.set({ why }, counts.attention[why] ?? 0)
      for (const verdict of ['mismatched', 'unexplained']) doubts.set({ verdict }, counts.doubts[verdict] ?? 0)
      parked.set(counts.parked)
      paused.reset()
      for (const { scope } of await readPauses(pool)) paused.set({ scope }, 1)
      waiting.set(counts.waiting)
      oldest.set(counts.oldestSeconds)
      unmatched.set(counts.unmatched)
      oldestUnknown.set(counts.oldestUnknownSeconds)
    }

    app.get('/metrics', {
      schema: {
        operationId: 'getMetrics',
        summary: 'Metrics for Prometheus',
        tags: ['Health'],
        response: { 200: { description: 'Text format.', content: { 'text/plain': { schema: z.string() } } } },
      },
      handler: async (request, reply) => {
        // The rest is worth reading when the database is away, and then above all.
        const reachable = await refresh().then(
          () => 1,
          error => {
            request.log.warn({ err: error }, 'the counts could not be read')
            return 0
          },
        )
        up.set(reachable)
        return reply
          .type(registry.contentType)
          .serializer(String)
          .send(await registry.metrics())
      },
    })
  }

type Counts = {
  readonly transfers: Readonly<Record<string, number>>
  readonly attention: Readonly<Record<string, number>>
  readonly doubts: Readonly<Record<string, number>>
  readonly parked: number
  readonly waiting: number
  readonly oldestSeconds: number
  readonly unmatched: number
  readonly intents: Readonly<Record<string, number>>
  readonly strays: Readonly<Record<string, number>>
  readonly low: Readonly<Record<string, 0 | 1>>
  readonly orders: number
  readonly oldestUnknownSeconds: number
}

const readCounts = async (pool: Pool): Promise<Counts> => {
  const { rows } = await pool.query<Counts>({
    name: 'metrics_counts',
    text: `
      with t as (select state, count(*) as n, count(*) filter (where parked_reason is not null) as parked from transfers group by state),
      a as (select progress->'attention'->>'why' as why, count(*) as n from transfers
             where state <> all($1) and progress ? 'attention' group by 1),
      i as (select status, count(*) as n, min(created_at) as since from intents
             where status in ('PENDING', 'IN_FLIGHT', 'UNKNOWN') group by status),
      w as (select count(*) as n, min(received_at) as since from inbox where consumed < revision and not unmatched)
      select (select coalesce(jsonb_object_agg(state, n), '{}') from t) as transfers,
             (select coalesce(jsonb_object_agg(why, n), '{}') from a) as attention,
             (select coalesce(jsonb_object_agg(verdict, n), '{}') from (select verdict, count(*) as n from bank_statement_lines
               where verdict in ('mismatched', 'unexplained') and explained_by is null group by verdict) s) as doubts,
             (select coalesce(sum(parked), 0)::int from t) as parked,
             (select n::int from w) as waiting,
             (select coalesce(extract(epoch from now() - since), 0)::float8 from w) as "oldestSeconds",
             (select count(*)::int from inbox where unmatched) as unmatched,
             (select coalesce(jsonb_object_agg(status, n), '{}') from i) as intents,
             (select coalesce(jsonb_object_agg(state, n), '{}')
                from (select state, count(*) as n from stray_deposits group by state) s) as strays,
             (select coalesce(jsonb_object_agg(l.id, case when a.pool_id is null then 0 else 1 end), '{}')
                from liquidity_pools l left join liquidity_alerts a on a.pool_id = l.id and a.cleared_at is null) as low,
             (select count(*)::int from deposit_orders where status in ('PENDING', 'IN_FLIGHT')) as orders,
             (select coalesce(max(extract(epoch from now() - since)), 0)::float8 from i where status = 'UNKNOWN') as "oldestUnknownSeconds"`,
    values: [terminalStates],
  })
  return rows[0]!
}
