import { randomBytes } from 'node:crypto'
import type { TransferEvent } from '../../bridge-service/src/transfer/event.ts'
import { type TransferId, typeId } from '../../bridge-service/src/transfer/id.ts'
import { currentDefinition } from '../../bridge-service/src/transfer/state.ts'
import type { BankLeg, RebalanceTerms } from '../../bridge-service/src/transfer/terms.ts'
import type { UnbornOf } from '../../bridge-service/src/transfer/transfer.ts'
import { settledAtMs } from './onramp.ts'

const ours = (rail: string, accountNumber: string): BankLeg => ({
  ...{ kind: 'bank', rail, scheme: 'wire', currency: 'USD' },
  account: { name: 'Causeway', accountNumber, routingNumber: '021000021' },
})

/** A rebalance of 100 USD from our account at one bank to our account at another. Every call makes another one; the rest is the same. */
export const rebalance = (overrides: Partial<RebalanceTerms> = {}): UnbornOf<'rebalance'> => ({
  id: typeId<TransferId>('tr', randomBytes(16).toString('hex')),
  tenant: 'house',
  route: 'rebalance',
  definition: currentDefinition,
  state: 'none',
  version: 0,
  progress: { attempts: { release: 0, refund: 0 } },
  terms: {
    source: ours('bank:sim', '1000000001'),
    destination: ours('bank:other', '1000000002'),
    sourceAmount: { currency: 'USD', minor: '10000' },
    destinationAmount: { currency: 'USD', minor: '10000' },
    fee: { currency: 'USD', minor: '0' },
    rate: { from: 'USD', to: 'USD', numerator: '1', denominator: '1' },
    payoutAccount: 'acct_1',
    arrivalAccount: 'acct_2',
    salt: `0x${'55'.repeat(32)}`,
    pool: 'bank:sim:USD',
    reference: null,
    createdAt: new Date(settledAtMs).toISOString(),
    purpose: 'rebalance',
    ...overrides,
  },
})

const at = new Date(settledAtMs).toISOString()

const settled: TransferEvent = { type: 'payoutSettled', bankTransferId: 'bt_1' }
export const refused: TransferEvent = { type: 'payoutRefused', code: 'rail_refused', detail: 'AC04' }
export const returned: TransferEvent = { type: 'payoutReturned', rawCode: 'AC04', at }
export const arrived: TransferEvent = { type: 'moneyArrived', at }

const events = (...parts: readonly (TransferEvent | readonly TransferEvent[])[]): readonly TransferEvent[] => parts.flat()

const requested = events({ type: 'transferRequested' })
const payingOut = events(requested, { type: 'screeningPassed', list: 'test' }, { type: 'liquidityReserved' })
const inTransit = events(payingOut, settled)

/** A history that leads a rebalance to each of its states. */
export const history = {
  requested,
  payingOut,
  failed: events(payingOut, refused),
  inTransit,
  completed: events(inTransit, arrived, { type: 'transferCompleted' }),
  compensated: events(inTransit, returned, { type: 'transferCompensated' }),
  canceled: events(requested, { type: 'transferCanceled', reason: 'changed my mind' }),
  review: events(inTransit, { type: 'reviewOpened', reason: 'both banks know nothing of it' }),
} as const

/** The receiving bank was quicker to say so than the sending one. */
export const early = events(payingOut, arrived)
