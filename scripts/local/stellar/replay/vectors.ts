import { readFileSync } from 'node:fs'

/** A file of scenarios as a real stellar-core answered them (format `stellar-ledger-vectors/1`). Amounts are decimal strings. */
export type Vectors = {
  readonly format: string
  readonly network_passphrase: string
  readonly base_fee: number
  readonly base_reserve: number
  readonly max_tx_set_size: number
  readonly ledger_0: Snapshot & { readonly ledger_seq: number; readonly close_time: number }
  readonly scenarios: readonly Scenario[]
}

export type Scenario = {
  readonly name: string
  /** Operation types in XDR's words: `CREATE_ACCOUNT`. */
  readonly ops: readonly string[]
  readonly order_dependent?: unknown
  readonly steps: readonly (Submission | Closing)[]
  readonly state_after: Snapshot
  readonly fee_pool_after: string
}

export type Submission = {
  readonly submit: string
  readonly hash?: string
  readonly status: 'PENDING' | 'DUPLICATE' | 'TRY_AGAIN_LATER' | 'ERROR' | 'EXCEPTION'
  readonly result_xdr?: string
}

export type Closing = {
  readonly close_time: number
  readonly ledger_seq: number
  readonly applied: readonly { readonly hash: string; readonly result_xdr: string; readonly fee_charged: string }[]
  readonly pending_not_applied?: readonly string[]
  readonly fee_pool: string
  /** In full, whatever differs from the ledger before; null when gone. */
  readonly changed: { readonly accounts: Named; readonly claimable_balances: Named }
}

export type Snapshot = { readonly accounts: Named; readonly claimable_balances?: readonly { readonly id: string }[] }

export type Named = Readonly<Record<string, unknown>>

/** Throws on what is not such a file. */
export const readVectors = (path: string | URL): Vectors => {
  const vectors = JSON.parse(readFileSync(path, 'utf8')) as Vectors
  if (vectors.format !== 'stellar-ledger-vectors/1') throw new Error(`${path}: not a file of Stellar scenarios`)
  return vectors
}
