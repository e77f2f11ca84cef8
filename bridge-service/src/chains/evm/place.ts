import type { Hex } from 'viem'
import { BridgeError } from '../../errors.ts'
import { batched } from './batch.ts'
import type { EvmContext } from './context.ts'
import { initialFees, isUnderwater } from './fees.ts'
import type { Wanted } from './lanes.ts'
import type { EvmTx } from './tx-store.ts'

const maxBatch = 50

/**
 * Gives calls of one sender their nonces and stores their first signatures; a call that has both keeps them, and `undefined` is what one gets
 * that was refused. Nothing is sent. Throws `chain_unavailable` before anything is stored, and anything else when it may have been.
 */
export const placing = (context: EvmContext, sender: Hex): ((call: Wanted) => Promise<EvmTx | undefined>) =>
  batched(
    async (calls: readonly Wanted[]) => {
      const { rpc, store, lanes, settings } = context
      const [market, chainCount] = await Promise.all([rpc.market(), rpc.transactionCount(sender)])
      const fees = initialFees(market, settings.fees)
      if (isUnderwater(fees, market))
        throw new BridgeError('chain_unavailable', { reason: 'the base fee is over the cap', baseFeeWei: market.baseFeePerGas })

      const distinct = new Map(calls.map(call => [call.key, call]))
      const keys = [...distinct.keys()]
      const { raisedFrom } = await lanes.allocate(sender, chainCount, [...distinct.values()])
      if (raisedFrom !== undefined) context.notify({ type: 'laneRaised', sender, from: raisedFrom, to: chainCount })
      await context.checkpoint('allocated')

      const unsigned = [...(await store.byKeys(keys)).values()].filter(tx => tx.status === 'allocated')
      await store.storeFirst(await Promise.all(unsigned.map(tx => context.sign(tx, fees, market.head))))
      await context.checkpoint('stored')

      // Read back: where another process signed first, its signature counts.
      const placed = await store.byKeys(keys)
      return calls.map(call => placed.get(call.key))
    },
    maxBatch,
    context.timing.soon,
  )
