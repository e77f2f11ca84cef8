import { describe, expect, it } from 'vitest'
import { holdVectors } from '../../../../test/support/stellar-hold-vector.ts'
import { assetOf } from './asset.ts'
import { type StellarHold, stellarEscrowId } from './escrow-id.ts'

const holdOf = ({ passphrase, token, amount, ...rest }: (typeof holdVectors)[number]['hold']): StellarHold => ({
  networkPassphrase: passphrase,
  asset: assetOf(token),
  stroops: amount,
  ...rest,
})

describe('the id of a hold', () => {
  it.each(holdVectors)('is what the indexer computes from the ledger: $escrowId', ({ hold, escrowId }) => {
    expect(stellarEscrowId(holdOf(hold))).toBe(escrowId)
  })

  it('is another one when anything else is agreed', () => {
    const hold = holdOf(holdVectors[0].hold)
    const others: StellarHold[] = [
      { ...hold, networkPassphrase: 'another' },
      { ...hold, ref: `0x${'00'.repeat(32)}` },
      { ...hold, asset: assetOf(`USDX:${hold.cold}`) },
      { ...hold, stroops: hold.stroops + 1n },
      { ...hold, payer: hold.cold },
      { ...hold, hot: hold.cold },
      { ...hold, cold: hold.hot },
      { ...hold, refundAfter: hold.refundAfter + 1n },
    ]
    expect(new Set([hold, ...others].map(stellarEscrowId)).size).toBe(others.length + 1)
  })
})
