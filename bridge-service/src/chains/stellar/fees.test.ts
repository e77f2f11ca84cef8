import { describe, expect, it } from 'vitest'
import { firstBid, replacementBid } from './fees.ts'

const policy = { bidCap: 100_000n, minBid: 200n }

describe('a first bid', () => {
  it.each([
    [100n, 200n],
    [5_000n, 5_000n],
    [100_000n, 100_000n],
    [100_001n, undefined],
  ])('where ledgers charge %s is %s', (market, bid) => expect(firstBid(market, policy)).toBe(bid))

  it('is never below what the network takes', () => expect(firstBid(1n, { bidCap: 1_000n, minBid: 1n })).toBe(100n))
})

describe('a fee bump', () => {
  it.each([
    ['ten times as much', 200n, 100n, 2_000n],
    ['what the ledger asks, if that is more', 200n, 9_000n, 9_000n],
    ['the cap at most', 200n, 500_000n, 100_000n],
    ['nothing at all when ten times is over the cap', 20_000n, 100n, undefined],
  ])('bids %s', (_what, last, market, bid) => expect(replacementBid(last, market, policy)).toBe(bid))
})
