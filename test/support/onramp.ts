import { randomBytes } from 'node:crypto'
import type { RailFact } from '../../bridge-service/src/rails/rail.ts'
import type { ChainPlace, TransferEvent } from '../../bridge-service/src/transfer/event.ts'
import { type TransferId, typeId } from '../../bridge-service/src/transfer/id.ts'
import { currentDefinition } from '../../bridge-service/src/transfer/state.ts'
import type { OnrampTerms } from '../../bridge-service/src/transfer/terms.ts'
import type { UnbornOf } from '../../bridge-service/src/transfer/transfer.ts'

/** When the transfers of the pure tests are made, and their debits settle. */
export const settledAtMs = Date.parse('2026-03-02T10:00:00.000Z')
export const clearingMs = 3_600_000
export const finalAtMs = settledAtMs + clearingMs
export const softDeadlineMs = 86_400_000
export const refundAfterMs = finalAtMs + softDeadlineMs

/** An on-ramp of 100.25 USD, of which 0.25 are the fee, to 100 USDC. Every call makes another transfer; the rest is the same. */
export const onramp = (overrides: Partial<OnrampTerms> = {}): UnbornOf<'onramp'> => ({
  id: typeId<TransferId>('tr', randomBytes(16).toString('hex')),
  tenant: 'acme',
  route: 'onramp',
  definition: currentDefinition,
  state: 'none',
  version: 0,
  progress: { attempts: { release: 0, refund: 0 } },
  terms: {
    source: {
      kind: 'bank',
      rail: 'bank:sim',
      scheme: 'ach',
      currency: 'USD',
      account: { name: 'Ada Lovelace', accountNumber: '1234567890', routingNumber: '021000021' },
    },
    destination: { kind: 'chain', chain: 'evm:1', currency: 'USDC', address: `0x${'44'.repeat(20)}` },
    sourceAmount: { currency: 'USD', minor: '10025' },
    destinationAmount: { currency: 'USDC', minor: '100000000' },
    fee: { currency: 'USD', minor: '25' },
    rate: { from: 'USD', to: 'USDC', numerator: '1', denominator: '1' },
    finality: { level: 'latest', confirmations: 2 },
    clearingMs,
    hold: {
      ref: `0x${randomBytes(32).toString('hex')}`,
      currency: 'USDC',
      amountMinor: '100000000',
      payer: `0x${'22'.repeat(20)}`,
      payee: `0x${'44'.repeat(20)}`,
      onExpiry: 'release',
      softDeadlineMs,
      hardDeadlineMs: 7 * 86_400_000,
    },
    salt: `0x${'55'.repeat(32)}`,
    chain: 'evm:1',
    pool: 'evm:1:USDC',
    bankAccount: 'acct_1',
    reference: null,
    createdAt: new Date(settledAtMs).toISOString(),
    ...overrides,
  },
})

/** Where a chain fact was seen; another `block` is the same transaction mined again elsewhere. */
export const place = (fact: string, block = 'a', blockNumber = 7): ChainPlace => ({
  fact: `0x${fact}:0`,
  txHash: `0x${fact}`,
  blockNumber: String(blockNumber),
  blockHash: `0x${block}`,
})

/** What the bank says about an order. */
export const bankSays = (type: RailFact['type'], rawCode?: string): RailFact => ({
  type,
  bankTransferId: 'bt_1',
  externalId: 'CW1',
  at: new Date(settledAtMs).toISOString(),
  ...(rawCode === undefined ? {} : { rawCode }),
})

export const debitSettled: TransferEvent = {
  type: 'debitSettled',
  bankTransferId: 'bt_1',
  settledAt: new Date(settledAtMs).toISOString(),
  finalAt: new Date(finalAtMs).toISOString(),
  refundAfter: refundAfterMs / 1000,
  hardDeadline: (refundAfterMs + 7 * 86_400_000) / 1000,
}
export const debitReturned: TransferEvent = { type: 'debitReturned', rawCode: 'R01', afterPivot: false }
export const debitReturnedLate: TransferEvent = { ...debitReturned, afterPivot: true }
export const turnedBack: TransferEvent = { type: 'compensationStarted', reason: 'changed my mind' }
export const releaseRefused: TransferEvent = { type: 'releaseRefused', code: 'chain_refused', detail: 'paused' }
export const refundRefused: TransferEvent = { type: 'refundRefused', code: 'chain_refused', detail: 'paused' }

const events = (...parts: readonly (TransferEvent | readonly TransferEvent[])[]): readonly TransferEvent[] => parts.flat()

const requested = events({ type: 'transferRequested' })
const debiting = events(requested, { type: 'screeningPassed', list: 'test' }, { type: 'liquidityReserved' })
const locking = events(debiting, debitSettled)
const locked = events(locking, { type: 'escrowLocked', ...place('10') })
const clearing = events(locked, { type: 'lockFinalized' })
const releasing = events(clearing, { type: 'clearingPassed' })
const released = events(releasing, { type: 'escrowReleased', ...place('20') })
const completed = events(released, { type: 'releaseFinalized' })
const refunding = events(clearing, { type: 'cancelRequested', reason: 'changed my mind' }, turnedBack)
const refunded = events(refunding, { type: 'escrowRefunded', ...place('30') })
const crediting = events(refunded, { type: 'refundFinalized' })

/** A history that leads an on-ramp to each of its states. */
export const history = {
  requested,
  debiting,
  failed: events(debiting, { type: 'debitRefused', code: 'rail_refused', detail: 'R01' }),
  locking,
  locked,
  clearing,
  releasing,
  released,
  completed,
  refunding,
  refunded,
  crediting,
  compensated: events(crediting, { type: 'creditSettled', bankTransferId: 'bt_2' }, { type: 'transferCompensated' }),
  canceled: events(requested, { type: 'transferCanceled', reason: 'changed my mind' }),
  review: events(completed, debitReturnedLate, { type: 'receivableOpened' }),
} as const
