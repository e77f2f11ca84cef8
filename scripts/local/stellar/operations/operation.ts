import type { xdr } from '@stellar/stellar-sdk/base'
import type { AccountId } from '../ledger/account-id.ts'
import type { Reserves } from '../ledger/reserve.ts'

export type Threshold = 'low' | 'medium' | 'high'

/** Where an operation is applied. */
export type Applying = Reserves & {
  readonly source: AccountId
  readonly ledger: { readonly sequence: number; readonly closeTime: bigint }
  /** Of the transaction, whoever is the source of the operation: they and `index` name what the operation creates. */
  readonly transaction: { readonly source: AccountId; readonly sequence: bigint }
  readonly index: number
  /** The highest sequence number that an account uses in this ledger, when a merge is about. */
  readonly highestSequence: (account: AccountId) => bigint | undefined
}

/** Refusals that every operation may meet. */
export type CommonRefusal = 'opTooManySubentries' | 'opTooManySponsoring' | 'opNotSupported'

/** What came of it: a code of the operation's own results, or a result that carries more than its code. */
export type Outcome<Code extends string> = Code | CommonRefusal | xdr.OperationResultTr

/** The rules of one kind of operation, in the terms of its own body and codes. */
export type Rules<Body, Code extends string> = {
  readonly threshold: Threshold | ((body: Body) => Threshold)
  /** Asked at submission and again when applied: what can be told without the ledger. */
  readonly malformed: (body: Body, source: AccountId) => Code | CommonRefusal | undefined
  readonly apply: (body: Body, on: Applying) => Outcome<Code>
  readonly result: (code: Code) => xdr.OperationResultTr
  /** What the result reads before anything was tried. */
  readonly success: xdr.OperationResultTr
}

/** The same for any kind, as the rest of the ledger knows them. */
export type OperationRules = {
  readonly threshold: (body: xdr.OperationBody) => Threshold
  readonly malformed: (body: xdr.OperationBody, source: AccountId) => xdr.OperationResult | undefined
  readonly apply: (body: xdr.OperationBody, on: Applying) => xdr.OperationResult
  readonly success: xdr.OperationResult
}
