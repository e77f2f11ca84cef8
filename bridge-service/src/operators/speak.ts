import { BridgeError } from '../errors.ts'
import type { Currency } from '../money/currency.ts'
import type { MoneyJson } from '../money/money.ts'
import { type Action, type Asked, needsFourEyes, type Operator } from './action.ts'
import { type Approval, checkApproval } from './approval.ts'

/** An action that nobody has asked for before. */
export type FreshAction = Asked & {
  readonly id: string
  readonly payloadHash: string
  readonly fourEyes: boolean
  /** So long somebody else may approve it. */
  readonly ttlMs: number
}

/** Port to what operators have said, in a transaction in which no other of them speaks. */
export type Floor = {
  readonly insert: (action: FreshAction, operator: Operator) => Promise<Action>
  readonly find: (id: string) => Promise<Action | undefined>
  /** Undefined where somebody has decided on it before. */
  readonly decide: (
    id: string,
    decision: Approval['decision'],
    reason: string | null,
    operator: Operator,
  ) => Promise<Action | undefined>
}

/** What is asked for, complete. */
export type Question = Omit<FreshAction, 'fourEyes'> & {
  /** What it is about, to be measured by its limit. */
  readonly amount: MoneyJson | undefined
}

/** Asks for it, and does it at once where one person is enough. */
export const askFor = async (
  floor: Floor,
  { amount, ...asked }: Question,
  limits: Partial<Record<Currency, bigint>>,
  operator: Operator,
  perform: (action: Action) => Promise<Action>,
): Promise<Action> => {
  const fourEyes = needsFourEyes(asked, amount, limits)
  const action = await floor.insert({ ...asked, fourEyes }, operator)
  return fourEyes ? action : perform(action)
}

/** The second person's word, and what follows from it. Throws `action_not_found`, as `checkApproval` does, and what cannot be done any more. */
export const decideOn = async (
  floor: Floor,
  id: string,
  { reason, ...approval }: Approval & { readonly reason: string | null },
  operator: Operator,
  perform: (action: Action) => Promise<Action>,
): Promise<Action> => {
  const action = await floor.find(id)
  if (action === undefined) throw new BridgeError('action_not_found', { id })
  checkApproval(action, approval, operator)
  const decided = await floor.decide(id, approval.decision, reason, operator)
  if (decided === undefined) throw new BridgeError('action_decided', { id })
  return approval.decision === 'reject' ? decided : perform(decided)
}
