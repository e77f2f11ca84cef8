import type { Log } from '../log.ts'
import type { Rail } from '../rails/rail.ts'
import type { StatementStore } from './statement-store.ts'

/**
 * Reads what is new on the statement of one of our accounts, to its end: the last word on an order whose answer and webhooks were lost. Each
 * page is judged, kept and told to the saga in one transaction with its cursor, so a line counts once, whoever reads it. A mismatch and a
 * line that no order explains are kept for a person and said aloud. Throws `rail_unavailable`. Returns how many lines were read.
 */
export const readStatement = async (
  store: StatementStore,
  rail: Pick<Rail, 'id' | 'entries'>,
  account: string,
  log: Log,
): Promise<number> => {
  let read = 0
  for (;;) {
    const after = await store.cursorOf(rail.id, account)
    const page = await rail.entries(account, after)
    if (page.lines.length > 0) {
      const judged = await store.keepPage({ rail: rail.id, account, after, lines: page.lines })
      for (const { line, verdict } of judged)
        if (verdict === 'mismatched' || verdict === 'unexplained')
          log('error', `a line of a bank's statement is ${verdict}`, { rail: rail.id, account, ...line })
      read += judged.length
      // Somebody else has read it meanwhile, and the rest is his; or the bank repeats itself, and is asked again later.
      if (judged.length === 0) return read
    }
    if (page.next === undefined) return read
  }
}
