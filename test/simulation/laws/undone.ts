import type { Evidence } from '../evidence.ts'

type Transfer = Pick<Evidence['tables']['transfers'][number], 'escrow_ref'>

/** Whether a reorg had taken away by then what was final of its escrows: whoever acts before he can know of it acts on what is no more. */
export const isUndone = ({ chains }: Evidence, { escrow_ref }: Transfer, atMs: number): boolean =>
  chains.some(({ undone }) => undone.some(each => each.ref === escrow_ref && each.atMs <= atMs))

/** Whether the chain went on without something that was final of its escrows. By the runbook each of them is a person's case. */
export const isLost = ({ chains }: Evidence, { escrow_ref }: Transfer): boolean =>
  chains.some(({ undone }) => undone.some(({ ref, isBack }) => ref === escrow_ref && !isBack))
