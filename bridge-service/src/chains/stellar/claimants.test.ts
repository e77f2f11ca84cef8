import { Keypair, type xdr } from '@stellar/stellar-sdk'
import { describe, expect, it } from 'vitest'
import { areClaimants, claimantOf, deliveryClaimants, depositClaimants, holdClaimants, type ShownClaimant } from './claimants.ts'

const [hot, cold, customer, stranger] = Array.from({ length: 4 }, () => Keypair.random().publicKey()) as [
  string,
  string,
  string,
  string,
]
const at = 1_900_000_000n
const beforeAt = { abs_before: '2030-03-17T17:46:40Z', abs_before_epoch: '1900000000' }
const deposit: ShownClaimant[] = [
  { destination: hot, predicate: beforeAt },
  { destination: customer, predicate: { not: beforeAt } },
]

describe('who may claim', () => {
  it('a hold: hot before its deadline, cold from it on, at no time both and at no time neither', () => {
    const [first, second] = holdClaimants(hot, cold, at).map(claimantOf)
    expect([first?.destination, second?.destination]).toEqual([hot, cold])
    expect(first?.predicate).toMatchObject({ type: 'claimPredicateBeforeAbsoluteTime', absBefore: at })
    const inverse = second?.predicate as Extract<xdr.ClaimPredicate, { type: 'claimPredicateNot' }>
    expect(inverse.notPredicate?.toXdr('hex')).toBe(first?.predicate.toXdr('hex'))
  })

  it('a delivery: the customer at any time, we from some time on', () => {
    expect(deliveryClaimants(customer, hot, at).map(claimantOf)[0]?.predicate.type).toBe('claimPredicateUnconditional')
  })
})

describe('the claimants that Horizon shows', () => {
  const rules = depositClaimants(hot, customer, at)

  it('are those that were agreed, in any order', () => {
    expect(areClaimants(deposit, rules)).toBe(true)
    expect(areClaimants([...deposit].reverse(), rules)).toBe(true)
    expect(
      areClaimants([{ destination: customer, predicate: { unconditional: true } }], [{ account: customer, when: 'always' }]),
    ).toBe(true)
  })

  it.each<[string, ShownClaimant[]]>([
    ['one is missing', deposit.slice(0, 1)],
    ['there is one more', [...deposit, { destination: stranger, predicate: beforeAt }]],
    ['one is somebody else', [deposit[0]!, { ...deposit[1]!, destination: stranger }]],
    ['one is there twice', [deposit[0]!, deposit[0]!]],
    ['the deadline is another', [{ destination: hot, predicate: { abs_before_epoch: '1900000001' } }, deposit[1]!]],
    ['we have no deadline', [{ destination: hot, predicate: { unconditional: true } }, deposit[1]!]],
    ['he can always', [deposit[0]!, { destination: customer, predicate: { unconditional: true } }]],
    [
      'the sides are changed',
      [
        { destination: customer, predicate: beforeAt },
        { destination: hot, predicate: { not: beforeAt } },
      ],
    ],
    ['a predicate says more', [{ destination: hot, predicate: { ...beforeAt, not: { unconditional: true } } }, deposit[1]!]],
  ])('are not when %s', (_what, shown) => {
    expect(areClaimants(shown, rules)).toBe(false)
  })
})
