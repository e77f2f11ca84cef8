import type { StatementLine } from '../rails/rail.ts'
import type { JudgedLine } from './judge-page.ts'

/** A page of the statement of one of our accounts, as it was read behind the line whose cursor is `after`. */
export type StatementPage = {
  readonly rail: string
  readonly account: string
  readonly after: string | undefined
  readonly lines: readonly StatementLine[]
}

/** Port to what we have read of the statements of our accounts. */
export type StatementStore = {
  /** Of the last line that was read. */
  readonly cursorOf: (rail: string, account: string) => Promise<string | undefined>
  /**
   * Judges the lines that are not kept yet, keeps them, tells the saga and moves the cursor, in one transaction. Returns those lines: none when
   * somebody else has read the page meanwhile, or when the bank repeats itself.
   */
  readonly keepPage: (page: StatementPage) => Promise<readonly JudgedLine[]>
}
