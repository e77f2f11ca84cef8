import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { escrowEvents, eventsOfEscrows, heads } from '../../../indexer/src/queries.ts'
import type { Chain } from '../chains/chain.ts'
import { BridgeError } from '../errors.ts'
import { type Currency, currencies } from '../money/currency.ts'
import { escrowsOf } from '../transfer/hold.ts'
import { type EscrowJson, escrowIdOf, escrowJson, escrowSchema, escrowStates } from './escrow-json.ts'
import { decodeCursor, encodeCursor, pageOf, pageQuery } from './pages.ts'
import { queryable } from './queryable.ts'
import { bearer, guarded, plainText, problems, shows, transferIdShape } from './schemas.ts'
import type { ServerDeps } from './server-deps.ts'
import { findTransferByRef, scanTransfers } from './transfer-store.ts'

const hashShape = /^0x[0-9a-f]{64}$/i

const listQuery = z.strictObject({
  ...pageQuery,
  chain: plainText(64).optional(),
  state: z.enum(escrowStates).optional(),
  token: plainText(128).optional().describe("The contract, or a Stellar asset's `CODE:ISSUER`."),
  ref: z.string().regex(hashShape).optional(),
  payer: plainText(128).optional(),
  payee: plainText(128).optional(),
})

// What a filter leaves out costs reading all the same: a page looks at so many transfers and goes on from there.
const scanned = 500

/** Escrows, as the chain shows them beside what was agreed. */
export const escrowRoutes =
  ({ pool, chains }: ServerDeps): FastifyPluginAsyncZod =>
  async app => {
    const common = { tags: ['Escrows'], security: bearer }
    const config = { scope: 'transfers:read' } as const

    app.get('/escrows', {
      config,
      schema: {
        ...common,
        operationId: 'listEscrows',
        summary: 'List escrows, newest first',
        description: 'A page of a filtered list may hold fewer than `limit`, or none, and still have a next one.',
        querystring: listQuery,
        response: { 200: shows('A page.', pageOf(escrowSchema)), ...problems(...guarded, 'cursor_invalid') },
      },
      handler: async request => {
        const { cursor, limit, state, token, ...filter } = request.query
        const before = decodeCursor('escrows', cursor, transferIdShape)
        const filtered = [state, token, ...Object.values(filter)].some(value => value !== undefined)
        const { rows, lastId } = await scanTransfers(
          pool,
          request.apiKey.tenant,
          { ...filter, ref: filter.ref?.toLowerCase(), assets: token === undefined ? undefined : assetsOf(chains, token) },
          before,
          filtered ? scanned : limit + 1,
        )
        const known = rows.flatMap(transfer => {
          const chain = chains.get(escrowsOf(transfer).at(-1)!.chain)
          return chain === undefined ? [] : [{ transfer, chain, id: escrowIdOf(transfer, chain) }]
        })
        const db = queryable(pool)
        const events = await eventsOfEscrows(
          db,
          known.flatMap(({ id }) => id ?? []),
        )
        const headOf = new Map((await heads(db)).map(head => [head.chain, head]))
        const shown: EscrowJson[] = known
          .map(({ transfer, chain, id }) =>
            escrowJson(transfer, chain, id, (id !== null && events.get(id)) || [], headOf.get(chain.id)),
          )
          .filter(escrow => state === undefined || escrow.state === state)
        const data = shown.slice(0, limit)
        const next = shown.length > limit ? data.at(-1)!.transferId : lastId
        return { data, nextCursor: next === undefined ? null : encodeCursor('escrows', next) }
      },
    })

    app.get('/escrows/:id', {
      config,
      schema: {
        ...common,
        operationId: 'getEscrow',
        summary: 'Look at an escrow, by its id on chain or by its ref',
        params: z.strictObject({ id: z.string().regex(hashShape, 'escrow_not_found') }),
        response: { 200: shows('The escrow.', escrowSchema), ...problems(...guarded, 'escrow_not_found') },
      },
      handler: async request => {
        const id = request.params.id.toLowerCase() as `0x${string}`
        const db = queryable(pool)
        const byId = await escrowEvents(db, { escrowId: id })
        const transfer = await findTransferByRef(pool, request.apiKey.tenant, byId[0]?.ref ?? id)
        const chain = transfer && chains.get(escrowsOf(transfer).at(-1)!.chain)
        if (transfer === undefined || chain === undefined) throw new BridgeError('escrow_not_found', { id })
        const known = escrowIdOf(transfer, chain)
        // Anyone can lock something of his own under our ref: only the escrow of our terms is ours.
        if (byId.length > 0 && id !== known) throw new BridgeError('escrow_not_found', { id })
        const events = byId.length > 0 || known === null ? byId : await escrowEvents(db, { escrowId: known })
        const head = (await heads(db)).find(({ chain }) => chain === escrowsOf(transfer).at(-1)!.chain)
        return escrowJson(transfer, chain, known, events, head)
      },
    })
  }

/** Where the token is which asset: `evm:1 USDC`. */
const assetsOf = (chains: ReadonlyMap<string, Chain>, token: string): string[] =>
  [...chains.values()].flatMap(chain =>
    (Object.keys(currencies) as Currency[])
      .filter(currency => chain.supports(currency) && chain.tokenAddress(currency).toLowerCase() === token.toLowerCase())
      .map(currency => `${chain.id} ${currency}`),
  )
