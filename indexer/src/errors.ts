/** Every failure that the indexer names itself, by its stable code. */
export const indexerErrors = {
  config_invalid: 'The configuration is not valid.',
  chain_id_mismatch: 'The node serves another chain than the configuration says.',
  escrow_mismatch: 'The tables were filled from another escrow contract than the configuration says.',
  genesis_mismatch: 'The nodes serve another chain of the same id than the one that the tables were filled from.',
  network_mismatch: 'The node serves another network than the configuration says.',
  accounts_mismatch: 'The tables were filled for other accounts than the configuration says.',
  history_gap: 'The node no longer has the ledger that comes next.',
  network_reset: 'The node serves another history than the one that we have followed.',
  cursor_moved: 'Another writer has moved the cursor.',
  node_inconsistent: 'The node contradicted itself; the read is made again.',
  rpc_silent: 'A node did not answer.',
  rpc_limited: 'A node asks for rest.',
  rpc_refused: 'A node refused a call.',
  no_quorum: 'Too few nodes agree on an answer.',
  sequence_gap: "The contract's numbers say that an event of a token is missing, and no node has it.",
  log_undecodable: 'A known event of the escrow could not be decoded; nothing is skipped.',
} as const

export type IndexerErrorCode = keyof typeof indexerErrors

/** Carries a stable code, the values that explain it, and the cause. */
export class IndexerError extends Error {
  readonly code: IndexerErrorCode
  readonly details: Readonly<Record<string, unknown>>

  constructor(code: IndexerErrorCode, details: Record<string, unknown> = {}, options?: ErrorOptions) {
    super(indexerErrors[code], options)
    this.name = 'IndexerError'
    this.code = code
    this.details = details
  }
}
