import type { ChainOrder } from '../chains/chain.ts'
import { BridgeError } from '../errors.ts'
import type { ScreeningOrder } from '../policy/screening.ts'
import type { RailOrder } from '../rails/rail.ts'
import type { IntentWish } from '../transfer/decision.ts'
import { holdTermsOf } from '../transfer/hold.ts'
import type { TransferId } from '../transfer/id.ts'
import type { Step } from '../transfer/input.ts'
import type { BankLeg } from '../transfer/terms.ts'
import type { Transfer } from '../transfer/transfer.ts'
import { intentKey, referenceOf } from './key.ts'

export type IntentRequest =
  | { readonly kind: 'screening'; readonly order: ScreeningOrder }
  | { readonly kind: 'rail'; readonly order: RailOrder }
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
  const { source, destination, chain } = transfer.terms
  switch (step) {
    case 'screen': {
      const bank = bankLegOf(transfer)
      const address = destination.kind === 'chain' ? destination.address : source.kind === 'chain' ? source.address : ''
      const order = { key, name: bank.account.name, account: bank.account.accountNumber, address }
      return { target: 'screening', request: { kind: 'screening', order } }
    }
    case 'debitFiat':
      return { target: bankLegOf(transfer).rail, request: { kind: 'rail', order: railOrder(transfer, 'debit', key, reference) } }
    case 'creditFiat':
      return { target: bankLegOf(transfer).rail, request: { kind: 'rail', order: railOrder(transfer, 'credit', key, reference) } }
    case 'lockEscrow':
      return { target: chain, request: { kind: 'chain', order: { key, action: 'lock', terms: holdTermsOf(transfer) } } }
    case 'releaseEscrow':
      return { target: chain, request: { kind: 'chain', order: { key, action: 'release', terms: holdTermsOf(transfer) } } }
    case 'refundEscrow':
      return { target: chain, request: { kind: 'chain', order: { key, action: 'refund', terms: holdTermsOf(transfer) } } }
  }
}

const railOrder = (transfer: Transfer, direction: 'debit' | 'credit', key: string, externalId: string): RailOrder => {
  const { scheme, account: counterparty } = bankLegOf(transfer)
  const { currency, minor } = transfer.terms.sourceAmount
  return {
    key,
    externalId,
    direction,
    scheme,
    amountMinor: minor,
    currency,
    account: transfer.terms.bankAccount,
    counterparty,
    description: transfer.id,
  }
}

const bankLegOf = ({ id, terms: { source, destination } }: Transfer): BankLeg => {
  if (source.kind === 'bank') return source
  if (destination.kind === 'bank') return destination
  throw new BridgeError('internal', { transfer: id, reason: 'no bank leg' })
}
