import { expect, it } from 'vitest'
import { holdClaimants } from '../../../../bridge-service/src/chains/stellar/claimants.ts'
import { accountOf, assetNameOf, cold, hot, issuer } from './accounts.ts'
import { readEnvelope } from './envelope.ts'
import { firstSequence } from './sequence.ts'
import { ref, signedLock, signedRelease, terms } from './signed.ts'

const [token, stroops] = [assetNameOf('USDC'), 10_000_000n]

it.each([hot, issuer])('reads a lock that %s pays as the sender signs it', payer => {
  const made = signedLock({ nonce: 6 }, payer)
  const read = readEnvelope(made.envelope)
  const claimants = holdClaimants(hot, cold, BigInt(terms.refundAfter))
  const [balanceId] = made.balanceIds
  expect(read).toMatchObject({
    ...{ hash: made.hash, innerHash: made.hash, memo: { type: 'memoHash', hash: ref }, maxTime: BigInt(terms.refundAfter) - 1n },
    deeds: [{ kind: 'create', source: payer, token, stroops, claimants, balanceId }],
  })
  expect(read.transaction.sequence).toBe(firstSequence + 7n)
})

it('reads a release', () => {
  const [balanceId] = signedLock().balanceIds
  expect(readEnvelope(signedRelease(balanceId!, {}, cold).envelope).deeds).toEqual([
    { kind: 'claim', source: cold, balanceId },
    { kind: 'pay', source: cold, to: accountOf(terms.payee), token, stroops },
  ])
})

it('knows what is inside a fee bump', () => {
  const plain = readEnvelope(signedLock().envelope)
  const bump = readEnvelope(signedLock({ bumpedTo: 1_000n }).envelope)
  expect(bump).toMatchObject({ innerHash: plain.hash, memo: plain.memo, deeds: plain.deeds, maxTime: plain.maxTime })
  expect(bump.hash).not.toBe(plain.hash)
})
