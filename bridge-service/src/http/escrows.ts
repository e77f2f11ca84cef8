import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { escrowEvents, eventsOfEscrows, heads } from '../../../indexer/src/queries.ts'
import type { Chain } from '../chains/chain.ts'
import { BridgeError } from '../errors.ts'
import { type Currency, currencies } from '../money/currency.ts'
import { type Escrow, escrowsOf } from '../transfer/hold.ts'
import { type EscrowJson, escrowIdOf, escrowJson, escrowSchema, escrowStates } from './escrow-json.ts'
import { decodeCursor, encodeCursor, pageOf, pageQuery } from './pages.ts'
import { queryable } from './queryable.ts'
import { bearer, guarded, plainText, problems, shows } from './schemas.ts'
import type { ServerDeps } from './server-deps.ts'
import { type EscrowFilter, findTransferByRef, scanTransfers } from './transfer-store.ts'

const cursorShape = /^tr_[0-7][0-9a-hjkmnp-tv-z]{25}(?::(?:hold|deposit))?$/
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
        const { cursor, limit, state, token, ...query } = request.query
        const filter = {
          ...query,
          ref: query.ref?.toLowerCase(),
          assets: token === undefined ? undefined : assetsOf(chains, token),
        }
        const last = readCursor(cursor)
        const filtered = [state, token, ...Object.values(query)].some(value => value !== undefined)
        const { rows, lastId } = await scanTransfers(
          pool,
          request.apiKey.tenant,
          filter,
          last?.before,
          filtered ? scanned : limit + 2,
        )
        const known = rows.flatMap(transfer =>
          escrowsOf(transfer)
            .toReversed()
            .flatMap(escrow => {
              const chain = chains.get(escrow.chain)
              if (chain === undefined || !passes(escrow, filter) || last?.after(transfer.id, escrow.role)) return []
              return [{ transferId: transfer.id, escrow, chain, id: escrowIdOf(escrow, chain) }]
            }),
        )
        const db = queryable(pool)
        const events = await eventsOfEscrows(
          db,
          known.flatMap(({ id }) => id ?? []),
        )
        const headOf = new Map((await heads(db)).map(head => [head.chain, head]))
        const shown: EscrowJson[] = known
          .map(({ transferId, escrow, chain, id }) =>
            escrowJson(transferId, escrow, chain, id, (id !== null && events.get(id)) || [], headOf.get(chain.id)),
          )
          .filter(escrow => state === undefined || escrow.state === state)
        const data = shown.slice(0, limit)
        const end = data.at(-1)
        const next = shown.length > limit && end ? `${end.transferId}:${end.role}` : lastId
        return { data, nextCursor: next === undefined ? null : encodeCursor('escrows', next) }
      },
    })

    app.get('/escrows/:id', {
      config,
      schema: {
        ...common,
        operationId: 'getEscrow',
        summary: 'Look at an escrow, by its id on chain or by its ref',
        description: 'A ref may name two: then it is the one that the treasury pays into.',
        params: z.strictObject({ id: z.string().regex(hashShape, 'escrow_not_found') }),
        response: { 200: shows('The escrow.', escrowSchema), ...problems(...guarded, 'escrow_not_found') },
      },
      handler: async request => {
        const id = request.params.id.toLowerCase() as `0x${string}`
        const db = queryable(pool)
        const byId = await escrowEvents(db, { escrowId: id })
        const transfer = await findTransferByRef(pool, request.apiKey.tenant, byId[0]?.ref ?? id)
        const known = (transfer === undefined ? [] : escrowsOf(transfer)).flatMap(escrow => {
          const chain = chains.get(escrow.chain)
          return chain === undefined ? [] : [{ escrow, chain, id: escrowIdOf(escrow, chain) }]
        })
        // Anyone can lock something of his own under our ref: only the escrows of our terms are ours.
        const found = byId.length > 0 ? known.find(each => each.id === id) : (known.find(each => each.id === id) ?? known.at(-1))
        if (transfer === undefined || found === undefined) throw new BridgeError('escrow_not_found', { id })
        const events = byId.length > 0 || found.id === null ? byId : await escrowEvents(db, { escrowId: found.id })
        const head = (await heads(db)).find(({ chain }) => chain === found.chain.id)
        return escrowJson(transfer.id, found.escrow, found.chain, found.id, events, head)
      },
    })
  }

/** Behind which escrow a page begins: the last one shown, or all of a transfer. */
const readCursor = (cursor: string | undefined) => {
  const last = decodeCursor('escrows', cursor, cursorShape)
  if (last === undefined) return undefined
  const [id, role] = last.split(':') as [string, Escrow['role'] | undefined]
  return {
    // The transfer itself is read again where one of its escrows is still to be shown.
    before: role === undefined ? id : `${id}~`,
    after: (transferId: string, of: Escrow['role']) => transferId === id && (role === 'deposit' || role === of),
  }
}

const passes = ({ chain, outline }: Escrow, { chain: wanted, payer, payee, assets }: EscrowFilter): boolean =>
  (wanted === undefined || chain === wanted) &&
  (payer === undefined || outline.payer.toLowerCase() === payer.toLowerCase()) &&
  (payee === undefined || outline.payee.toLowerCase() === payee.toLowerCase()) &&
  (assets === undefined || assets.includes(`${chain} ${outline.currency}`))

/** Where the token is which asset: `evm:1 USDC`. */
const assetsOf = (chains: ReadonlyMap<string, Chain>, token: string): string[] =>
  [...chains.values()].flatMap(chain =>
    (Object.keys(currencies) as Currency[])
      .filter(currency => chain.supports(currency) && chain.tokenAddress(currency).toLowerCase() === token.toLowerCase())
      .map(currency => `${chain.id} ${currency}`),
  )
