/**
 * Every error that leaves the service, by its stable code. `status` is the HTTP status; `retry` tells a client what to do:
 * `never` (change the request), `same_key` (send it again, unchanged), `reconcile` (ask what happened before anything else).
 */
export const errors = {
  amount_invalid: { status: 422, retry: 'never', title: 'The amount is not a plain decimal string.' },
  amount_not_positive: { status: 422, retry: 'never', title: 'The amount must be greater than zero.' },
  amount_too_precise: { status: 422, retry: 'never', title: 'The amount has more decimals than the asset.' },
  amount_precision: { status: 422, retry: 'never', title: 'The amount is finer than the asset on its chain.' },
  amount_over_limit: { status: 422, retry: 'never', title: 'The amount is over the limit.' },
  amount_under_minimum: { status: 422, retry: 'never', title: 'The amount does not cover the fee.' },
  asset_unknown: { status: 422, retry: 'never', title: 'The asset is not supported.' },
  asset_mismatch: { status: 422, retry: 'never', title: 'The asset does not fit the rail, the chain or the quote.' },
  address_invalid: { status: 422, retry: 'never', title: 'The address is not valid.' },
  address_checksum_invalid: { status: 422, retry: 'never', title: 'The address checksum is wrong.' },
  account_invalid: { status: 422, retry: 'never', title: 'The bank account is not valid.' },
  same_account: { status: 422, retry: 'never', title: 'Source and destination are the same account.' },
  route_unsupported: { status: 422, retry: 'never', title: 'No route leads from this source to this destination.' },
  field_unknown: { status: 422, retry: 'never', title: 'The request has a field that is not known.' },
  request_invalid: { status: 422, retry: 'never', title: 'The request does not have the documented shape.' },
  request_malformed: { status: 400, retry: 'never', title: 'The request is not valid HTTP.' },
  request_timeout: { status: 408, retry: 'same_key', title: 'The request did not arrive in time.' },
  headers_too_large: { status: 431, retry: 'never', title: 'The request headers are too large.' },
  body_invalid: { status: 400, retry: 'never', title: 'The body is not valid JSON.' },
  body_too_large: { status: 413, retry: 'never', title: 'The body is too large.' },
  media_type_unsupported: { status: 415, retry: 'never', title: 'The body must be application/json.' },
  idempotency_key_missing: { status: 400, retry: 'never', title: 'Idempotency-Key is required.' },
  idempotency_key_invalid: { status: 400, retry: 'never', title: 'Idempotency-Key must be 1 to 255 printable ASCII characters.' },
  idempotency_conflict: { status: 409, retry: 'never', title: 'The Idempotency-Key was used with another request.' },
  quote_not_found: { status: 404, retry: 'never', title: 'There is no such quote.' },
  quote_expired: { status: 409, retry: 'never', title: 'The quote has expired.' },
  quote_used: { status: 409, retry: 'never', title: 'The quote was already used.' },
  quote_source_mismatch: { status: 422, retry: 'never', title: 'The source does not fit the quote.' },
  quote_expiry_too_late: { status: 400, retry: 'never', title: 'No quote holds for so long.' },
  delivery_method_invalid: {
    status: 400,
    retry: 'never',
    title: 'The delivery method is not offered for the asset, or is missing.',
  },
  exposure_limit_exceeded: {
    status: 409,
    retry: 'never',
    title: 'With what is advanced before it is final, too much would be owed.',
  },
  receivable_not_found: { status: 404, retry: 'never', title: 'There is no such receivable.' },
  receivable_exceeded: { status: 409, retry: 'never', title: 'Less is owed than that.' },
  line_not_found: { status: 404, retry: 'never', title: 'There is no such line of a statement.' },
  line_explained: { status: 409, retry: 'never', title: 'Nobody doubts the line any more.' },
  account_not_allowed: { status: 422, retry: 'never', title: 'Nothing of it can be booked on that account.' },
  transfer_not_found: { status: 404, retry: 'never', title: 'There is no such transfer.' },
  transfer_not_cancelable: { status: 409, retry: 'never', title: 'The transfer can no longer be canceled.' },
  transfer_not_compensable: { status: 409, retry: 'never', title: 'The transfer cannot be turned back any more.' },
  transfer_not_resolvable: { status: 409, retry: 'never', title: 'The transfer is not in a person’s hands, or not all of it.' },
  transfer_moved: { status: 409, retry: 'never', title: 'The transfer has moved on: look at it again.' },
  transfer_not_parked: { status: 409, retry: 'never', title: 'The transfer is not parked.' },
  refund_not_found: { status: 404, retry: 'never', title: 'There is no such refund.' },
  refund_not_allowed: { status: 409, retry: 'never', title: 'Nothing of the transfer can be refunded so.' },
  refund_too_large: { status: 409, retry: 'never', title: 'It is more than is left to refund.' },
  nothing_to_retry: { status: 409, retry: 'never', title: 'Nothing of the transfer waits to be tried again.' },
  resolution_incomplete: { status: 422, retry: 'never', title: 'What the transfer left open in the books must go somewhere.' },
  action_not_found: { status: 404, retry: 'never', title: 'There is no such action.' },
  action_decided: { status: 409, retry: 'never', title: 'The action was decided before, or has expired.' },
  payload_mismatch: { status: 409, retry: 'never', title: 'What you approve is not what was asked for.' },
  scope_unknown: { status: 422, retry: 'never', title: 'There is no such route, chain or rail.' },
  scope_paused: { status: 409, retry: 'never', title: 'It is paused already.' },
  scope_not_paused: { status: 409, retry: 'never', title: 'It is not paused.' },
  route_paused: { status: 503, retry: 'same_key', title: 'The route takes no new transfers at the moment.' },
  deposit_not_found: { status: 404, retry: 'never', title: 'There is no such deposit.' },
  deposit_not_expected: { status: 409, retry: 'never', title: 'The transfer takes no deposit now.' },
  deposit_way_unsupported: { status: 422, retry: 'never', title: 'The chain has no addresses to transfer deposits to.' },
  authorization_unsupported: { status: 422, retry: 'never', title: 'No lock can be signed for this deposit.' },
  authorization_invalid: { status: 422, retry: 'never', title: 'The authorization is not the payer’s over these terms.' },
  authorization_expired: { status: 422, retry: 'never', title: 'The authorization is not valid now, or for too short a time.' },
  authorization_pending: { status: 409, retry: 'never', title: 'A signed lock of this deposit is on its way, or has arrived.' },
  escrow_not_found: { status: 404, retry: 'never', title: 'There is no such escrow.' },
  pool_unknown: { status: 422, retry: 'never', title: 'There is no such liquidity pool.' },
  rebalance_unsupported: { status: 422, retry: 'never', title: 'Nothing can be moved between these two pools.' },
  rebalance_not_found: { status: 404, retry: 'never', title: 'There is no such rebalance.' },
  chain_not_found: { status: 404, retry: 'never', title: 'There is no such chain.' },
  chain_not_halted: { status: 409, retry: 'never', title: 'The chain is not halted, or not so any more.' },
  second_operator_required: { status: 409, retry: 'never', title: 'Another person must approve it.' },
  account_not_found: { status: 404, retry: 'never', title: 'There is no such ledger account.' },
  cursor_invalid: { status: 400, retry: 'never', title: 'The cursor is not one that this API gave.' },
  bank_not_found: { status: 404, retry: 'never', title: 'There is no such bank.' },
  too_many_streams: { status: 429, retry: 'same_key', title: 'Too many streams are open.' },
  route_not_found: { status: 404, retry: 'never', title: 'There is no such route.' },
  unauthenticated: { status: 401, retry: 'never', title: 'An API key is required.' },
  forbidden: { status: 403, retry: 'never', title: 'The API key lacks the scope.' },
  session_invalid: { status: 403, retry: 'never', title: 'A valid web authentication token is required.' },
  challenge_invalid: { status: 400, retry: 'never', title: 'The signed challenge is not valid.' },
  challenge_used: { status: 400, retry: 'never', title: 'The challenge was answered before.' },
  home_domain_unknown: { status: 400, retry: 'never', title: 'The home domain is not ours.' },
  client_domain_unresolved: { status: 400, retry: 'never', title: 'The client domain shows no signing key.' },
  signature_invalid: { status: 401, retry: 'never', title: 'The webhook signature is not valid.' },
  rate_unavailable: { status: 503, retry: 'same_key', title: 'No good rate can be had at the moment.' },
  liquidity_insufficient: { status: 409, retry: 'never', title: 'There is not enough liquidity.' },
  screening_refused: { status: 422, retry: 'never', title: 'Screening refused the transfer.' },
  rail_unavailable: { status: 503, retry: 'same_key', title: 'The bank rail does not answer.' },
  rail_refused: { status: 422, retry: 'never', title: 'The bank refused the payment.' },
  rail_outcome_unknown: { status: 503, retry: 'reconcile', title: 'The bank did not say whether the money moved.' },
  chain_unavailable: { status: 503, retry: 'same_key', title: 'The chain does not answer.' },
  chain_refused: { status: 422, retry: 'never', title: 'The chain refused the transaction.' },
  chain_halted: { status: 503, retry: 'same_key', title: 'The chain is halted until an operator resumes it.' },
  ledger_unbalanced: { status: 500, retry: 'never', title: 'A ledger entry does not balance.' },
  transition_illegal: { status: 500, retry: 'never', title: 'The transfer cannot take this transition.' },
  definition_unknown: {
    status: 500,
    retry: 'never',
    title: 'The transfer was made by a machine definition that this version does not know.',
  },
  config_invalid: { status: 500, retry: 'never', title: 'The configuration is not valid.' },
  not_ready: { status: 503, retry: 'same_key', title: 'The service is not ready.' },
  database_unavailable: { status: 503, retry: 'same_key', title: 'The database does not answer.' },
  internal: { status: 500, retry: 'reconcile', title: 'Something broke on our side.' },
} as const

export type ErrorCode = keyof typeof errors

/** Carries a stable code, the values that explain it, and the cause. Expected refusals inside the core are values, not throws. */
export class BridgeError extends Error {
  readonly code: ErrorCode
  readonly details: Readonly<Record<string, unknown>>

  constructor(code: ErrorCode, details: Record<string, unknown> = {}, options?: ErrorOptions) {
    super(errors[code].title, options)
    this.name = 'BridgeError'
    this.code = code
    this.details = details
  }
}

/** Closes every `switch` over a union: a new member that is not handled is a compile error. */
export const unreachable = (value: never): never => {
  throw new BridgeError('internal', { unexpected: value })
}
