import { createHash } from 'node:crypto'
import { xdr } from '@stellar/stellar-sdk/base'
import type { Change } from './ledger/scope.ts'
import type { Upgrade } from './upgrade.ts'

export type HeaderFields = {
  readonly sequence: number
  readonly protocol: number
  readonly previousHash: string
  readonly closeTime: number
  readonly transactionSetHash: string
  readonly resultsHash: string
  readonly stateHash: string
  readonly upgrade: Upgrade
  readonly totalCoins: bigint
  readonly feePool: bigint
  readonly baseFee: number
  readonly baseReserve: number
  readonly maxTxSetSize: number
}

export const zeroHash = '00'.repeat(32)

/** The header of a ledger and its hash, by which the next one names it. */
export const sealHeader = (fields: HeaderFields): { headerXdr: string; hash: string } => {
  const header = new xdr.LedgerHeader({
    ledgerVersion: fields.protocol,
    previousLedgerHash: fields.previousHash,
    scpValue: new xdr.StellarValue({
      txSetHash: fields.transactionSetHash,
      closeTime: BigInt(fields.closeTime),
      upgrades: upgradesXdr(fields.upgrade),
      ext: xdr.StellarValueExt.stellarValueBasic(),
    }),
    txSetResultHash: fields.resultsHash,
    bucketListHash: fields.stateHash,
    ledgerSeq: fields.sequence,
    totalCoins: fields.totalCoins,
    feePool: fields.feePool,
    inflationSeq: 0,
    idPool: 0n,
    baseFee: fields.baseFee,
    baseReserve: fields.baseReserve,
    maxTxSetSize: fields.maxTxSetSize,
    skipList: [zeroHash, zeroHash, zeroHash, zeroHash],
    ext: xdr.LedgerHeaderExt.v0(),
  }).toXdr()
  return { headerXdr: Buffer.from(header).toString('base64'), hash: createHash('sha256').update(header).digest('hex') }
}

/** Stands where core keeps the hash of its buckets: every entry ever written went into it. */
export const stateHash = (previous: string, changes: readonly Change[]): string => {
  const hash = createHash('sha256').update(previous, 'hex')
  for (const { key, after } of changes) hash.update(key).update(JSON.stringify(after ?? null, plainly))
  return hash.digest('hex')
}

const plainly = (_: string, value: unknown) => (typeof value === 'bigint' ? value.toString() : value)

const upgradesXdr = ({ baseFee, baseReserve, maxTxSetSize }: Upgrade): Uint8Array[] =>
  [
    ...(baseFee === undefined ? [] : [xdr.LedgerUpgrade.ledgerUpgradeBaseFee(baseFee)]),
    ...(maxTxSetSize === undefined ? [] : [xdr.LedgerUpgrade.ledgerUpgradeMaxTxSetSize(maxTxSetSize)]),
    ...(baseReserve === undefined ? [] : [xdr.LedgerUpgrade.ledgerUpgradeBaseReserve(baseReserve)]),
  ].map(upgrade => upgrade.toXdr())
