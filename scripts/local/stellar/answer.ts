/** The immediate answer of the queue. `hash` is that of the contents, of the outer transaction for a fee bump: 64 hex digits. */
export type SubmitAnswer =
  | { readonly status: 'PENDING' | 'DUPLICATE' | 'TRY_AGAIN_LATER'; readonly hash: string }
  /** Refused: nothing is charged and nothing is remembered. `resultXdr` is a TransactionResult in base64. */
  | { readonly status: 'ERROR'; readonly hash: string; readonly resultXdr: string }
  /** Not an envelope at all. */
  | { readonly status: 'EXCEPTION'; readonly detail: string }
