import type { Observation } from '../../../indexer/src/observation.ts'
import type { Chain } from '../chains/chain.ts'
import type { StrayMoney } from '../chains/deposits.ts'
import type { Currency } from '../money/currency.ts'
import { depositOf } from '../transfer/hold.ts'
import type { TransferId } from '../transfer/id.ts'
import type { Transfer } from '../transfer/transfer.ts'

/**
 * `waiting`: to be looked at. `returning`: on its way back. `self_serve`: its payer takes it back himself, from `reclaimAfter` on. `returned`, and
 * `gone`: it is not there any more, and not by us (taken back, clawed back, or its block has left the chain). `person`: in a person's hands.
 */
export const strayStates = ['waiting', 'returning', 'self_serve', 'person', 'returned', 'gone'] as const
export type StrayState = (typeof strayStates)[number]

export const strayReasons = [
  'reference_unknown',
  'wrong_asset',
  'wrong_amount',
  /** The asset and the amount are right: another payer, other claimants or other deadlines. */
  'wrong_terms',
  'repeated',
  /** What was agreed, but the transfer takes none now: it came too late, or too early, or the route knows no deposit. */
  'not_expected',
  /** Its escrow was given back to the deposit address, and goes on from there. */
  'refunded',
] as const
export type StrayReason = (typeof strayReasons)[number]

/** Money that came and that no transfer takes. */
export type StrayDeposit = StrayMoney & {
  readonly id: string
  readonly chain: string
  readonly ref: string
  readonly transferId: TransferId | null
  readonly tenant: string | null
  readonly currency: Currency | null
  /** Minor units that stand in the ledger for it until it has gone back: of what has reached the treasury. */
  readonly bookedMinor: bigint
  readonly reason: StrayReason
  readonly state: StrayState
}

export type Unmatched = { readonly fact: string; readonly kind: string; readonly payload: Observation }

/** What a fact about money that came is a case of; undefined when it is no business of ours. Pure. */
export const strayDepositOf = (
  id: string,
  { fact, kind, payload }: Unmatched,
  transfer: Transfer | undefined,
  chain: Chain,
  currencies: readonly Currency[],
): StrayDeposit | undefined => {
  const { ref, token, payer, payee, amount: units, escrowId, balanceId = null, refundAfter } = payload
  if (payer === undefined || units === undefined) return undefined
  // The contract is there for everybody: what others lock in it for each other under refs of their own is none of our business.
  if (transfer === undefined && kind === 'escrowLocked' && balanceId === null && !isSame(payee, chain.treasury)) return undefined
  const currency = currencies.find(one => chain.supports(one) && isSame(chain.tokenAddress(one), token)) ?? null
  const arrived = kind === 'depositReceived' && balanceId === null
  return {
    ...{ id, fact, ref, token, units, payer, balanceId, currency, chain: chain.id },
    refundAfter: refundAfter === undefined ? null : Number(refundAfter),
    escrowId: escrowId ?? null,
    address: null,
    transferId: transfer?.id ?? null,
    tenant: transfer?.tenant ?? null,
    bookedMinor: arrived && currency !== null ? BigInt(units) / chain.unitsPerMinor(currency) : 0n,
    reason: reasonOf({ fact, token, units, escrowId }, transfer, chain),
    state: 'waiting',
  }
}

type Brought = { fact: string; token: string; units: string; escrowId: string | undefined }

const reasonOf = ({ fact, token, units, escrowId }: Brought, transfer: Transfer | undefined, chain: Chain): StrayReason => {
  if (transfer === undefined) return 'reference_unknown'
  const deposit = depositOf(transfer.terms)
  if (deposit === undefined || deposit.chain !== chain.id) return 'not_expected'
  const { terms } = deposit
  if (!isSame(chain.tokenAddress(terms.currency), token)) return 'wrong_asset'
  if (BigInt(units) !== BigInt(terms.amountMinor) * chain.unitsPerMinor(terms.currency)) return 'wrong_amount'
  const ids = chain.deposits?.ids(terms) ?? [chain.escrowId(terms)]
  if (escrowId === undefined || !ids.includes(escrowId)) return 'wrong_terms'
  const { deposit: known, commit } = transfer.progress
  const first = known?.lock ?? commit
  return first !== undefined && first.fact !== fact ? 'repeated' : 'not_expected'
}

const isSame = (one: string | undefined, other: string): boolean => one?.toLowerCase() === other.toLowerCase()
