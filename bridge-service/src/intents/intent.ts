import type { ChainOrder } from '../chains/chain.ts'
import { BridgeError, unreachable } from '../errors.ts'
import type { ScreeningOrder } from '../policy/screening.ts'
import type { RailCancel, RailOrder } from '../rails/rail.ts'
import type { IntentWish } from '../transfer/decision.ts'
import { depositOf, depositTermsOf, holdOf, holdTermsOf } from '../transfer/hold.ts'
import type { TransferId } from '../transfer/id.ts'
import type { RailStep, Step } from '../transfer/input.ts'
import type { Terms } from '../transfer/terms.ts'
import type { Transfer } from '../transfer/transfer.ts'
import { intentKey, referenceOf } from './key.ts'

export type IntentRequest =
  | { readonly kind: 'screening'; readonly order: ScreeningOrder }
  | { readonly kind: 'rail'; readonly order: RailOrder }
  /** Asks a bank to give up an order of ours that has not settled. */
  | { readonly kind: 'railCancel'; readonly order: RailCancel }
  | { readonly kind: 'chain'; readonly order: ChainOrder }

/** A durable wish to cause one external effect. Everything that the call needs is in the row, before the call. */
export type Intent = {
  readonly key: string
  readonly transferId: TransferId
  readonly step: Step
  readonly attempt: number
  /** The adapter's id: `screening`, `bank:sim`, `evm:31337`. */
  readonly target: string
  readonly reference: string
  readonly request: IntentRequest
}

/** The intent that a wish becomes. */
export const intentOf = (transfer: Transfer, { step, attempt }: IntentWish): Intent => {
  const key = intentKey(transfer.id, step, attempt, transfer.terms.createdAt)
  const reference = referenceOf(key)
  const { target, request } = requestOf(transfer, step, key, reference)
  return { key, transferId: transfer.id, step, attempt, target, reference, request }
}

const requestOf = (transfer: Transfer, step: Step, key: string, reference: string): Pick<Intent, 'target' | 'request'> => {
  switch (step) {
    case 'screen':
      return { target: 'screening', request: { kind: 'screening', order: screeningOrder(transfer, key) } }
    case 'debitFiat':
    case 'creditFiat':
    case 'payoutFiat':
      return railRequest(transfer, step, key, reference)
    case 'cancelDebit':
      return cancelRequest(transfer, key)
    case 'lockEscrow':
      return ofHold(transfer, key, 'lock')
    case 'commitEscrow':
      return depositOf(transfer.terms) ? ofDeposit(transfer, key, 'commit') : ofHold(transfer, key, 'commit')
    case 'releaseEscrow':
      return ofHold(transfer, key, 'release')
    case 'refundEscrow':
      return ofHold(transfer, key, 'refund')
    case 'releaseDeposit':
      return ofDeposit(transfer, key, 'release')
    case 'refundDeposit':
      return ofDeposit(transfer, key, 'refund')
    default:
      return unreachable(step)
  }
}

const screeningOrder = ({ terms: { source, destination } }: Transfer, key: string): ScreeningOrder => {
  const legs = [source, destination]
  return {
    key,
    names: legs.flatMap(leg => (leg.kind === 'bank' ? [leg.account.name] : [])),
    accounts: legs.flatMap(leg => (leg.kind === 'bank' ? [leg.account.accountNumber] : [])),
    addresses: legs.flatMap(leg => (leg.kind === 'chain' ? [leg.address] : [])),
  }
}

const ofHold = (transfer: Transfer, key: string, action: ChainOrder['action']): Pick<Intent, 'target' | 'request'> => ({
  target: holdOf(transfer.terms)!.chain,
  request: { kind: 'chain', order: { key, action, terms: holdTermsOf(transfer) } },
})

const ofDeposit = (transfer: Transfer, key: string, action: ChainOrder['action']): Pick<Intent, 'target' | 'request'> => {
  const fact = transfer.progress.deposit?.lock?.fact
  return {
    target: depositOf(transfer.terms)!.chain,
    request: {
      kind: 'chain',
      order: {
        ...{ key, action, terms: depositTermsOf(transfer), deposit: true },
        ...(fact === undefined ? {} : { depositFact: fact }),
      },
    },
  }
}

/**
 * A debit and what is credited back are of the source, in what it paid; a payout is of the destination. What a rebalance pays out goes from the
 * source's bank to the destination's.
 */
const railRequest = (
  transfer: Transfer,
  step: RailStep,
  key: string,
  externalId: string,
): { target: string; request: { kind: 'rail'; order: RailOrder } } => {
  const { id, terms } = transfer
  const leg = step === 'payoutFiat' ? terms.destination : terms.source
  const sender = 'arrivalAccount' in terms ? terms.source : leg
  const account = step === 'payoutFiat' ? payoutAccountOf(terms) : bankAccountOf(terms)
  if (leg.kind !== 'bank' || sender.kind !== 'bank' || account === undefined)
    throw new BridgeError('internal', { transfer: id, reason: `no bank for ${step}` })
  const { currency, minor } = step === 'payoutFiat' ? terms.destinationAmount : terms.sourceAmount
  const order: RailOrder = {
    key,
    externalId,
    direction: step === 'debitFiat' ? 'debit' : 'credit',
    scheme: leg.scheme,
    amountMinor: minor,
    currency,
    account,
    counterparty: leg.account,
    description: id,
    ...('arrivalAccount' in terms ? { arrivesAt: { rail: leg.rail, account: terms.arrivalAccount } } : {}),
  }
  return { target: sender.rail, request: { kind: 'rail', order } }
}

const cancelRequest = ({ id, terms, progress }: Transfer, key: string): Pick<Intent, 'target' | 'request'> => {
  const bankTransferId = progress.debit?.bankTransferId
  if (terms.source.kind !== 'bank' || bankTransferId === undefined)
    throw new BridgeError('internal', { transfer: id, reason: 'no debit to cancel' })
  return { target: terms.source.rail, request: { kind: 'railCancel', order: { key, bankTransferId } } }
}

const bankAccountOf = (terms: Terms) => ('bankAccount' in terms ? terms.bankAccount : undefined)
const payoutAccountOf = (terms: Terms) => ('payoutAccount' in terms ? terms.payoutAccount : undefined)
