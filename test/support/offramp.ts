import { randomBytes } from 'node:crypto'
import type { RailFact } from '../../bridge-service/src/rails/rail.ts'
import type { TransferEvent } from '../../bridge-service/src/transfer/event.ts'
import { type TransferId, typeId } from '../../bridge-service/src/transfer/id.ts'
import { currentDefinition } from '../../bridge-service/src/transfer/state.ts'
import type { Deposit, OfframpTerms } from '../../bridge-service/src/transfer/terms.ts'
import type { UnbornOf } from '../../bridge-service/src/transfer/transfer.ts'
import { place, settledAtMs } from './onramp.ts'

/** When the deposits of the pure tests are due, and until when they can be committed and collected. */
export const dueAtMs = settledAtMs + 3_600_000
export const depositRefundAfterMs = dueAtMs + 3_600_000
export const depositHardDeadlineMs = depositRefundAfterMs + 30 * 86_400_000

/** What the customer sends or locks: 100.25 USDC on the chain `evm:1`, or of a kind of chain on which it is a balance that we claim. */
export const deposit = (committedBy: Deposit['committedBy'] = 'escrow'): Deposit => ({
  chain: 'evm:1',
  terms: {
    ref: `0x${randomBytes(32).toString('hex')}`,
    currency: 'USDC',
    amountMinor: '100250000',
    payer: `0x${'44'.repeat(20)}`,
    payee: `0x${'22'.repeat(20)}`,
    refundAfter: depositRefundAfterMs / 1000,
    hardDeadline: depositHardDeadlineMs / 1000,
    onExpiry: 'refund',
  },
  dueAt: new Date(dueAtMs).toISOString(),
  committedBy,
  finality: { level: 'latest', confirmations: 2 },
})

/** An off-ramp of 100.25 USDC, of which 0.25 are the fee, to 100 USD. Every call makes another transfer; the rest is the same. */
export const offramp = (overrides: Partial<OfframpTerms> = {}): UnbornOf<'offramp'> => ({
  id: typeId<TransferId>('tr', randomBytes(16).toString('hex')),
  tenant: 'acme',
  route: 'offramp',
  definition: currentDefinition,
  state: 'none',
  version: 0,
  progress: { attempts: { release: 0, refund: 0 } },
  terms: {
    source: { kind: 'chain', chain: 'evm:1', currency: 'USDC', address: `0x${'44'.repeat(20)}` },
    destination: {
      kind: 'bank',
      rail: 'bank:sim',
      scheme: 'ach',
      currency: 'USD',
      account: { name: 'Ada Lovelace', accountNumber: '1234567890', routingNumber: '021000021' },
    },
    sourceAmount: { currency: 'USDC', minor: '100250000' },
    destinationAmount: { currency: 'USD', minor: '10000' },
    fee: { currency: 'USDC', minor: '250000' },
    rate: { from: 'USDC', to: 'USD', numerator: '1', denominator: '1' },
    deposit: deposit(),
    payoutAccount: 'acct_1',
    salt: `0x${'55'.repeat(32)}`,
    pool: 'bank:sim:USD',
    reference: null,
    createdAt: new Date(settledAtMs).toISOString(),
    ...overrides,
  },
})

/** What the bank says about the payout. */
export const payoutSays = (type: RailFact['type'], rawCode?: string): RailFact => ({
  type,
  bankTransferId: 'bt_9',
  externalId: 'CW9',
  at: new Date(settledAtMs).toISOString(),
  ...(rawCode === undefined ? {} : { rawCode }),
})

/** The facts of a deposit: its lock, its commit, its release and its refund. */
export const lockPlace = place('d1')
export const commitPlace = place('c1')
export const collectPlace = place('e1')
export const giveBackPlace = place('f1')

export const depositLocked: TransferEvent = { type: 'depositLocked', ...lockPlace }
export const escrowCommitted: TransferEvent = { type: 'escrowCommitted', ...commitPlace }
export const depositReleased: TransferEvent = { type: 'depositReleased', ...collectPlace }
export const depositRefunded: TransferEvent = { type: 'depositRefunded', ...giveBackPlace }
export const commitRefused: TransferEvent = { type: 'commitRefused', code: 'chain_refused', detail: 'no' }
export const payoutRefused: TransferEvent = { type: 'payoutRefused', code: 'rail_refused', detail: 'R01' }
export const payoutReturned: TransferEvent = { type: 'payoutReturned', rawCode: 'R01' }
export const payoutSettled: TransferEvent = { type: 'payoutSettled', bankTransferId: 'bt_9' }
const canceled: TransferEvent = { type: 'cancelRequested', reason: 'changed my mind' }
const turnedBack: TransferEvent = { type: 'compensationStarted', reason: 'changed my mind' }

const events = (...parts: readonly (TransferEvent | readonly TransferEvent[])[]): readonly TransferEvent[] => parts.flat()

const requested = events({ type: 'transferRequested' })
const awaitingDeposit = events(requested, { type: 'screeningPassed', list: 'test' }, { type: 'liquidityReserved' })
const deposited = events(awaitingDeposit, depositLocked)
const committing = events(deposited, { type: 'depositFinalized' })
const committed = events(committing, escrowCommitted)
const payingOut = events(committed, { type: 'commitFinalized' })
const collecting = events(payingOut, payoutSettled)
const collected = events(collecting, depositReleased)
const completed = events(collected, { type: 'depositReleaseFinalized' })
const refundingDeposit = events(committed, canceled, turnedBack)
const refundedDeposit = events(refundingDeposit, depositRefunded)

/** A history that leads an off-ramp to each of its states. */
export const history = {
  requested,
  awaitingDeposit,
  deposited,
  committing,
  committed,
  payingOut,
  collecting,
  collected,
  completed,
  refundingDeposit,
  refundedDeposit,
  compensated: events(refundedDeposit, { type: 'depositRefundFinalized' }),
  canceled: events(awaitingDeposit, { type: 'transferCanceled', reason: 'changed my mind' }),
  failed: events(awaitingDeposit, { type: 'depositExpired' }),
  review: events(completed, payoutReturned, { type: 'receivableOpened' }),
} as const
