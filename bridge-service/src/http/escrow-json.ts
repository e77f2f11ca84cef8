import { z } from 'zod'
import type { ChainHead, RecordedEvent } from '../../../indexer/src/queries.ts'
import type { Chain } from '../chains/chain.ts'
import type { Currency } from '../money/currency.ts'
import { money } from '../money/money.ts'
import { escrowsOf } from '../transfer/hold.ts'
import type { Transfer } from '../transfer/transfer.ts'
import { amountJson, shownAmount, transferId } from './schemas.ts'

export const escrowStates = ['unseen', 'locked', 'committed', 'released', 'refunded'] as const

export const escrowSchema = z
  .object({
    id: z.string().nullable().describe('On chain: the EIP-712 hash of the terms. Known once the debit has settled.'),
    ref: z.string(),
    chain: z.string(),
    address: z.string().describe('The contract.'),
    transferId,
    state: z.enum(escrowStates).describe('What the canonical chain says, final or not: see the finality of its events.'),
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

export type EscrowJson = z.output<typeof escrowSchema>

/** Known once the debit has settled. */
export const escrowIdOf = (transfer: Transfer, chain: Chain): `0x${string}` | null => {
  const { terms } = escrowsOf(transfer).at(-1)!
  return terms === undefined ? null : (chain.escrowId(terms).toLowerCase() as `0x${string}`)
}

export const escrowJson = (
  transfer: Transfer,
  chain: Chain,
  id: string | null,
  events: readonly RecordedEvent[],
  head: ChainHead | undefined,
): EscrowJson => {
  const { outline, terms } = escrowsOf(transfer).at(-1)!
  const { ref, payer, payee, currency, amountMinor, onExpiry } = outline
  const { refundAfter = null, hardDeadline = null } = terms ?? {}
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
