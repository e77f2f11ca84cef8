import type { xdr } from '@stellar/stellar-sdk/base'

export type ResultCodes = {
  readonly transaction: string
  readonly inner_transaction?: string
  readonly operations?: readonly string[]
}

/** Horizon's names where they do not follow from the ledger's; some look like slips of the pen, and are on the wire all the same. */
const irregular: Readonly<Record<string, string>> = {
  txNoAccount: 'tx_no_source_account',
  txBadMinSeqAgeOrGap: 'tx_bad_minseq_age_or_gap',
  opNoAccount: 'op_no_source_account',
  createAccountAlreadyExist: 'op_already_exists',
  changeTrustNotAuthMaintainLiabilities: 'op_not_aut_maintain_liabilities',
  allowTrustNoTrustLine: 'op_no_trust',
  allowTrustTrustNotRequired: 'op_not_required',
  accountMergeSeqnumTooFar: 'op_seq_num_too_far',
  manageDataNameNotFound: 'op_data_name_not_found',
  manageDataInvalidName: 'op_data_invalid_name',
  clawbackClaimableBalanceNotIssuer: 'op_no_issuer',
  setTrustLineFlagsNoTrustLine: 'op_no_trust',
}

/**
 * `extras.result_codes` of a transaction that was looked up under this hash (hex): under the hash of a fee bump's inner transaction, the
 * inner code is the transaction's.
 */
export const resultCodesOf = ({ result }: xdr.TransactionResult, hash: string): ResultCodes => {
  if (result.type === 'txFeeBumpInnerSuccess' || result.type === 'txFeeBumpInnerFailed') {
    const { transactionHash, result: inner } = result.innerResultPair
    const code = snake(inner.result.type)
    return {
      ...(transactionHash.toXdr('hex') === hash
        ? { transaction: code }
        : { transaction: snake(result.type), inner_transaction: code }),
      ...operationCodes(inner.result),
    }
  }
  return { transaction: snake(result.type), ...operationCodes(result) }
}

const operationCodes = (result: xdr.TransactionResultResult | xdr.InnerTransactionResultResult) => {
  if (result.type !== 'txSuccess' && result.type !== 'txFailed') return {}
  return result.results.length > 0 ? { operations: result.results.map(operationCode) } : {}
}

const operationCode = (result: xdr.OperationResult): string => {
  if (result.type !== 'opInner') return snake(result.type)
  const outcome = (result.tr.value as { readonly type: string }).type
  return irregular[outcome] ?? `op${snake(outcome.slice(result.tr.type.length))}`
}

const snake = (name: string) => irregular[name] ?? name.replace(/[A-Z]/g, letter => `_${letter.toLowerCase()}`)
