import { z } from 'zod'
import type { ChainHead, RecordedEvent } from '../../../indexer/src/queries.ts'
import type { Chain } from '../chains/chain.ts'
import type { Currency } from '../money/currency.ts'
import { money } from '../money/money.ts'
import type { Escrow } from '../transfer/hold.ts'
import { escrowTerms, escrowTermsJson } from './escrow-terms-json.ts'
import { amountJson, shownAmount, transferId } from './schemas.ts'

export const escrowStates = ['unseen', 'locked', 'committed', 'released', 'refunded'] as const

export const escrowSchema = z
  .object({
    id: z.string().nullable().describe('On chain: the EIP-712 hash of the terms. Known once the deadlines are.'),
    role: z
      .enum(['hold', 'deposit'])
      .describe(
        '`hold`: the treasury pays into it. `deposit`: the customer does. A transfer may have one of each, with one ref.',
      ),
    ref: z.string(),
    chain: z.string(),
    address: z.string().describe('The contract.'),
    transferId,
    state: z.enum(escrowStates).describe('What the canonical chain says, final or not: see the finality of its events.'),
    terms: escrowTerms,
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

export type EscrowJson = z.output<typeof escrowSchema>

export const escrowIdOf = ({ terms }: Escrow, chain: Chain): `0x${string}` | null =>
  terms === undefined ? null : (chain.escrowId(terms).toLowerCase() as `0x${string}`)

export const escrowJson = (
  transferId: string,
  escrow: Escrow,
  chain: Chain,
  id: string | null,
  events: readonly RecordedEvent[],
  head: ChainHead | undefined,
): EscrowJson => ({
  id,
  role: escrow.role,
  ref: escrow.outline.ref,
  chain: chain.id,
  address: chain.escrow,
  transferId,
  state: stateOf(events),
  credit: creditIn(events, escrow.outline.currency),
  terms: escrowTermsJson(escrow),
  events: events.map(event => ({
    type: event.type,
    finality: finalityOf(event, head),
    txHash: event.txHash,
    blockNumber: event.blockNumber.toString(),
    blockHash: event.blockHash,
    logIndex: event.logIndex,
    arguments: { ...event.payload },
  })),
})

const stateOf = (events: readonly RecordedEvent[]): EscrowJson['state'] => {
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
  // As for a payout: only as far as a second reading has confirmed it.
  const { finalizedHeight, verifiedHeight = finalizedHeight } = head
  if (blockNumber <= finalizedHeight && blockNumber <= verifiedHeight) return 'finalized'
  return blockNumber <= head.safeHeight ? 'safe' : 'latest'
}
