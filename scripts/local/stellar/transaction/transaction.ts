import type { xdr } from '@stellar/stellar-sdk/base'
import type { AccountId } from '../ledger/account-id.ts'
import type { SignerKey } from '../ledger/signer-key.ts'
import type { OperationRules } from '../operations/operation.ts'

export type Signature = {
  /** Last four bytes of the key (or hash) it is said to belong to. */
  readonly hint: Uint8Array
  /** Of a hash-x signer: the preimage. */
  readonly bytes: Uint8Array
  /** Answers already found, by signer: a signature is asked about many times and never changes. */
  readonly verified: Map<string, boolean>
}

export type Operation = {
  readonly body: xdr.OperationBody
  readonly rules: OperationRules
  readonly source: AccountId
  /** Named by the operation itself, not merely inherited: such a source need not exist yet. */
  readonly ownSource: boolean
}

export type Preconditions = {
  readonly timeBounds: { readonly min: bigint; readonly max: bigint } | null
  readonly ledgerBounds: { readonly min: number; readonly max: number } | null
  readonly minSequence: bigint | null
  /** Seconds. */
  readonly minSequenceAge: bigint
  readonly minSequenceGap: number
  readonly extraSigners: readonly SignerKey[]
}

type Common = {
  /** sha256 of the signed contents under the network's id, hex. */
  readonly hash: string
  /** sha256 of the whole envelope, signatures included, hex: what the queue and the order in a ledger go by. */
  readonly envelopeHash: string
  readonly envelope: Buffer
  readonly source: AccountId
  readonly sequence: bigint
  readonly feeSource: AccountId
  /** What it offers at most, in stroops. */
  readonly fee: bigint
  /** As the fee counts them: a fee bump is one more. */
  readonly operationCount: number
  readonly operations: readonly Operation[]
  readonly preconditions: Preconditions
  readonly signatures: readonly Signature[]
}

export type PlainTransaction = Common & {
  readonly kind: 'plain'
  /** Carries the resources of a smart contract, which none of its operations can use. */
  readonly carriesContractData: boolean
}

export type FeeBump = Common & { readonly kind: 'feeBump'; readonly inner: PlainTransaction }

export type Transaction = PlainTransaction | FeeBump
