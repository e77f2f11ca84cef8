import type { ClientBase, Pool } from 'pg'
import { inTransaction } from '../transaction.ts'
import type { Transfer } from '../transfer/transfer.ts'
import { bookStray } from './book.ts'
import { insertStray } from './insert-stray.ts'
import type { DepositStore, UnmatchedMoney } from './store.ts'
import type { StrayDeposit } from './stray-deposit.ts'

const limit = 100

/** `DepositStore.openCases`: the facts are locked for as long as it takes. */
export const openCases = (pool: Pool, ...[chains, caseOf]: Parameters<DepositStore['openCases']>): Promise<number> =>
  inTransaction(pool, async client => {
    const rows = await unmatchedMoney(client, chains)
    const transfers = await transfersOf(client, rows)
    for (const row of rows) {
      if (row.payload.status === 'orphaned') await endCase(client, row)
      else {
        const found = caseOf(row, transfers.get(row.subject))
        if (found) await openCase(client, found)
      }
    }
    await consume(client, rows)
    return rows.length
  })

const unmatchedMoney = async (client: ClientBase, chains: readonly string[]): Promise<UnmatchedMoney[]> => {
  const { rows } = await client.query<UnmatchedMoney>({
    name: 'unmatched_money',
    text: `select source, fact, subject, kind, payload from inbox
            where unmatched and source = any($1) and kind in ('escrowLocked', 'depositReceived')
            order by received_at limit $2 for update skip locked`,
    values: [chains, limit],
  })
  return rows
}

const transfersOf = async (client: ClientBase, rows: readonly UnmatchedMoney[]): Promise<Map<string, Transfer>> => {
  const refs = [...new Set(rows.map(row => row.subject))]
  if (refs.length === 0) return new Map()
  const { rows: transfers } = await client.query<Transfer & { ref: string }>({
    name: 'transfers_of_refs',
    text: `select id, tenant, route, definition, state, version, terms, progress, escrow_ref as ref from transfers where escrow_ref = any($1)`,
    values: [refs],
  })
  return new Map(transfers.map(transfer => [transfer.ref, transfer]))
}

const openCase = async (client: ClientBase, stray: StrayDeposit): Promise<void> => {
  if ((await insertStray(client, stray, 'reopen')) === stray.id) await bookStray(client, stray, 'strayDepositReceived')
}

// Only where nothing is sent for it: what is final on its chain never leaves it.
const endCase = async (client: ClientBase, { source, fact }: UnmatchedMoney): Promise<void> => {
  await client.query({
    name: 'end_stray_deposit',
    text: `update stray_deposits set state = 'gone', detail = 'its block has left the chain', updated_at = now()
            where chain = $1 and fact = $2 and state in ('waiting', 'self_serve')`,
    values: [source, fact],
  })
}

const consume = async (client: ClientBase, rows: readonly UnmatchedMoney[]): Promise<void> => {
  if (rows.length === 0) return
  await client.query({
    name: 'consume_unmatched',
    text: `update inbox b set consumed = b.revision, unmatched = false
             from unnest($1::text[], $2::text[]) as f(source, fact) where b.source = f.source and b.fact = f.fact`,
    values: [rows.map(row => row.source), rows.map(row => row.fact)],
  })
}
