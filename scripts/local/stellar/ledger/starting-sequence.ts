/** Of an account created in this ledger; the same number is taken for no transaction in it, lest one be replayed after a merge. */
export const startingSequence = (ledger: number): bigint => BigInt(ledger) << 32n
