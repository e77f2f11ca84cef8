import type { LineVerdict } from '../../../bridge-service/src/rails/judge-line.ts'
import type { StatementLine } from '../../../bridge-service/src/rails/rail.ts'
import type { InboxRow } from '../memory/tables.ts'
import type { Planted } from './planted.ts'

/** Gets between what is kept of a page of a statement and the facts that the saga hears of it. */
export const changeTold =
  (change: (fact: InboxRow, verdict: LineVerdict, line: StatementLine) => InboxRow): NonNullable<Planted['plant']> =>
  (ports, { memory }) => ({
    ...ports,
    statements: {
      ...ports.statements,
      keepPage: async page => {
        const judged = await ports.statements.keepPage(page)
        const { inbox } = memory.database.tables
        for (const { line, verdict } of judged) {
          const key = `${page.rail} statement:${page.account}:${line.cursor}`
          const fact = inbox.get(key)
          if (fact) inbox.set(key, change(fact, verdict, line))
        }
        return judged
      },
    },
  })
