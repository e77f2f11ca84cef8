import { z } from 'zod'
import type { Chain } from '../chains/chain.ts'
import { escrowsOf } from '../transfer/hold.ts'
import { states } from '../transfer/state.ts'
import type { Transfer } from '../transfer/transfer.ts'
import { legJson } from './leg-json.ts'
import { priceJson, priceShape } from './price-json.ts'
import { shownLeg, time, transferId } from './schemas.ts'

const hash = z.string().nullable()

export const transferSchema = z
  .object({
    id: transferId,
    route: z.enum(['onramp', 'offramp', 'remittance', 'crosschain']),
    state: z
      .enum(states)
      .describe('Ended: completed, compensated, canceled, failed, resolved (by a person). `review` is in the hands of a person.'),
    version: z.int().describe('Number of events so far; the id of the last one in the stream.'),
    source: shownLeg,
    destination: shownLeg,
    ...priceShape,
    escrow: z
      .object({
        chain: z.string(),
        address: z.string().nullable().describe('The contract.'),
        ref: z.string(),
        id: hash.describe('Known once the debit has settled, since the deadlines count from there.'),
        lockTx: hash,
        releaseTx: hash,
        refundTx: hash,
      })
      .meta({ id: 'TransferEscrow' }),
    failure: z.object({ code: z.string(), detail: z.string() }).nullable().describe('Why it did not complete.'),
    resolution: z
      .enum(['completed', 'compensated', 'failed'])
      .nullable()
      .describe('What it came to, when a person has ended it.'),
    cancelReason: z.string().nullable(),
    reference: z.string().nullable(),
    createdAt: time,
    updatedAt: time,
  })
  .meta({ id: 'Transfer' })

export type TransferJson = z.output<typeof transferSchema>

/** A transfer as the API shows it. Chain transactions are those of the canonical chain, as far as the saga knows it. */
export const transferJson = (transfer: Transfer, updatedAt: Date, chains: ReadonlyMap<string, Chain>): TransferJson => {
  const { terms, progress } = transfer
  const escrow = escrowsOf(transfer).at(-1)!
  const chain = chains.get(escrow.chain)
  return {
    id: transfer.id,
    route: transfer.route,
    state: transfer.state,
    version: transfer.version,
    source: legJson(terms.source),
    destination: legJson(terms.destination),
    ...priceJson(terms),
    escrow: {
      chain: escrow.chain,
      address: chain?.escrow ?? null,
      ref: escrow.outline.ref,
      id: chain !== undefined && escrow.terms !== undefined ? chain.escrowId(escrow.terms) : null,
      lockTx: progress.lock?.txHash ?? null,
      releaseTx: progress.release?.txHash ?? null,
      refundTx: progress.refund?.txHash ?? null,
    },
    failure: progress.failure ?? null,
    resolution: progress.resolution?.outcome ?? null,
    cancelReason: progress.cancelReason ?? null,
    reference: terms.reference,
    createdAt: terms.createdAt,
    updatedAt: updatedAt.toISOString(),
  }
}
