import type { LineVerdict } from '../../../bridge-service/src/rails/judge-line.ts'
import type { Rail, StatementLine } from '../../../bridge-service/src/rails/rail.ts'
import type { InboxRow } from '../memory/tables.ts'
import type { Planted } from './planted.ts'

const entries = (name: string, change: (line: StatementLine) => StatementLine): Planted => ({
  name,
  plant: ports => {
    const read: Rail['entries'] = async (...asked) => {
      const page = await ports.rail.entries(...asked)
      return { ...page, lines: page.lines.map(change) }
    }
    return { ...ports, rail: { ...ports.rail, entries: read } }
  },
})

/** Gets between what is kept of a page and the facts that the saga hears of it. */
const told = (name: string, change: (fact: InboxRow, verdict: LineVerdict, line: StatementLine) => InboxRow): Planted => ({
  name,
  plant: (ports, { memory }) => ({
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
  }),
})

export const plantedOnTheStatement: readonly Planted[] = [
  told('a return on the statement is taken for a settlement', (fact, verdict) =>
    verdict === 'returned' ? { ...fact, payload: { ...fact.payload, type: 'settled' } } : fact,
  ),
  told('a day on the statement is taken for its midnight', (fact, _verdict, { at }) => ({
    ...fact,
    payload: { ...fact.payload, at: new Date(at).toISOString() },
  })),
  told('what the statement says is kept and told to nobody', fact => ({ ...fact, consumed: fact.revision })),
  entries('an amount on the statement is read without its sign', line => ({
    ...line,
    amountMinor: line.amountMinor.replace('-', ''),
  })),
  {
    name: 'the cursor of a statement moves before its facts are kept',
    plant: (ports, { memory, draw }) => ({
      ...ports,
      statements: {
        ...ports.statements,
        keepPage: async page => {
          const { bank_statements } = memory.database.tables
          const key = `${page.rail} ${page.account}`
          const known = bank_statements.get(key)
          if (known === undefined || draw() > 0.2) return ports.statements.keepPage(page)
          bank_statements.set(key, { ...known, cursor: page.lines.at(-1)!.cursor })
          throw new Error('the process died between the two')
        },
      },
    }),
  },
]
