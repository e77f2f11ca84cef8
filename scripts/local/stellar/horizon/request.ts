import { StrKey } from '@stellar/stellar-sdk/base'
import type { FastifyRequest } from 'fastify'
import type { Route, Way } from '../faults.ts'
import type { StellarNode, View } from '../node.ts'
import { type Link, linksTo } from './link.ts'
import type { Query } from './page-query.ts'
import { badRequest, HorizonProblem } from './problem.ts'

/** A request, and what its sender may see of the network. */
export type Reading = {
  readonly url: URL
  readonly link: Link
  readonly query: Query
  readonly params: Readonly<Record<string, string>>
  readonly view: View
  readonly wantsStream: boolean
}

const titles = {
  429: ['rate_limit_exceeded', 'Rate Limit Exceeded'],
  500: ['server_error', 'Internal Server Error'],
  502: ['bad_gateway', 'Bad Gateway'],
  503: ['service_unavailable', 'Service Unavailable'],
  504: ['timeout', 'Timeout'],
} as const

/** Answers with an error when a fault says so. */
export const refuseOnDemand = (node: StellarNode, on: Route | Way) => {
  const refusal = node.faults.take('refuse', { on })
  if (!refusal) return
  const [type, title] = titles[refusal.status]
  throw new HorizonProblem(refusal.status, type, title, 'Refused on demand.')
}

/** Reads under the faults of the moment: a refusal, or a view that is stale. */
export const readingOf = (node: StellarNode, request: FastifyRequest, route: Route): Reading => {
  refuseOnDemand(node, route)
  const base = `http://${request.headers.host}`
  return {
    url: new URL(request.url, base),
    link: linksTo(base),
    query: firstValues(request.query as Record<string, string | string[] | undefined>),
    params: request.params as Record<string, string>,
    view: node.view(route),
    wantsStream: (request.headers.accept ?? '').includes('text/event-stream'),
  }
}

const firstValues = (query: Record<string, string | string[] | undefined>): Query =>
  Object.fromEntries(Object.entries(query).map(([name, value]) => [name, Array.isArray(value) ? value[0] : value]))

export const accountParam = (value: string, field = 'account_id'): string => {
  if (!StrKey.isValidEd25519PublicKey(value))
    throw badRequest(field, 'Account ID must start with `G` and contain 56 alphanum characters')
  return value
}

export const hashParam = (value: string): string => {
  if (!/^[0-9a-f]{64}$/.test(value)) throw badRequest('tx_id', 'Transaction hash must be a hex-encoded, lowercase SHA-256 hash')
  return value
}

/** 72 hex digits; Horizon takes capitals too. */
export const balanceParam = (value: string, field = 'id'): string => {
  if (!/^0{8}[0-9a-f]{64}$/i.test(value))
    throw badRequest(field, 'Claimable Balance ID must be the hex-encoded XDR representation of a Claimable Balance ID')
  return value.toLowerCase()
}

export const ledgerParam = (value: string): number => {
  if (!/^\d{1,10}$/.test(value) || Number(value) > 0xffffffff)
    throw badRequest('ledger_id', 'Ledger ID must be an integer higher than 0')
  return Number(value)
}
