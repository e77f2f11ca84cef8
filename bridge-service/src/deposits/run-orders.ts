import type { Pool } from 'pg'
import type { Chain, ChainTx } from '../chains/chain.ts'
import { BridgeError } from '../errors.ts'
import type { Log } from '../log.ts'
import type { Outcome, Refused } from '../outcome.ts'
import { inTransaction } from '../transaction.ts'
import { bookStray } from './book.ts'
import { claimOrders, type LeasedOrder } from './orders.ts'
import { readStray, type StrayRow, strayColumns } from './stray-row.ts'

export type OrderRunner = {
  readonly pool: Pool
  readonly chains: ReadonlyMap<string, Chain>
  readonly log: Log
}

const limits = { leaseMs: 30_000, returning: 4, limit: 50 }
const againBaseMs = 500
const againCeilingMs = 60_000

/** Sends what is due, or asks what has become of it; every order under one key, until the chain has said. Returns how many were taken. */
export const runOrders = async (runner: OrderRunner): Promise<number> => {
  const orders = await claimOrders(runner.pool, [...runner.chains.keys()], limits)
  await Promise.all(orders.map(order => run(runner, order)))
  return orders.length
}

const run = async ({ pool, chains, log }: OrderRunner, order: LeasedOrder): Promise<void> => {
  try {
    const outcome = await askOrSend(chains.get(order.chain)!, order)
    if (outcome.kind === 'unknown') return await again(pool, order)
    if (outcome.kind === 'done') return await succeed(pool, order, outcome.value.hash)
    log('warn', 'a chain refused what was ordered for a deposit', {
      order: order.key,
      subject: order.subject,
      code: outcome.code,
    })
    await fail(pool, order, outcome)
  } catch (error) {
    // Nothing was stored that the key does not know: whoever comes next asks first.
    log('warn', 'an order for a deposit is tried again later', { order: order.key, error: String(error) })
    await again(pool, order).catch(() => {}) // its lease runs out
  }
}

const askOrSend = async (chain: Chain, order: LeasedOrder): Promise<Outcome<ChainTx>> => {
  if (order.tried) {
    const found = await chain.find(order.key)
    if (found.kind !== 'refused' || found.code !== 'not_found') return found
  }
  const sent = await send(chain, order)
  // That it was taken is no outcome: the chain tells what became of it.
  return sent.kind === 'done' ? { kind: 'unknown', detail: 'on its way' } : sent
}

const send = (chain: Chain, order: LeasedOrder): Promise<Outcome<ChainTx>> => {
  const { deposits } = chain
  if (order.kind === 'lockSigned' && deposits?.lockSigned)
    return deposits.lockSigned(order.key, order.request.terms, order.request.signed)
  if (order.kind === 'lockAddress' && deposits?.addresses) return deposits.addresses.lock(order.key, order.request.terms)
  if (order.kind === 'giveBack' && deposits?.giveBack) return deposits.giveBack(order.key, order.request)
  throw new BridgeError('internal', { reason: `${chain.id} cannot ${order.kind}` })
}

const again = async (pool: Pool, { key, attempts }: LeasedOrder): Promise<void> => {
  await pool.query({
    name: 'postpone_deposit_order',
    text: `update deposit_orders set next_at = now() + $2 * interval '1 ms', updated_at = now() where key = $1 and status = 'IN_FLIGHT'`,
    values: [key, Math.min(againBaseMs * 2 ** Math.min(attempts, 20), againCeilingMs)],
  })
}

const succeed = (pool: Pool, order: LeasedOrder, txHash: string): Promise<void> =>
  inTransaction(pool, async client => {
    const ended = await client.query(
      `update deposit_orders set status = 'SUCCEEDED', tx_hash = $2, updated_at = now() where key = $1 and status = 'IN_FLIGHT'`,
      [order.key, txHash],
    )
    if (ended.rowCount === 0 || order.kind !== 'giveBack') return
    const { rows } = await client.query<StrayRow>(
      `update stray_deposits s set state = 'returned', tx_hash = $2, updated_at = now() where id = $1 returning ${strayColumns('s')}`,
      [order.subject, txHash],
    )
    await bookStray(client, readStray(rows[0]!), 'strayDepositReturned')
  })

// The ledger has moved on since it was looked at: look again. All else is for a person.
const overtaken: readonly string[] = ['deposit_absent', 'deposit_not_ours', 'escrow_expired', 'NothingToRecover']

const fail = (pool: Pool, order: LeasedOrder, { code, detail }: Refused): Promise<void> =>
  inTransaction(pool, async client => {
    const ended = await client.query(
      `update deposit_orders set status = 'FAILED', code = $2, detail = $3, updated_at = now() where key = $1 and status = 'IN_FLIGHT'`,
      [order.key, code, detail],
    )
    if (ended.rowCount === 0 || order.kind !== 'giveBack') return
    await client.query(
      `update stray_deposits set state = $2, code = $3, detail = $4, look_at = now(), updated_at = now() where id = $1 and state = 'returning'`,
      [order.subject, overtaken.includes(code) ? 'waiting' : 'person', code, detail],
    )
  })
