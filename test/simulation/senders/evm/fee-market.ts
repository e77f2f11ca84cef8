import type { Random } from '../../../../scripts/fuzz/reorg/random.ts'
import type { Market, PooledTx } from '../../chain/chain.ts'
import type { Faults } from '../../faults.ts'

const floorWei = 10n ** 10n
export const tipWei = 10n ** 9n
/** What our senders pay at most, wei per gas. */
export const feeCapWei = 40n * floorWei
const ceilingWei = 4n * feeCapWei

export type FeeMarket = Market & { readonly baseFeeWei: () => bigint }

/** So many tenths. */
const share = (wei: bigint, tenths: number) => (wei * BigInt(tenths)) / 10n

/** The base fee of EIP-1559, which blocks move by an eighth at most: up for as long as a crowd comes, then down again. */
export const feeMarket = (random: Random, faults: Faults): FeeMarket => {
  let baseFeeWei = floorWei
  let crowdedBlocks = 0
  let greedyBlocks = 0
  let askedTipWei = tipWei
  return {
    baseFeeWei: () => baseFeeWei,
    nextBlock: () => {
      if (faults.strikes('evm: the base fee rises many times over')) crowdedBlocks = random.between(5, 50)
      if (faults.strikes('evm: miners want more than nodes tell')) {
        greedyBlocks = random.between(5, 60)
        askedTipWei = share(tipWei, random.between(11, 18))
      }
      if (greedyBlocks-- <= 0) askedTipWei = tipWei
      const eighth = baseFeeWei / 8n
      if (crowdedBlocks > 0 && baseFeeWei + eighth < ceilingWei) baseFeeWei += eighth
      if (crowdedBlocks === 0) baseFeeWei = baseFeeWei - eighth > floorWei ? baseFeeWei - eighth : floorWei
      if (crowdedBlocks > 0) crowdedBlocks--
    },
    takes: ({ lane }: PooledTx) => lane === undefined || (lane.maxFee >= baseFeeWei && lane.tip >= askedTipWei),
  }
}
