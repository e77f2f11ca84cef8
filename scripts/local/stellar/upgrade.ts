/** What validators can vote for: stroops an operation, stroops a reserve, operations a ledger. */
export type Upgrade = { readonly baseFee?: number; readonly baseReserve?: number; readonly maxTxSetSize?: number }
