import { xdr } from '@stellar/stellar-sdk'
import { describe, expect, test } from 'vitest'
import { decimal } from './amount.ts'
import { distribution } from './fee-stats.ts'
import { predicateRecord } from './predicate.ts'
import { afterLedger, ledgerOf, toid } from './toid.ts'

test.each([
  [0n, '0.0000000'],
  [1n, '0.0000001'],
  [255_000_000n, '25.5000000'],
  [9_223_372_036_854_775_807n, '922337203685.4775807'],
])('%s stroops are %s', (stroops, text) => {
  expect(decimal(stroops)).toBe(text)
})

test('ids put ledgers, transactions and operations in order', () => {
  expect(toid(3, 2, 1)).toBe(12_884_910_081n)
  expect(ledgerOf(afterLedger(7))).toBe(7)
  expect(afterLedger(7) + 1n).toBe(toid(8))
})

describe('predicates', () => {
  const until = xdr.ClaimPredicate.claimPredicateBeforeAbsoluteTime

  test('nested ones', () => {
    const predicate = xdr.ClaimPredicate.claimPredicateOr([
      xdr.ClaimPredicate.claimPredicateAnd([until(0n), xdr.ClaimPredicate.claimPredicateUnconditional()]),
      xdr.ClaimPredicate.claimPredicateNot(xdr.ClaimPredicate.claimPredicateBeforeRelativeTime(60n)),
    ])
    expect(predicateRecord(predicate)).toEqual({
      or: [
        { and: [{ abs_before: '1970-01-01T00:00:00Z', abs_before_epoch: '0' }, { unconditional: true }] },
        { not: { rel_before: '60' } },
      ],
    })
  })

  test('a time that no calendar holds keeps its seconds', () => {
    expect(predicateRecord(until(9_223_372_036_854_775_807n))).toMatchObject({ abs_before_epoch: '9223372036854775807' })
  })
})

test('fees: percentiles are fees that were paid, the mode is the commonest', () => {
  const fees = [...new Array(8).fill(100n), 200n, 5_000n]
  expect(distribution(fees, 100)).toMatchObject({ min: '100', max: '5000', mode: '100', p80: '100', p90: '200', p99: '5000' })
  expect(distribution([], 100)).toMatchObject({ min: '100', max: '100', mode: '100', p50: '100' })
})
