import type { Chain, ChainTx } from '../chains/chain.ts'
import { BridgeError } from '../errors.ts'
import type { Log } from '../log.ts'
import type { Outcome } from '../outcome.ts'
import type { LeasedOrder } from './orders.ts'
import type { DepositStore } from './store.ts'

export type OrderRunner = {
  readonly store: DepositStore
  readonly chains: ReadonlyMap<string, Chain>
  /** Whether a chain stands still by an operator's word: its orders wait as they are. */
  readonly isHeld?: (target: string) => boolean
  readonly log: Log
}

const againBaseMs = 500
const againCeilingMs = 60_000

/** Sends what is due, or asks what has become of it; every order under one key, until the chain has said. Returns how many were taken. */
export const runOrders = async (runner: OrderRunner): Promise<number> => {
  const free = [...runner.chains.keys()].filter(id => !runner.isHeld?.(id))
  const orders = await runner.store.claimOrders(free)
  await Promise.all(orders.map(order => run(runner, order)))
  return orders.length
}

const run = async ({ store, chains, log }: OrderRunner, order: LeasedOrder): Promise<void> => {
  try {
    const outcome = await askOrSend(chains.get(order.chain)!, order)
    if (outcome.kind === 'unknown') return await store.postponeOrder(order, againMs(order))
    if (outcome.kind === 'done') return await store.endOrder(order, outcome.value.hash)
    log('warn', 'a chain refused what was ordered for a deposit', {
      order: order.key,
      subject: order.subject,
      code: outcome.code,
    })
    await store.failOrder(order, outcome, isOvertaken(order, outcome.code) ? 'waiting' : 'person')
  } catch (error) {
    // Nothing was stored that the key does not know: whoever comes next asks first.
    log('warn', 'an order for a deposit is tried again later', { order: order.key, error: String(error) })
    await store.postponeOrder(order, againMs(order)).catch(() => {}) // its lease runs out
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

// The ledger has moved on since it was looked at: look again. All else is for a person.
const overtaken: readonly string[] = ['deposit_absent', 'deposit_not_ours', 'escrow_expired', 'NothingToRecover']
// What was sent to a deposit address and reverted there: somebody has been quicker, or its own block has left the chain.
const isOvertaken = (order: LeasedOrder, code: string): boolean =>
  overtaken.includes(code) || (order.kind === 'giveBack' && order.request.address !== null && code === 'reverted')

const againMs = ({ attempts }: LeasedOrder) => Math.min(againBaseMs * 2 ** Math.min(attempts, 20), againCeilingMs)
