import type { Refused } from '../outcome.ts'
import type { Transfer } from '../transfer/transfer.ts'
import type { LeasedOrder } from './orders.ts'
import type { StrayDeposit, StrayState, Unmatched } from './stray-deposit.ts'
import type { KnownStray } from './stray-row.ts'

/** A fact about money that came, with the chain that told it and the ref that it came under. */
export type UnmatchedMoney = Unmatched & { readonly source: string; readonly subject: string }

/** What somebody has found out about a case. Unix seconds. */
export type CaseNews = { readonly code?: string; readonly detail?: string; readonly reclaimAfter?: number | null }

/** Port to what the desk keeps. Each call is one transaction; of what is claimed nobody else gets anything before it is due again. */
export type DepositStore = {
  /**
   * Makes cases of facts that the saga found no transfer for, and takes them out of the inbox. `caseOf` says what one is a case of, if it is
   * any; a fact whose block has left its chain ends its case. Returns how many facts were read.
   */
  readonly openCases: (
    chains: readonly string[],
    caseOf: (money: UnmatchedMoney, transfer: Transfer | undefined) => StrayDeposit | undefined,
  ) => Promise<number>
  /** Cases that are to be looked at. */
  readonly claimCases: (chains: readonly string[]) => Promise<KnownStray[]>
  /** Only of a case that is not over, and for which nothing is under way. */
  readonly settleCase: (id: string, state: 'gone' | 'self_serve' | 'person', news: CaseNews) => Promise<void>
  /** Orders the return of a case, once. */
  readonly orderReturn: (stray: StrayDeposit) => Promise<void>
  readonly claimOrders: (chains: readonly string[]) => Promise<LeasedOrder[]>
  readonly postponeOrder: (order: LeasedOrder, delayMs: number) => Promise<void>
  /** And its case with it, which is booked out. */
  readonly endOrder: (order: LeasedOrder, txHash: string) => Promise<void>
  readonly failOrder: (order: LeasedOrder, refusal: Refused, next: Extract<StrayState, 'waiting' | 'person'>) => Promise<void>
}
