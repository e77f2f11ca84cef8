import type { ClientBase, Pool } from 'pg'
import { BridgeError } from '../errors.ts'
import type { LowWater } from '../liquidity/low-water.ts'
import type { Log } from '../log.ts'
import type { Currency } from '../money/currency.ts'
import { type Money, money, toJson } from '../money/money.ts'
import { planRebalance } from '../policy/rebalance.ts'
import type { Opener } from '../rebalances/open-rebalance.ts'
import { inTransaction } from '../transaction.ts'
import { type Asked, needsFourEyes, type Operator } from './action.ts'
import { endAction, insertAction, takeTheFloor } from './action-store.ts'
import { perform } from './perform.ts'
import { refillAmount } from './refill-amount.ts'

export type RefillOptions = {
  readonly pool: Pool
  readonly marks: Readonly<Record<string, LowWater>>
  readonly house: Omit<Opener, 'isPaused'>
  readonly newActionId: () => string
  readonly hashOf: (asked: Asked) => string
  readonly log: Log
}

/** Nobody's key: whoever approves is another person. */
const watchman: Operator = { by: 'saga', person: 'low-water' }
// Whoever looks for a second person has the weekend.
const ttlMs = 3 * 24 * 3_600_000

/**
 * What an alert that was opened asks for by itself, once for each, however many processes look: the pool filled up to its `refillTo`, out of
 * the pool that its mark names, but never below that one's own mark. Above the operator limit it waits for a person. An alert for which the
 * other pool has nothing to spare asks again at the next look.
 */
export const refillPools = async (options: RefillOptions): Promise<void> => {
  const refilled = Object.keys(options.marks).filter(id => options.marks[id]!.refillFrom !== undefined)
  if (refilled.length === 0) return
  await inTransaction(options.pool, async tx => {
    const alerts = await claimAlerts(tx, refilled)
    if (alerts.length > 0) await takeTheFloor(tx)
    for (const alert of alerts) await refill(tx, alert, options)
  })
}

type Alert = { readonly id: string; readonly pool: string }

const claimAlerts = async (tx: ClientBase, pools: readonly string[]): Promise<Alert[]> => {
  const { rows } = await tx.query<Alert>({
    name: 'claim_alerts_to_refill',
    text: `select id, pool_id as pool from liquidity_alerts
            where cleared_at is null and refill_action is null and pool_id = any($1::text[]) order by id for update skip locked`,
    values: [pools],
  })
  return rows
}

const refill = async (tx: ClientBase, { id, pool: to }: Alert, options: RefillOptions): Promise<void> => {
  const { marks, log } = options
  const { refillFrom: from } = marks[to]!
  const levels = await availableOf(tx, [from!, to])
  const [giving, getting] = [levels.get(from!), levels.get(to)]
  if (giving === undefined || getting === undefined) return log('warn', 'a refill names a pool that is not there', { from, to })
  const amount = refillAmount({ available: giving, mark: marks[from!] }, { available: getting, mark: marks[to] })
  if (amount.minor <= 0n) return log('debug', 'a pool cannot be refilled', { from, to, availableMinor: String(giving.minor) })
  await ask(tx, id, { from: from!, to, amount }, options)
  log('info', 'a refill is asked for', { from, to, amountMinor: String(amount.minor), asset: amount.currency })
}

const ask = async (
  tx: ClientBase,
  alert: string,
  { from, to, amount }: { readonly from: string; readonly to: string; readonly amount: Money },
  { house, newActionId, hashOf }: RefillOptions,
): Promise<void> => {
  const asked: Asked = {
    ...{ type: 'rebalance', transferId: null, scope: null, reason: `liquidity is low in ${to}` },
    payload: { from, to, ...toJson(amount) },
  }
  // What cannot be carried out is asked for all the same, and refused: so that somebody sees it, and once.
  const worth = planned(() => planRebalance({ from, to, amount }, house).worth)
  const fourEyes = worth instanceof BridgeError ? false : needsFourEyes(asked, toJson(worth), house.config.policy.operatorLimits)
  const action = await insertAction(tx, { ...asked, id: newActionId(), payloadHash: hashOf(asked), fourEyes, ttlMs }, watchman)
  await tx.query('update liquidity_alerts set refill_action = $2 where id = $1', [alert, action.id])
  if (fourEyes) return
  await tx.query('savepoint performing')
  try {
    await perform(tx, action, house)
  } catch (error) {
    if (!(error instanceof BridgeError)) throw error
    await tx.query('rollback to savepoint performing')
    await endAction(tx, action.id, `${error.code}: ${JSON.stringify(error.details)}`)
  }
}

const planned = <T>(plan: () => T): T | BridgeError => {
  try {
    return plan()
  } catch (error) {
    if (error instanceof BridgeError) return error
    throw error
  }
}

const availableOf = async (tx: ClientBase, ids: readonly string[]): Promise<Map<string, Money>> => {
  const { rows } = await tx.query<{ id: string; currency: Currency; available: string }>(
    'select id, currency, total - reserved as available from liquidity_pools where id = any($1::text[])',
    [ids],
  )
  return new Map(rows.map(({ id, currency, available }) => [id, money(currency, BigInt(available))]))
}
