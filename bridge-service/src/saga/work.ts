import type { TransferId } from '../transfer/id.ts'
import type { Input, OperatorInput } from '../transfer/input.ts'
import type { ClaimedFact } from './facts.ts'
import type { FactKey } from './step.ts'

/** One input for one transfer, with who sent it and why. */
export type Work = {
  readonly transferId: TransferId
  readonly input: WorkInput
  readonly actor: string
  readonly cause: string
  readonly fact?: FactKey
  /** Set when the input speaks of an escrow: it must be the one that the transfer's own terms make. */
  readonly escrowId?: string
  readonly madeBy?: string
  readonly bringsMoney?: true
  /** Told when the input turned out to change nothing, with the transfer's version for which that is true, and when it is to come again. */
  readonly ignored?: (version: number, againAtMs?: number) => void
}

/** The pool's state is read when the step is decided, so a screening's answer travels without it. */
export type WorkInput =
  | Exclude<Input, { type: 'screened' }>
  | OperatorInput
  | { readonly type: 'screened'; readonly list: string }

/** What a fact of the inbox asks of the transfer that it is about. */
export const workOf = (claimed: ClaimedFact): Work => ({
  transferId: claimed.transferId,
  input: claimed.input,
  actor: claimed.actor,
  cause: `fact:${claimed.source}/${claimed.fact}`,
  fact: { source: claimed.source, fact: claimed.fact, revision: claimed.revision },
  ...(claimed.escrowId === undefined ? {} : { escrowId: claimed.escrowId }),
  ...(claimed.madeBy === undefined ? {} : { madeBy: claimed.madeBy }),
  ...(claimed.bringsMoney ? { bringsMoney: true } : {}),
})
