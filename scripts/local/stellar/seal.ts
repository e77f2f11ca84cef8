import { createHash } from 'node:crypto'
import type { AppliedTransaction, ClosedLedger } from './closed-ledger.ts'
import { type HeaderFields, sealHeader, stateHash, zeroHash } from './header.ts'
import type { Change } from './ledger/scope.ts'
import type { Upgrade } from './upgrade.ts'

/** A ledger as the next one builds on it. */
export type Sealed = ClosedLedger & { readonly stateHash: string }

type Closing = Pick<HeaderFields, 'protocol' | 'closeTime' | 'transactionSetHash'> & {
  readonly applied: readonly AppliedTransaction[]
  readonly changes: readonly Change[]
  readonly chargedBaseFee: bigint
  /** Stroops, taken from all of them together. */
  readonly fees: bigint
  readonly upgrade: Upgrade
}

/** Chains a ledger to the one before. An upgrade stands in the header of this ledger and rules from the next one on. */
export const sealLedger = (previous: Sealed, closing: Closing): Sealed => {
  const { applied, changes, chargedBaseFee, fees, upgrade, ...given } = closing
  const { baseFee, baseReserve, maxTxSetSize } = { ...previous, ...upgrade }
  return seal({
    fields: {
      ...given,
      ...{ sequence: previous.sequence + 1, previousHash: previous.hash, upgrade, baseFee, baseReserve, maxTxSetSize },
      ...{ totalCoins: previous.totalCoins, feePool: previous.feePool + fees },
      resultsHash: hashOfResults(applied),
      stateHash: stateHash(previous.stateHash, changes),
    },
    ...{ transactions: applied, changes, chargedBaseFee },
  })
}

type First = Pick<HeaderFields, 'sequence' | 'protocol' | 'closeTime' | 'totalCoins' | 'baseFee' | 'baseReserve' | 'maxTxSetSize'>

/** The ledger that none comes before. */
export const sealGenesis = (first: First, changes: readonly Change[]): Sealed =>
  seal({
    fields: {
      ...first,
      ...{ previousHash: zeroHash, transactionSetHash: zeroHash, resultsHash: zeroHash, upgrade: {}, feePool: 0n },
      stateHash: stateHash(zeroHash, changes),
    },
    ...{ transactions: [], changes, chargedBaseFee: BigInt(first.baseFee) },
  })

type Parts = Pick<ClosedLedger, 'transactions' | 'changes' | 'chargedBaseFee'> & { readonly fields: HeaderFields }

const seal = ({ fields, ...parts }: Parts): Sealed => {
  const { sequence, previousHash, closeTime, protocol, baseFee, baseReserve, maxTxSetSize, totalCoins, feePool } = fields
  return {
    ...{ sequence, previousHash, closeTime, protocol, baseFee, baseReserve, maxTxSetSize, totalCoins, feePool },
    ...parts,
    ...sealHeader(fields),
    stateHash: fields.stateHash,
  }
}

const hashOfResults = (applied: readonly AppliedTransaction[]): string => {
  const count = Buffer.alloc(4)
  count.writeUInt32BE(applied.length)
  const hash = createHash('sha256').update(count)
  for (const { hash: transaction, resultXdr } of applied) hash.update(transaction, 'hex').update(resultXdr, 'base64')
  return hash.digest('hex')
}
