/** The terms of an escrow, as the contract takes them. Seconds since the epoch; minor units as decimal strings. */
export type EscrowTerms = {
  readonly ref: string
  readonly currency: string
  readonly amountMinor: string
  readonly payer: string
  readonly payee: string
  readonly refundAfter: number
  readonly hardDeadline: number
  readonly onExpiry: 'refund' | 'release'
}

export type Action =
  | ('lock' | 'commit' | 'release' | 'refund' | 'expire' | 'clawback' | 'collect' | 'reclaim')
  // Of what is brought by itself, see brought.ts.
  | ('bring' | 'pay' | 'claim' | 'return' | 'takeBack')
  // Of what lies at a deposit address, see at-address.ts.
  | ('transfer' | 'lockThere' | 'recover')
