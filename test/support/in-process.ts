import type { Pool } from 'pg'
import type { Chain, ChainOrder, ChainTx } from '../../bridge-service/src/chains/chain.ts'
import { BridgeError } from '../../bridge-service/src/errors.ts'
import { done, type Outcome, refused, unknown } from '../../bridge-service/src/outcome.ts'
import type { Rail, RailFact, RailOrder, RailStatus, RailTransfer } from '../../bridge-service/src/rails/rail.ts'
import type { FinalFact } from '../../bridge-service/src/saga/engine.ts'

/** What happens to a call: its answer is lost before or after it was taken, it is refused, or the adapter throws. */
export type Fault = 'lostBefore' | 'lostAfter' | 'throws' | { readonly refused: string }

export type InProcessBank = Rail & {
  /** Every call, in order: `submit <key>`, `query <key>`. */
  readonly calls: string[]
  /** What happens to the next calls; without one, all goes well. */
  readonly faults: { submit: Fault[]; query: Fault[] }
  /** The orders that the bank took: one for each key, whatever happened to the answer. */
  readonly orders: ReadonlyMap<string, RailOrder>
  readonly decide: (key: string, status: RailStatus, rawCode?: string) => RailFact
  /** Money that has moved, seen from the bridge: debits in, credits out, returns back. Minor units. */
  readonly bookedMinor: () => bigint
  /** Forgets a key, as banks do after their retention. */
  readonly prune: (key: string) => void
}

/** A bank that keeps its books by key: the same key is the same order, for ever (or until it is pruned). */
export const inProcessBank = (id = 'bank:sim', status: RailStatus = 'settled'): InProcessBank => {
  const held = new Map<string, { order: RailOrder; transfer: RailTransfer }>()
  const orders = new Map<string, RailOrder>()
  const calls: string[] = []
  const faults: InProcessBank['faults'] = { submit: [], query: [] }

  const take = (order: RailOrder): RailTransfer => {
    const known = held.get(order.key)
    if (known) return known.transfer
    const transfer = { bankTransferId: `bt_${held.size + 1}`, externalId: order.externalId, status }
    held.set(order.key, { order, transfer })
    if (orders.has(order.key)) throw new Error(`a second effect for key ${order.key}`)
    orders.set(order.key, order)
    return transfer
  }

  return {
    id,
    capabilities: { schemes: ['ach', 'book'], currencies: ['USD'] },
    calls,
    faults,
    orders,
    submit: async order => {
      calls.push(`submit ${order.key}`)
      const fault = faults.submit.shift()
      if (fault === 'throws') throw new Error('the adapter broke')
      if (fault === 'lostBefore') return unknown('time-out')
      if (typeof fault === 'object') return refused(fault.refused, 'no')
      const transfer = take(order)
      return fault === 'lostAfter' ? unknown('time-out') : done(transfer)
    },
    query: async ({ key }) => {
      calls.push(`query ${key}`)
      const fault = faults.query.shift()
      if (fault === 'throws') throw new Error('the adapter broke')
      if (fault === 'lostBefore' || fault === 'lostAfter') return unknown('time-out')
      if (typeof fault === 'object') return refused(fault.refused, 'no')
      const known = held.get(key)
      return known ? done(known.transfer) : refused('not_found', 'never seen')
    },
    decide: (key, next, rawCode) => {
      const known = held.get(key)
      if (!known) throw new Error(`the bank has no order ${key}`)
      const code = rawCode === undefined ? {} : { rawCode }
      known.transfer = { ...known.transfer, status: next, ...code }
      return {
        type: next,
        bankTransferId: known.transfer.bankTransferId,
        externalId: known.order.externalId,
        at: new Date().toISOString(),
        ...code,
      }
    },
    bookedMinor: () =>
      [...held.values()].reduce(
        (sum, { order, transfer }) =>
          transfer.status === 'settled' ? sum + (order.direction === 'debit' ? 1n : -1n) * BigInt(order.amountMinor) : sum,
        0n,
      ),
    prune: key => held.delete(key),
    cancel: async () => unknown('not asked'),
    balance: async () => ({ amountMinor: '0', currency: 'USD' }),
    entries: async () => ({ lines: [] }),
    verifyWebhook: () => {
      throw new BridgeError('signature_invalid')
    },
  }
}

export type InProcessChain = Chain & {
  readonly calls: string[]
  readonly faults: { submit: Fault[]; find: Fault[] }
  /** Escrows by ref, as the contract would have them. */
  readonly escrows: ReadonlyMap<string, 'locked' | 'committed' | 'released' | 'refunded'>
  /** Includes everything that waits in one new block and hands its facts to the inbox. Gives the number of transactions. */
  readonly mine: () => Promise<number>
  /** Facts of `finality_waits` that the height has made final; what the engine asks for. */
  readonly finalFacts: (limit: number) => Promise<FinalFact[]>
  readonly height: () => number
}

const statusAfter = { lock: 'locked', commit: 'committed', release: 'released', refund: 'refunded' } as const
const factOf = { lock: 'escrowLocked', commit: 'escrowCommitted', release: 'escrowReleased', refund: 'escrowRefunded' } as const

const openFor: Record<string, readonly string[]> = {
  commit: ['locked'],
  release: ['locked', 'committed'],
  refund: ['locked', 'committed'],
}

/** A chain with one escrow contract: one key, one transaction; what the contract would revert is refused. */
export const inProcessChain = (pool: Pool, id: Chain['id'] = 'evm:1'): InProcessChain => {
  const stored = new Map<string, { order: ChainOrder; tx: ChainTx; included: boolean; reverted: boolean }>()
  const escrows = new Map<string, 'locked' | 'committed' | 'released' | 'refunded'>()
  const calls: string[] = []
  const faults: InProcessChain['faults'] = { submit: [], find: [] }
  let height = 100

  const wouldRevert = ({ action, terms }: ChainOrder) =>
    action === 'lock' ? escrows.has(terms.ref) : !openFor[action]!.includes(escrows.get(terms.ref) ?? 'none')

  const submit = async (order: ChainOrder): Promise<Outcome<ChainTx>> => {
    calls.push(`${order.action} ${order.key}`)
    const fault = faults.submit.shift()
    if (fault === 'throws') throw new BridgeError('chain_unavailable')
    if (fault === 'lostBefore') return unknown('time-out')
    if (typeof fault === 'object') return refused(fault.refused, 'no')
    const known = stored.get(order.key)
    if (!known && wouldRevert(order)) return refused('chain_refused', 'it would revert')
    const tx = known?.tx ?? { hash: `0x${order.key}`, nonce: String(stored.size), sender: 'operator' }
    if (!known) stored.set(order.key, { order, tx, included: false, reverted: false })
    return fault === 'lostAfter' ? unknown('time-out') : done(tx)
  }

  const mine = async (): Promise<number> => {
    height++
    const facts: unknown[][] = []
    for (const item of stored.values()) {
      if (item.included) continue
      item.included = true
      item.reverted = wouldRevert(item.order)
      if (item.reverted) continue
      const { action, terms } = item.order
      escrows.set(terms.ref, statusAfter[action])
      const payload = {
        status: 'included',
        escrowId: terms.ref,
        txHash: item.tx.hash,
        blockNumber: String(height),
        blockHash: `0x${height}`,
      }
      facts.push([`${item.tx.hash}:0`, terms.ref, factOf[action], payload])
    }
    for (const [fact, subject, kind, payload] of facts)
      await pool.query('insert into inbox (source, fact, subject, kind, payload) values ($1, $2, $3, $4, $5)', [
        id,
        fact,
        subject,
        kind,
        payload,
      ])
    return facts.length
  }

  return {
    id,
    treasury: `0x${'22'.repeat(20)}`,
    escrow: `0x${'33'.repeat(20)}`,
    escrowId: terms => terms.ref,
    parseAddress: text => text,
    supports: () => true,
    calls,
    faults,
    escrows,
    mine,
    height: () => height,
    submit,
    find: async key => {
      calls.push(`find ${key}`)
      const fault = faults.find.shift()
      if (fault === 'throws') throw new BridgeError('chain_unavailable')
      if (fault === 'lostBefore' || fault === 'lostAfter') return unknown('time-out')
      if (typeof fault === 'object') return refused(fault.refused, 'no')
      const known = stored.get(key)
      if (!known) return refused('not_found', 'never stored')
      if (!known.included) return unknown('open')
      return known.reverted ? refused('chain_refused', 'it reverted') : done(known.tx)
    },
    finalFacts: async limit => {
      const { rows } = await pool.query<FinalFact>(
        `select w.transfer_id as "transferId", w.kind, w.fact, i.payload->>'escrowId' as "escrowId"
           from finality_waits w join inbox i on i.source = w.chain and i.fact = w.fact where w.chain = $1 and w.height <= $2 limit $3`,
        [id, height, limit],
      )
      return rows
    },
    tend: async () => {},
    tokenAddress: () => `0x${'cc'.repeat(20)}`,
    committedBy: 'escrow',
    mintPayer: () => `0x${'cc'.repeat(20)}`,
    unitsPerMinor: () => 1n,
    mintRights: async () => ({ locksInEscrow: true, perTransactionMinor: '1000000000000' }),
    supplyOf: async () => '0',
    balanceOf: async () => '0',
  }
}
