import { judgePage, type NamedOrder, newsOf } from '../../../bridge-service/src/saga/judge-page.ts'
import type { StatementStore } from '../../../bridge-service/src/saga/statement-store.ts'
import { keepFact } from './facts.ts'
import { inOneStatement } from './statement.ts'
import type { MemoryDatabase, MemoryTx } from './transaction.ts'

/** What happens around a call; see `Around` of the saga's connections. */
export type AroundStatements = <T>(call: keyof StatementStore, effect: () => Promise<T>) => Promise<T>

/** What is read of statements, without a database. It knows no refunds: nobody asks for them here. */
export const statementStore = (
  database: MemoryDatabase,
  around: AroundStatements = (_call, effect) => effect(),
): StatementStore => {
  const { tables } = database
  const { bank_statements, bank_statement_lines } = tables
  return {
    cursorOf: (rail, account) =>
      around('cursorOf', () =>
        inOneStatement(database, undefined, async tx => {
          const key = `${rail} ${account}`
          await tx.lock([`statement ${key}`])
          const known = tx.get(bank_statements, key)
          if (known === undefined) tx.put(bank_statements, key, { rail, account, cursor: null, read_at: tx.nowMs })
          return known?.cursor ?? undefined
        }),
      ),
    keepPage: page =>
      around('keepPage', () =>
        inOneStatement(database, undefined, async tx => {
          const { rail, account, after } = page
          const key = `${rail} ${account}`
          await tx.lock([`statement ${key}`])
          const known = tx.get(bank_statements, key)
          if (known === undefined || known.cursor !== (after ?? null)) return []
          const lines = page.lines.filter(({ cursor }) => tx.get(bank_statement_lines, `${key} ${cursor}`) === undefined)
          if (lines.length === 0) return []
          const fresh = { ...page, lines }
          const judged = judgePage(fresh, tx.nowMs, externalId => orderOf(database, tx, rail, externalId))
          tx.put(bank_statements, key, { ...known, cursor: lines.at(-1)!.cursor, read_at: tx.nowMs })
          for (const each of judged) {
            const { cursor, bankTransferId, externalId, currency, amountMinor, at } = each.line
            tx.put(bank_statement_lines, `${key} ${cursor}`, {
              ...{ rail, account, cursor, currency, bank_transfer_id: bankTransferId, external_id: externalId },
              ...{ amount: BigInt(amountMinor), at: Date.parse(at), read_at: tx.nowMs },
              ...{ intent_key: each.key, verdict: each.verdict, explained_by: null },
            })
          }
          let told = 0
          // A microsecond apart, as the database keeps their order.
          for (const each of judged) if (each.isNews) await keepFact(tx, tables, newsOf(fresh, each), tx.nowMs + ++told / 1_000)
          return judged
        }),
      ),
  }
}

const orderOf = ({ tables }: MemoryDatabase, tx: MemoryTx, rail: string, externalId: string): NamedOrder => {
  const key = /^CW.{32}$/s.test(externalId) ? tx.get(tables.by_reference, externalId.slice(2)) : undefined
  const intent = key === undefined ? undefined : tx.get(tables.intents, key)
  const order = intent?.request.kind === 'rail' ? intent.request.order : undefined
  const isOurs = intent !== undefined && (intent.target === rail || order?.arrivesAt?.rail === rail)
  const earlier = [...tables.bank_statement_lines.values()].filter(row => row.rail === rail && row.external_id === externalId)
  return {
    key: isOurs && order ? intent.key : null,
    order: isOurs ? order : undefined,
    status: isOurs && order ? intent.status : null,
    isRefund: false,
    earlier: earlier.map(({ amount }) => amount),
  }
}
