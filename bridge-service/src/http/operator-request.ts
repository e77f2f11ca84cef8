import { createHash } from 'node:crypto'
import type { ClientBase } from 'pg'
import { BridgeError } from '../errors.ts'
import { lockLine } from '../ledger/explain-line.ts'
import { lockReceivable } from '../ledger/settle-receivable.ts'
import type { Currency } from '../money/currency.ts'
import { parsePositive } from '../money/decimal.ts'
import { type Money, type MoneyJson, toJson } from '../money/money.ts'
import { type Asked, type Operator, scopeShape } from '../operators/action.ts'
import { closingLines } from '../operators/closing-lines.ts'
import { readHalt } from '../operators/halt.ts'
import { readPauses } from '../operators/pauses.ts'
import { inputOf } from '../operators/perform.ts'
import { decide } from '../transfer/decide.ts'
import { holdOf } from '../transfer/hold.ts'
import { transitions } from '../transfer/state.ts'
import type { Transfer } from '../transfer/transfer.ts'
import type { ApiKey } from './api-key.ts'
import { atField } from './at-field.ts'
import { canonical } from './canonical.ts'
import type { ActionRequest } from './operator-action-json.ts'
import type { ServerDeps } from './server-deps.ts'

type Deps = Pick<ServerDeps, 'chains' | 'rails' | 'nowMs'>
type Complete = {
  readonly asked: Asked
  readonly transfer: OperatedTransfer | undefined
  /** What it is about, to be measured by its limit. */
  readonly amount: MoneyJson | undefined
}
type OperatedTransfer = Transfer & { readonly parkedReason: string | null; readonly resting: boolean }

export const operatorOf = ({ id, person }: ApiKey): Operator => ({ by: `api:${id}`, person })

/** SHA-256 of what an approval stands for, as 64 hex digits. */
export const hashOf = ({ type, transferId, scope, reason, payload }: Asked): string =>
  createHash('sha256').update(canonical({ type, transferId, scope, reason, payload })).digest('hex')

/** Completes a request with what the person has in front of him, and refuses what would mean nothing. */
export const complete = async (tx: ClientBase, body: ActionRequest, deps: Deps): Promise<Complete> => {
  const { type, reason } = body
  const base = { type, reason, transferId: null, scope: null, payload: {} }
  switch (body.type) {
    case 'pause':
    case 'resume':
      await checkScope(tx, body.type, body.scope, deps)
      return { ...nobodys, asked: { ...base, scope: body.scope } }
    case 'settleByHand': {
      const target = await targetOf(tx, body.payload.intentKey)
      if (!target?.startsWith('stellar:')) throw new BridgeError('scope_unknown', { path: 'payload.intentKey', target })
      return { ...nobodys, asked: { ...base, scope: `chain:${target}`, payload: body.payload } }
    }
    case 'resumeChain': {
      const haltedReason = await readHalt(tx, chainScope(body.scope))
      return { ...nobodys, asked: { ...base, scope: body.scope, payload: { ...body.payload, haltedReason } } }
    }
    case 'explainLine': {
      const { account, cursor, into = null, document = null } = body.payload
      const rail = railOf(body.scope, deps)
      const amount = toJson(await lockLine(tx, { rail, account, cursor }, into))
      return { ...nobodys, asked: { ...base, scope: body.scope, payload: { account, cursor, into, document, ...amount } } }
    }
    default: {
      const transfer = await operatedTransfer(tx, body.transferId)
      const asked = { ...base, transferId: transfer.id }
      const amount = transfer.terms.sourceAmount
      if (body.type === 'settleReceivable') {
        const { kind } = body.payload
        const settled = amountOf(body.payload.amount)
        await lockReceivable(tx, { transferId: transfer.id, amount: settled })
        return { asked: { ...asked, payload: { kind, ...toJson(settled) } }, transfer, amount: toJson(settled) }
      }
      if (body.type === 'reclaimDelivery') {
        const chain = holdOf(transfer.terms)?.chain
        if (!chain?.startsWith('stellar:')) throw new BridgeError('scope_unknown', { path: 'transferId', chain })
        return { asked: { ...asked, scope: `chain:${chain}`, payload: body.payload }, transfer, amount }
      }
      if (body.type === 'refund') {
        const payload = toJson(amountOf(body.payload.amount))
        return { asked: { ...asked, payload }, transfer, amount }
      }
      if (body.type !== 'markResolved') return { asked, transfer, amount }
      const { outcome, evidence, document = null } = body.payload
      const closing = await closingLines(tx, transfer.id, body.payload.closing)
      return {
        asked: { ...asked, payload: { version: transfer.version, outcome, evidence, document, closing } },
        transfer,
        amount,
      }
    }
  }
}

const nobodys = { transfer: undefined, amount: undefined }

const amountOf = ({ value, asset }: { readonly value: string; readonly asset: Currency }): Money =>
  atField('payload.amount.value', () => parsePositive(value, asset))

const chainScope = (scope: string): string => {
  if (!scope.startsWith('chain:')) throw new BridgeError('scope_unknown', { path: 'scope', scope })
  return scope
}

const railOf = (scope: string, { rails }: Deps): string => {
  const [, kind, name = ''] = scopeShape.exec(scope) ?? []
  if (kind !== 'rail' || !rails.has(name)) throw new BridgeError('scope_unknown', { path: 'scope', scope })
  return name
}

/** The machine is asked first, so that what it would refuse is refused at once; it is asked again when it is told. */
export const checkAllowed = (asked: Asked, transfer: OperatedTransfer, nowMs: number): void => {
  if (asked.type === 'unpark' && transfer.parkedReason === null) throw new BridgeError('transfer_not_parked')
  const input = inputOf(asked)
  if (input === undefined) return
  const decision = decide(transfer, input, nowMs)
  if (!('refusal' in decision)) return
  if (asked.type === 'retry' && transfer.resting) return
  throw new BridgeError(decision.refusal, { state: decision.detail })
}

/** Of any tenant. Throws `transfer_not_found`. */
export const operatedTransfer = async (tx: ClientBase, id: string): Promise<OperatedTransfer> => {
  const { rows } = await tx.query<OperatedTransfer>({
    name: 'operated_transfer',
    text: `select id, tenant, route, definition, state, version, terms, progress, parked_reason as "parkedReason",
                  exists (select from intents i where i.transfer_id = t.id and i.lease_owner is null
                             and i.status in ('PENDING', 'IN_FLIGHT', 'UNKNOWN')) as resting
             from transfers t where id = $1 for share`,
    values: [id],
  })
  if (rows[0] === undefined) throw new BridgeError('transfer_not_found', { transferId: id })
  return rows[0]
}

const checkScope = async (tx: ClientBase, type: 'pause' | 'resume', scope: string, { chains, rails }: Deps): Promise<void> => {
  const [, kind, name = ''] = scopeShape.exec(scope) ?? []
  const known = kind === 'route' ? Object.keys(transitions) : kind === 'chain' ? [...chains.keys()] : [...rails.keys()]
  if (!known.includes(name)) throw new BridgeError('scope_unknown', { path: 'scope', scope })
  const isPaused = (await readPauses(tx)).some(pause => pause.scope === scope)
  if (isPaused === (type === 'resume')) return
  throw new BridgeError(isPaused ? 'scope_paused' : 'scope_not_paused', { scope })
}

const targetOf = async (tx: ClientBase, key: string): Promise<string | undefined> => {
  const { rows } = await tx.query<{ target: string }>('select target from intents where key = $1', [key])
  return rows[0]?.target
}
