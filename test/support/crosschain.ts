import { randomBytes } from 'node:crypto'
import type { TransferEvent } from '../../bridge-service/src/transfer/event.ts'
import { type TransferId, typeId } from '../../bridge-service/src/transfer/id.ts'
import { currentDefinition } from '../../bridge-service/src/transfer/state.ts'
import type { CrosschainTerms } from '../../bridge-service/src/transfer/terms.ts'
import type { UnbornOf } from '../../bridge-service/src/transfer/transfer.ts'
import { deposit, depositLocked, depositRefunded, depositReleased, escrowCommitted } from './offramp.ts'
import { place, settledAtMs, softDeadlineMs } from './onramp.ts'

/** The hold's deadlines, where the commit of the deposit is final when the transfers of the pure tests are made. */
export const holdRefundAfterMs = settledAtMs + softDeadlineMs
const hardDeadlineMs = 7 * 86_400_000

/** A transfer of 100.25 USDC on the chain `evm:1`, of which 0.25 are the fee, to 100 USDC on `evm:2`. Every call makes another one. */
export const crosschain = (overrides: Partial<CrosschainTerms> = {}): UnbornOf<'crosschain'> => {
  const paidIn = deposit()
  return {
    id: typeId<TransferId>('tr', randomBytes(16).toString('hex')),
    tenant: 'acme',
    route: 'crosschain',
    definition: currentDefinition,
    state: 'none',
    version: 0,
    progress: { attempts: { release: 0, refund: 0 } },
    terms: {
      source: { kind: 'chain', chain: 'evm:1', currency: 'USDC', address: `0x${'44'.repeat(20)}` },
      destination: { kind: 'chain', chain: 'evm:2', currency: 'USDC', address: `0x${'66'.repeat(20)}` },
      sourceAmount: { currency: 'USDC', minor: '100250000' },
      destinationAmount: { currency: 'USDC', minor: '100000000' },
      fee: { currency: 'USDC', minor: '250000' },
      rate: { from: 'USDC', to: 'USDC', numerator: '1', denominator: '1' },
      deposit: paidIn,
      finality: { level: 'latest', confirmations: 2 },
      hold: {
        ref: paidIn.terms.ref,
        currency: 'USDC',
        amountMinor: '100000000',
        payer: `0x${'22'.repeat(20)}`,
        payee: `0x${'66'.repeat(20)}`,
        onExpiry: 'release',
        softDeadlineMs,
        hardDeadlineMs,
      },
      salt: `0x${'55'.repeat(32)}`,
      chain: 'evm:2',
      pool: 'evm:2:USDC',
      reference: null,
      createdAt: new Date(settledAtMs).toISOString(),
      ...overrides,
    },
  }
}

export const commitFinalized: TransferEvent = {
  type: 'commitFinalized',
  refundAfter: holdRefundAfterMs / 1000,
  hardDeadline: (holdRefundAfterMs + hardDeadlineMs) / 1000,
}
export const escrowLocked: TransferEvent = { type: 'escrowLocked', ...place('10') }
export const escrowReleased: TransferEvent = { type: 'escrowReleased', ...place('20') }
export const escrowRefunded: TransferEvent = { type: 'escrowRefunded', ...place('30') }
const canceled: TransferEvent = { type: 'cancelRequested', reason: 'changed my mind' }
const turnedBack: TransferEvent = { type: 'compensationStarted', reason: 'changed my mind' }

const events = (...parts: readonly (TransferEvent | readonly TransferEvent[])[]): readonly TransferEvent[] => parts.flat()

const requested = events({ type: 'transferRequested' })
const awaitingDeposit = events(requested, { type: 'screeningPassed', list: 'test' }, { type: 'liquidityReserved' })
const deposited = events(awaitingDeposit, depositLocked)
const committing = events(deposited, { type: 'depositFinalized' })
const committed = events(committing, escrowCommitted)
const locking = events(committed, commitFinalized)
const locked = events(locking, escrowLocked)
const releasing = events(locked, { type: 'lockFinalized' })
const released = events(releasing, escrowReleased)
const collecting = events(released, { type: 'releaseFinalized' })
const collected = events(collecting, depositReleased)
const completed = events(collected, { type: 'depositReleaseFinalized' })
const refunding = events(locked, canceled, turnedBack)
const refunded = events(refunding, escrowRefunded)
const refundingDeposit = events(committed, canceled, turnedBack)
const refundedDeposit = events(refundingDeposit, depositRefunded)

/** A history that leads a crosschain transfer to each of its states. */
export const history = {
  requested,
  awaitingDeposit,
  deposited,
  committing,
  committed,
  locking,
  locked,
  releasing,
  released,
  collecting,
  collected,
  completed,
  refunding,
  refunded,
  refundingDeposit,
  refundedDeposit,
  compensated: events(refundedDeposit, { type: 'depositRefundFinalized' }),
  canceled: events(awaitingDeposit, { type: 'transferCanceled', reason: 'changed my mind' }),
  failed: events(awaitingDeposit, { type: 'depositExpired' }),
  review: events(completed, { type: 'deliveryReclaimed', ...place('50') }),
} as const

/** What the treasury's escrow books. */
export const hold = ['treasury:evm:2:USDC -100.000000 pending', 'escrow:evm:2:USDC +100.000000 pending']
export const unhold = ['escrow:evm:2:USDC -100.000000 pending', 'treasury:evm:2:USDC +100.000000 pending']
export const intoEscrow = ['treasury:evm:2:USDC -100.000000', 'escrow:evm:2:USDC +100.000000']
export const outOfEscrow = ['escrow:evm:2:USDC -100.000000', 'treasury:evm:2:USDC +100.000000']
export const exchanged = [
  ...['escrow:evm:2:USDC -100.000000', 'exchange:USDC +100.000000'],
  ...['exchange:USDC -100.000000', 'customer_clearing:USDC +100.000000'],
  ...['fee_income:USDC -0.250000', 'customer_clearing:USDC +0.250000'],
]
