import type { ClientBase } from 'pg'
import { BridgeError } from '../errors.ts'
import { intentOf } from '../intents/intent.ts'
import { fromJson, type MoneyJson } from '../money/money.ts'
import { planRebalance } from '../policy/rebalance.ts'
import { type House, termsOf } from '../policy/terms.ts'
import { type Step, stepStatement } from '../saga/step.ts'
import { request } from '../transfer/decide.ts'
import type { TransferId } from '../transfer/id.ts'
import { currentDefinition } from '../transfer/state.ts'
import type { Route } from '../transfer/terms.ts'
import type { Unborn } from '../transfer/transfer.ts'

/** Whose transfers they are: a key of this tenant's sees them as its own, and no other does. */
export const houseTenant = 'house'

export type RebalanceToOpen = {
  readonly transferId: TransferId
  /** Ids of liquidity pools. */
  readonly from: string
  readonly to: string
  readonly amount: MoneyJson
  /** Who asked for it, and who approved: `operator:ada+grace`. */
  readonly actor: string
}

export type Opener = House & {
  /** Database time, in milliseconds since the epoch. */
  readonly nowMs: () => number
  readonly isPaused: (route: Route) => boolean
}

/**
 * Opens it as a transfer, in the transaction that allows it: its terms are of this moment, however long somebody has waited for a second
 * person. Throws what `planRebalance` throws, and `route_paused`.
 */
export const openRebalance = async (
  tx: ClientBase,
  { transferId, from, to, amount, actor }: RebalanceToOpen,
  opener: Opener,
): Promise<void> => {
  const { legs, price } = planRebalance({ from, to, amount: fromJson(amount) }, opener)
  if (opener.isPaused(legs.route)) throw new BridgeError('route_paused', { route: legs.route })
  const createdAtMs = opener.nowMs()
  const unborn: Unborn = {
    id: transferId,
    tenant: houseTenant,
    definition: currentDefinition,
    state: 'none',
    version: 0,
    ...termsOf({ transferId, legs, price, reference: null, createdAtMs, mayAdvance: false, purpose: 'rebalance' }, opener),
    progress: { attempts: { release: 0, refund: 0 } },
  }
  const { rowCount } = await tx.query(stepStatement([firstStep(unborn, actor, createdAtMs)], undefined))
  if (rowCount !== 1) throw new BridgeError('internal', { reason: 'a rebalance was there already', transfer: transferId })
}

/** By which it is there. `nowMs` is database time. */
export const firstStep = (unborn: Unborn, actor: string, nowMs: number): Step => {
  const decision = request(unborn, nowMs)
  const intents = decision.intents.map(wish => intentOf(decision.after, wish))
  return { before: unborn, decision, intents, actor, cause: 'command:rebalance' }
}
