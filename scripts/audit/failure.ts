/** The audit could not be made: nothing is said about the escrow. Exit code 2. */
export class AuditFailure extends Error {
  readonly code: 'arguments_invalid' | 'rpc_unavailable' | 'not_an_escrow' | 'block_unavailable' | 'ledger_unavailable'

  constructor(code: AuditFailure['code'], detail: string, options?: ErrorOptions) {
    super(`${code}: ${detail}`, options)
    this.code = code
  }
}
