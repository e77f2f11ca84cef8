import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { xdr } from '@stellar/stellar-sdk/base'
import { describe, expect, it } from 'vitest'
import { readFailure } from '../../../../bridge-service/src/chains/stellar/result-code.ts'
import { cores } from '../../../../scripts/local/stellar/core.ts'
import { readVectors } from '../../../../scripts/local/stellar/replay/vectors.ts'
import { decodeEnvelope } from '../../../../scripts/local/stellar/transaction/decode.ts'

import { readEnvelope } from './envelope.ts'
import { type OperationFault, resultOf } from './result.ts'
import { signedLock } from './signed.ts'

const recorded = new URL('../../../../../shared/stellar/scenarios.json', import.meta.url)
const there = existsSync(recorded)
if (!there) console.warn(`the recorded scenarios of a real stellar-core are not there (${recorded.pathname}): not compared`)

const ofOurs = [
  'createClaimableBalance',
  'claimClaimableBalance',
  'payment',
  'beginSponsoringFutureReserves',
  'endSponsoringFutureReserves',
]

/** The one operation that was bad; undefined: none; null: more than one, or a bad one that none of ours can be. */
const faultOf = (result: string): OperationFault | undefined | null => {
  const read = xdr.TransactionResult.fromXdr(result, 'base64').result
  if (read.type !== 'txSuccess' && read.type !== 'txFailed') return null
  const names = read.results.map(each => (each.type === 'opInner' ? each.tr.value.type : each.type))
  const bad = names.filter(name => !name.endsWith('Success'))
  if (bad.length === 0) return undefined
  return bad.length === 1 && ofOurs.some(kind => bad[0]!.startsWith(kind)) ? (bad[0] as OperationFault) : null
}

describe.skipIf(!there)('what a real stellar-core answered about operations of ours', () => {
  it('is what the ledger of these worlds answers', () => {
    const vectors = readVectors(recorded)
    const networkId = createHash('sha256').update(vectors.network_passphrase).digest()
    const faults = new Set<string | undefined>()
    for (const { steps } of vectors.scenarios) {
      const sent = new Map(steps.flatMap(step => ('submit' in step && step.hash ? [[step.hash, step.submit] as const] : [])))
      for (const step of steps)
        for (const { hash, result_xdr } of 'applied' in step ? step.applied : []) {
          const transaction = decodeEnvelope(sent.get(hash)!, networkId, cores.current)
          const fault = faultOf(result_xdr)
          if (transaction.kind !== 'plain' || fault === null) continue
          const kinds = transaction.operations.map(({ body }) => body.type)
          if (!kinds.every(kind => ofOurs.includes(kind)) || kinds.filter(kind => fault?.startsWith(kind)).length > 1) continue
          expect(resultOf(transaction, fault), hash).toBe(result_xdr)
          faults.add(fault)
        }
    }
    expect(faults).toContain(undefined)
    expect(faults).toContain('claimClaimableBalanceCannotClaim')
    expect(faults).toContain('paymentNoTrust')
    expect(faults.size).toBeGreaterThan(8)
  })
})

describe('a result', () => {
  const { transaction } = readEnvelope(signedLock().envelope)

  it('is read by the sender as what it was made of', () => {
    const failed = Buffer.from(resultOf(transaction, 'createClaimableBalanceUnderfunded'), 'base64')
    expect(readFailure(failed)).toMatchObject({ kind: 'refused', code: 'insufficient_balance' })
  })

  it('of a fee bump tells of what is inside', () => {
    const { transaction: bump } = readEnvelope(signedLock({ bumpedTo: 1_000n }).envelope)
    const read = xdr.TransactionResult.fromXdr(resultOf(bump), 'base64').result
    expect(read).toMatchObject({ type: 'txFeeBumpInnerSuccess' })
  })

  it('is of an operation that is there', () => {
    expect(() => resultOf(transaction, 'paymentNoTrust')).toThrow('no operation')
  })
})
