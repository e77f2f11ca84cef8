import type { ClientBase } from 'pg'
import { unreachable } from '../errors.ts'
import { explainLine } from '../ledger/explain-line.ts'
import { settleReceivable } from '../ledger/settle-receivable.ts'
import type { Currency } from '../money/currency.ts'
import { money } from '../money/money.ts'
import { type Opener, openRebalance } from '../rebalances/open-rebalance.ts'
import { openRefund } from '../refunds/open-refund.ts'
import type { Resolution } from '../transfer/event.ts'
import type { TransferId } from '../transfer/id.ts'
import type { Input, OperatorInput } from '../transfer/input.ts'
import { type Action, type ExplanationPayload, type ResumePayload, type SettlementPayload, targetOfScope } from './action.ts'
import { endAction } from './action-store.ts'
import { closingLines } from './closing-lines.ts'
import { checkHalt } from './halt.ts'
import { readPauses } from './pauses.ts'

/** The input that an action is to the machine; undefined for one that no transfer hears of. */
export const inputOf = ({
  type,
  reason,
  payload,
}: Pick<Action, 'type' | 'reason' | 'payload'>): Input | OperatorInput | undefined => {
  switch (type) {
    case 'retry':
      return { type: 'retryCommand' }
    case 'cancel':
      return { type: 'cancelCommand', reason }
    case 'forceCompensation':
      return { type: 'compensateCommand', reason }
    case 'markResolved':
      return { type: 'resolveCommand', ...(payload as { version: number } & Resolution) }
    case 'unpark':
    case 'pause':
    case 'resume':
    case 'settleByHand':
    case 'reclaimDelivery':
    case 'refund':
    case 'rebalance':
    case 'settleReceivable':
    case 'explainLine':
    case 'resumeChain':
      return undefined
    default:
      return unreachable(type)
  }
}

/** The id of the transfer that an action opens: the action's own, behind another prefix. */
export const rebalanceIdOf = (actionId: string): TransferId => actionId.replace(/^oa_/, 'tr_') as TransferId

/**
 * Does what may be done, in the transaction that allows it. What needs a call outside is left to whoever obeys (obey.ts). Throws what cannot
 * be done any more.
 */
export const perform = async (tx: ClientBase, action: Action, house: Omit<Opener, 'isPaused'>): Promise<Action> => {
  switch (action.type) {
    case 'settleByHand':
    case 'reclaimDelivery':
      return action
    case 'resumeChain':
      await checkHalt(tx, action.scope!, action.payload as ResumePayload)
      return action
    case 'settleReceivable': {
      const { kind, currency, minor } = action.payload as SettlementPayload
      const amount = money(currency, BigInt(minor))
      await settleReceivable(tx, {
        transferId: action.transferId!,
        kind,
        amount,
        actor: actorOf(action),
        reason: action.reason,
      })
      break
    }
    case 'explainLine': {
      const { account, cursor, into } = action.payload as ExplanationPayload
      const line = { rail: targetOfScope(action.scope!)!, account, cursor, into }
      await explainLine(tx, { ...line, actionId: action.id, actor: actorOf(action), reason: action.reason })
      break
    }
    case 'refund': {
      const { currency, minor } = action.payload as { currency: Currency; minor: string }
      const ask = { transferId: action.transferId!, tenant: undefined, kind: 'goodwill', amount: { currency, minor } } as const
      await openRefund(tx, { ...ask, id: action.id.replace(/^oa_/, 'rf_'), reason: action.reason, requestedBy: actorOf(action) })
      break
    }
    case 'rebalance': {
      const { from, to, ...amount } = action.payload as { from: string; to: string; currency: Currency; minor: string }
      const paused = new Set((await readPauses(tx)).map(({ scope }) => scope))
      await openRebalance(
        tx,
        { transferId: rebalanceIdOf(action.id), from, to, amount, actor: actorOf(action) },
        { ...house, isPaused: route => paused.has(`route:${route}`) },
      )
      break
    }
    case 'pause':
      await tx.query('insert into pauses (scope, reason, action_id) values ($1, $2, $3)', [
        ...[action.scope, action.reason, action.id],
      ])
      break
    case 'resume':
      await tx.query('delete from pauses where scope = $1', [action.scope])
      await wakeIntents(tx, 'target', targetOfScope(action.scope!) ?? null)
      break
    case 'unpark':
      await tx.query('update transfers set parked_reason = null where id = $1', [action.transferId])
      await tx.query('delete from transfers_in_hand where transfer_id = $1', [action.transferId])
      await wakeIntents(tx, 'transfer_id', action.transferId)
      break
    case 'retry':
      await wakeIntents(tx, 'transfer_id', action.transferId)
      await tell(tx, action)
      break
    case 'markResolved':
      // A refund that was opened since the first person looked moves nothing of the transfer, but pays what would be closed.
      await closingLines(tx, action.transferId!, (action.payload as Resolution).closing)
      await tell(tx, action)
      break
    case 'cancel':
    case 'forceCompensation':
      await tell(tx, action)
      break
    default:
      unreachable(action.type)
  }
  return (await endAction(tx, action.id, null)) ?? action
}

/** Hands it to the machine, which decides again on what is true by then. */
const tell = (tx: ClientBase, action: Action) =>
  tx.query(
    `insert into inbox (source, fact, subject, kind, payload) values ('command', 'action:' || $1::text, $2, 'operator', $3) on conflict do nothing`,
    [action.id, action.transferId, { input: inputOf(action), actor: actorOf(action) }],
  )

/** Who has approved, beside who has asked: `operator:ann+ben`. */
export const actorOf = ({ requestedPerson, decidedPerson }: Action): string =>
  `operator:${[requestedPerson, ...(decidedPerson === null ? [] : [decidedPerson])].join('+')}`

/** What rests until its next turn has it now. What somebody is at work on is left to him. */
const wakeIntents = (tx: ClientBase, column: 'target' | 'transfer_id', value: string | null) =>
  tx.query(
    `update intents set next_at = now(), abandoned = 0
      where ${column} = $1 and lease_owner is null and status in ('PENDING', 'IN_FLIGHT', 'UNKNOWN')`,
    [value],
  )
