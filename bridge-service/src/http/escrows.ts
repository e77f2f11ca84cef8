import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import type { Pool } from 'pg'
import { z } from 'zod'
import { type ChainHead, escrowEvents, heads, type Queryable, type RecordedEvent } from '../../../indexer/src/queries.ts'
import type { Chain } from '../chains/chain.ts'
import { BridgeError } from '../errors.ts'
import type { Currency } from '../money/currency.ts'
import { money } from '../money/money.ts'
import { holdTermsOf } from '../transfer/hold.ts'
import type { Transfer } from '../transfer/transfer.ts'
import { amountJson, bearer, guarded, problems, shownAmount, shows, transferId } from './schemas.ts'
import type { ServerDeps } from './server-deps.ts'
import { findTransferByRef } from './transfer-store.ts'

const hashShape = /^0x[0-9a-f]{64}$/i

const escrowSchema = z
  .object({
    id: z.string().nullable().describe('On chain: the EIP-712 hash of the terms. Known once the debit has settled.'),
    ref: z.string(),
    chain: z.string(),
    address: z.string().describe('The contract.'),
    transferId,
    state: z
      .enum(['unseen', 'locked', 'committed', 'released', 'refunded'])
      .describe('What the canonical chain says, final or not: see the finality of its events.'),
    terms: z.object({
      payer: z.string(),
      payee: z.string(),
      amount: shownAmount,
      refundAfter: z.int().nullable().describe('Unix seconds. From here on anyone may refund a locked escrow to the payer.'),
      hardDeadline: z.int().nullable().describe('Unix seconds.'),
      onExpiry: z.enum(['refund', 'release']),
    }),
    credit: z
      .object({ owner: z.string(), amount: shownAmount })
      .nullable()
      .describe(
        'What the token would not pay out when the escrow was released or refunded. It belongs to `owner`, who can claim it from the contract at any time; whether he has, only the contract says.',
      ),
    events: z
      .array(
        z.object({
          type: z.enum([
            ...(['escrowLocked', 'escrowCommitted', 'escrowReleased', 'escrowRefunded', 'escrowCredited'] as const),
            ...(['escrowClawedBack', 'depositReceived', 'deliveryClaimed', 'deliveryReclaimed'] as const),
          ]),
          finality: z.enum(['orphaned', 'latest', 'safe', 'finalized']),
          txHash: z.string(),
          blockNumber: z.string(),
          blockHash: z.string(),
          logIndex: z.int(),
          arguments: z.record(z.string(), z.unknown()).describe('Those of the event, integers as decimal strings.'),
        }),
      )
      .describe('In the order of the chain; orphaned ones stay as evidence.'),
  })
  .meta({ id: 'Escrow' })

/** Escrows, as the chain shows them beside what was agreed. */
export const escrowRoutes =
  ({ pool, chains }: ServerDeps): FastifyPluginAsyncZod =>
  async app => {
    app.get('/escrows/:id', {
      config: { scope: 'transfers:read' },
      schema: {
        operationId: 'getEscrow',
        summary: 'Look at an escrow, by its id on chain or by its ref',
        tags: ['Escrows'],
        security: bearer,
        params: z.strictObject({ id: z.string().regex(hashShape, 'escrow_not_found') }),
        response: { 200: shows('The escrow.', escrowSchema), ...problems(...guarded, 'escrow_not_found') },
      },
      handler: async request => {
        const id = request.params.id.toLowerCase() as `0x${string}`
        const db = queryable(pool)
        const byId = await escrowEvents(db, { escrowId: id })
        const transfer = await findTransferByRef(pool, request.apiKey.tenant, byId[0]?.ref ?? id)
        const chain = transfer && chains.get(transfer.terms.chain)
        if (transfer === undefined || chain === undefined) throw new BridgeError('escrow_not_found', { id })
        const known = idOf(transfer, chain)
        // Anyone can lock something of his own under our ref: only the escrow of our terms is ours.
        if (byId.length > 0 && id !== known) throw new BridgeError('escrow_not_found', { id })
        const events = byId.length > 0 || known === null ? byId : await escrowEvents(db, { escrowId: known })
        const head = (await heads(db)).find(({ chain }) => chain === transfer.terms.chain)
        return escrowJson(transfer, chain, known, events, head)
      },
    })
  }

const idOf = (transfer: Transfer, chain: Chain) =>
  transfer.progress.debit?.refundAfter === undefined
    ? null
    : (chain.escrowId(holdTermsOf(transfer)).toLowerCase() as `0x${string}`)

const escrowJson = (
  transfer: Transfer,
  chain: Chain,
  id: string | null,
  events: readonly RecordedEvent[],
  head: ChainHead | undefined,
): z.output<typeof escrowSchema> => {
  const { ref, payer, payee, currency, amountMinor, onExpiry } = transfer.terms.hold
  const { refundAfter = null, hardDeadline = null } = transfer.progress.debit ?? {}
  return {
    id,
    ref,
    chain: chain.id,
    address: chain.escrow,
    transferId: transfer.id,
    state: stateOf(events),
    credit: creditIn(events, currency),
    terms: { payer, payee, amount: amountJson(money(currency, BigInt(amountMinor))), refundAfter, hardDeadline, onExpiry },
    events: events.map(event => ({
      type: event.type,
      finality: finalityOf(event, head),
      txHash: event.txHash,
      blockNumber: event.blockNumber.toString(),
      blockHash: event.blockHash,
      logIndex: event.logIndex,
      arguments: { ...event.payload },
    })),
  }
}

const stateOf = (events: readonly RecordedEvent[]) => {
  const types = new Set(events.filter(({ canonical }) => canonical).map(({ type }) => type))
  if (types.has('escrowReleased')) return 'released'
  if (types.has('escrowRefunded')) return 'refunded'
  if (types.has('escrowCommitted')) return 'committed'
  return types.has('escrowLocked') ? 'locked' : 'unseen'
}

const creditIn = (events: readonly RecordedEvent[], currency: Currency) => {
  const credited = events.find(({ canonical, type }) => canonical && type === 'escrowCredited')
  if (credited === undefined) return null
  return { owner: String(credited.payload.owner), amount: amountJson(money(currency, credited.amount ?? 0n)) }
}

const finalityOf = ({ canonical, blockNumber }: RecordedEvent, head: ChainHead | undefined) => {
  if (!canonical) return 'orphaned'
  if (head === undefined) return 'latest'
  if (blockNumber <= head.finalizedHeight) return 'finalized'
  return blockNumber <= head.safeHeight ? 'safe' : 'latest'
}

/** The pool as the indexer's queries take it. */
const queryable = (pool: Pool): Queryable => pool as unknown as Queryable
