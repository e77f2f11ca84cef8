import type pg from 'pg'
import { keccak256 } from 'viem'
import type { Chain, ChainOrder, HoldTerms } from '../../bridge-service/src/chains/chain.ts'
import { done, unknown } from '../../bridge-service/src/outcome.ts'
import type { Rail } from '../../bridge-service/src/rails/rail.ts'

/** A bank that settles at once, in process. */
export const inProcessRail = (): Rail => ({
  id: 'bank:bench',
  capabilities: { schemes: ['book'], currencies: ['USD'] },
  submit: async ({ externalId }) => done({ bankTransferId: `b_${externalId}`, externalId, status: 'settled' }),
  query: async () => unknown('not asked in a benchmark'),
  cancel: async () => unknown('not asked in a benchmark'),
  balance: async () => ({ amountMinor: '0', currency: 'USD' }),
  entries: async () => ({ lines: [] }),
  verifyWebhook: () => {
    throw new Error('no webhooks in a benchmark')
  },
})

const kindOf = {
  lock: 'escrowLocked',
  commit: 'escrowCommitted',
  release: 'escrowReleased',
  refund: 'escrowRefunded',
} as const

const escrowId = (terms: HoldTerms) => keccak256(terms.ref)

/** A chain that includes every order at once and hands the fact to the inbox in batches, as the indexer does. */
export const inProcessChain = (pool: pg.Pool, wake: () => void): Chain & { depositBy: (terms: HoldTerms) => void } => {
  let waiting: ChainOrder[] = []
  let handing = false
  const handOver = async () => {
    if (handing) return
    handing = true
    while (waiting.length > 0) {
      const batch = waiting
      waiting = []
      await pool.query({
        name: 'bench_hand_over',
        text: `insert into inbox (source, fact, subject, kind, payload)
               select 'evm:1', * from unnest($1::text[], $2::text[], $3::text[], $4::jsonb[])`,
        values: [
          batch.map(order => `0x${order.key}:0`),
          batch.map(order => order.terms.ref),
          batch.map(order => kindOf[order.action]),
          batch.map(order => ({
            status: 'included',
            txHash: `0x${order.key}`,
            blockNumber: '1',
            blockHash: `0x${'11'.repeat(32)}`,
            logIndex: 0,
            escrowId: escrowId(order.terms),
            ref: order.terms.ref,
            amount: order.terms.amountMinor,
          })),
        ],
      })
      wake()
    }
    handing = false
  }
  const include = (order: ChainOrder) => {
    waiting.push(order)
    setImmediate(() => void handOver())
  }
  return {
    id: 'evm:1',
    treasury: `0x${'22'.repeat(20)}`,
    escrow: `0x${'33'.repeat(20)}`,
    escrowId,
    parseAddress: text => text,
    supports: () => true,
    submit: async order => {
      include(order)
      return done({ hash: `0x${order.key}`, nonce: '0', sender: '' })
    },
    /** The customer locks what the terms of his deposit say. */
    depositBy: terms => include({ key: terms.ref.slice(2), action: 'lock', terms }),
    find: async () => unknown('not asked in a benchmark'),
    tend: async () => {},
    tokenAddress: () => `0x${'cc'.repeat(20)}`,
    committedBy: 'escrow',
    mintPayer: () => `0x${'cc'.repeat(20)}`,
    unitsPerMinor: () => 1n,
    mintRights: async () => ({ locksInEscrow: true, perTransactionMinor: '0' }),
    supplyOf: async () => '0',
    balanceOf: async () => '0',
  }
}
