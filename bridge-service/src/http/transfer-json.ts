import { z } from 'zod'
import type { Chain } from '../chains/chain.ts'
import type { ChainPlace } from '../transfer/event.ts'
import { depositOf, type Escrow, escrowsOf } from '../transfer/hold.ts'
import { attentionReasons } from '../transfer/patience.ts'
import { states } from '../transfer/state.ts'
import type { Transfer } from '../transfer/transfer.ts'
import { escrowTerms, escrowTermsJson } from './escrow-terms-json.ts'
import { legJson } from './leg-json.ts'
import { priceJson, priceShape } from './price-json.ts'
import { shownLeg, time, transferId } from './schemas.ts'

const hash = z.string().nullable()

const onChain = {
  chain: z.string(),
  address: z.string().nullable().describe('The contract.'),
  ref: z.string(),
  lockTx: hash,
  commitTx: hash,
  releaseTx: hash,
  refundTx: hash,
}
const transferEscrow = z
  .object({
    ...onChain,
    id: hash.describe('Known once its deadlines are, which count from the debit, or from the commit of a deposit.'),
  })
  .meta({ id: 'TransferEscrow' })
const transferDeposit = z
  .object({ ...onChain, id: hash, dueAt: time.describe('What comes later is sent back.'), terms: escrowTerms })
  .meta({ id: 'TransferDeposit' })
const payout = z
  .object({
    state: z.enum(['waiting', 'submitted', 'settled', 'refused', 'returned']),
    bankTransferId: z.string().nullable(),
  })
  .meta({ id: 'TransferPayout' })

export const transferSchema = z
  .object({
    id: transferId,
    route: z.enum(['onramp', 'offramp', 'remittance', 'crosschain', 'rebalance']),
    state: z
      .enum(states)
      .describe('Ended: completed, compensated, canceled, failed, resolved (by a person). `review` is in the hands of a person.'),
    version: z.int().describe('Number of events so far; the id of the last one in the stream.'),
    source: shownLeg,
    destination: shownLeg,
    ...priceShape,
    escrow: transferEscrow.nullable().describe('What the treasury pays into; null on a route that has none.'),
    deposit: transferDeposit.nullable().describe('What the customer pays in on a chain; null on a route that has none.'),
    payout: payout.nullable().describe('null on a route that pays out no fiat.'),
    failure: z.object({ code: z.string(), detail: z.string() }).nullable().describe('Why it did not complete.'),
    resolution: z
      .enum(['completed', 'compensated', 'failed'])
      .nullable()
      .describe('What it came to, when a person has ended it.'),
    attention: z
      .object({ why: z.enum(attentionReasons), since: time })
      .nullable()
      .describe('It took too long, and a person has been told; the money stays where it is. Gone when it moves on.'),
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
  return {
    id: transfer.id,
    route: transfer.route,
    state: transfer.state,
    version: transfer.version,
    source: legJson(terms.source),
    destination: legJson(terms.destination),
    ...priceJson(terms),
    escrow: escrowPart(transfer, chains),
    deposit: depositPart(transfer, chains),
    payout: 'payoutAccount' in terms ? payoutPart(progress.payout) : null,
    failure: progress.failure ?? null,
    resolution: transfer.state === 'resolved' ? progress.resolution!.outcome : null,
    attention: progress.attention ?? null,
    cancelReason: progress.cancelReason ?? null,
    reference: terms.reference,
    createdAt: terms.createdAt,
    updatedAt: updatedAt.toISOString(),
  }
}

const escrowPart = ({ terms, progress }: Transfer, chains: ReadonlyMap<string, Chain>): TransferJson['escrow'] => {
  const escrow = escrowsOf({ terms, progress }).find(({ role }) => role === 'hold')
  if (escrow === undefined) return null
  const { lock, release, refund } = progress
  const commit = depositOf(terms) === undefined ? progress.commit : undefined
  return { ...placePart(escrow, chains), ...txs({ lock, commit, release, refund }) }
}

const depositPart = ({ terms, progress }: Transfer, chains: ReadonlyMap<string, Chain>): TransferJson['deposit'] => {
  const deposit = depositOf(terms)
  const escrow = escrowsOf({ terms, progress }).find(({ role }) => role === 'deposit')
  if (deposit === undefined || escrow === undefined) return null
  return {
    ...placePart(escrow, chains),
    dueAt: deposit.dueAt,
    terms: escrowTermsJson(escrow),
    ...txs({ ...progress.deposit, commit: progress.commit }),
  }
}

const placePart = ({ chain: id, outline, terms }: Escrow, chains: ReadonlyMap<string, Chain>) => {
  const chain = chains.get(id)
  return {
    chain: id,
    address: chain?.escrow ?? null,
    ref: outline.ref,
    id: chain !== undefined && terms !== undefined ? chain.escrowId(terms) : null,
  }
}

type Places = { readonly [action in 'lock' | 'commit' | 'release' | 'refund']?: ChainPlace | undefined }

const txs = ({ lock, commit, release, refund }: Places) => ({
  lockTx: lock?.txHash ?? null,
  commitTx: commit?.txHash ?? null,
  releaseTx: release?.txHash ?? null,
  refundTx: refund?.txHash ?? null,
})

const payoutPart = (payout: Transfer['progress']['payout']): TransferJson['payout'] => ({
  state: payoutState(payout),
  bankTransferId: payout?.bankTransferId ?? null,
})

const payoutState = (payout: Transfer['progress']['payout'] = {}): NonNullable<TransferJson['payout']>['state'] => {
  if (payout.returned) return 'returned'
  if (payout.settled) return 'settled'
  if (payout.refused) return 'refused'
  return payout.bankTransferId === undefined ? 'waiting' : 'submitted'
}
