import type { TransferEvent } from '../../bridge-service/src/transfer/event.ts'
import type { RemittanceTerms } from '../../bridge-service/src/transfer/terms.ts'
import type { UnbornOf } from '../../bridge-service/src/transfer/transfer.ts'
import { debitReturnedLate, debitSettled, onramp, place, turnedBack } from './onramp.ts'

export const partner = `0x${'77'.repeat(20)}`

/** A remittance of 100.25 USD, of which 0.25 are the fee, to 90 EUR, held as 100 USDC. */
export const remittance = (overrides: Partial<RemittanceTerms> = {}): UnbornOf<'remittance'> => {
  const { terms, ...unborn } = onramp()
  return {
    ...unborn,
    route: 'remittance',
    terms: {
      ...terms,
      destination: {
        kind: 'bank',
        rail: 'bank:other',
        scheme: 'sepa_inst',
        currency: 'EUR',
        account: { name: 'Grace Hopper', accountNumber: 'DE89370400440532013000' },
      },
      destinationAmount: { currency: 'EUR', minor: '9000' },
      rate: { from: 'USD', to: 'EUR', numerator: '9', denominator: '10' },
      hold: { ...terms.hold, payee: partner },
      payoutAccount: 'acct_partner',
      commits: true,
      ...overrides,
    },
  }
}

export const payoutSettled: TransferEvent = { type: 'payoutSettled', bankTransferId: 'bt_1' }
export const payoutRefused: TransferEvent = { type: 'payoutRefused', code: 'rail_refused', detail: 'AC04' }
export const payoutReturned: TransferEvent = { type: 'payoutReturned', rawCode: 'AC04' }
export const commitRefused: TransferEvent = { type: 'commitRefused', code: 'chain_refused', detail: 'paused' }
export const released: TransferEvent = { type: 'escrowReleased', ...place('20') }
export const refunded: TransferEvent = { type: 'escrowRefunded', ...place('30') }

const events = (...parts: readonly (TransferEvent | readonly TransferEvent[])[]): readonly TransferEvent[] => parts.flat()

const requested = events({ type: 'transferRequested' })
const debiting = events(requested, { type: 'screeningPassed', list: 'test' }, { type: 'liquidityReserved' })
const locking = events(debiting, debitSettled)
const locked = events(locking, { type: 'escrowLocked', ...place('10') })
const clearing = events(locked, { type: 'lockFinalized' })
const committing = events(clearing, { type: 'clearingPassed' })
const committed = events(committing, { type: 'escrowCommitted', ...place('15') })
const payingOut = events(committed, { type: 'commitFinalized' })
const releasing = events(payingOut, payoutSettled)
const refunding = events(payingOut, payoutRefused, { type: 'compensationStarted', reason: 'payout_refused' })
const crediting = events(refunding, refunded, { type: 'refundFinalized' })
const completed = events(releasing, released, { type: 'releaseFinalized' })

/** A history that leads a remittance to each of its states; back by way of a refused payout. */
export const history = {
  requested,
  debiting,
  failed: events(debiting, { type: 'debitRefused', code: 'rail_refused', detail: 'R01' }),
  locking,
  locked,
  clearing,
  committing,
  committed,
  payingOut,
  releasing,
  released: events(releasing, released),
  completed,
  refunding,
  refunded: events(refunding, refunded),
  crediting,
  compensated: events(crediting, { type: 'creditSettled', bankTransferId: 'bt_2' }, { type: 'transferCompensated' }),
  canceled: events(requested, { type: 'transferCanceled', reason: 'changed my mind' }),
  review: events(completed, debitReturnedLate, { type: 'receivableOpened' }),
} as const

/** Canceled after the lock, so back without a payout. */
export const canceledAfterLock = events(clearing, { type: 'cancelRequested', reason: 'changed my mind' }, turnedBack)
