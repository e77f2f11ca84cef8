/**
 * Horizon's ids of history: ledger sequence, transaction (from 1) and operation (from 1) in one int64, so that their order is the order in
 * which things happened. Written in decimal they are the paging tokens.
 * Source: SEP-35.
 */
export const toid = (ledger: number, transaction = 0, operation = 0): bigint =>
  (BigInt(ledger) << 32n) | (BigInt(transaction) << 12n) | BigInt(operation)

/** The cursor behind everything in the ledger. */
export const afterLedger = (ledger: number): bigint => toid(ledger, 0xfffff, 0xfff)

export const ledgerOf = (id: bigint): number => Number(id >> 32n)
