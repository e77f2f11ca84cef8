import type { ReceivableRow, Tables } from './tables.ts'

const time = (ms: number) => new Date(ms).toISOString()
const timeIf = (ms: number | null) => (ms === null ? null : time(ms))

/** Every table as plain JSON, under the names of the migrations: times in ISO 8601, amounts and heights as decimal strings. */
export const dump = (tables: Tables) => ({
  transfers: [...tables.transfers.values()].map(
    ({ transfer: { phaseSinceMs, ...transfer }, created_at, updated_at, ...row }) => ({
      ...transfer,
      ...row,
      phase_since: typeof phaseSinceMs === 'number' ? time(phaseSinceMs) : null,
      created_at: time(created_at),
      updated_at: time(updated_at),
    }),
  ),
  transfer_events: [...tables.transfer_events.values()].map(row => ({ ...row, at: time(row.at) })),
  outbox: [...tables.outbox.values()].map(row => ({ ...row, position: String(row.position) })),
  audit_log: [...tables.audit_log.values()].map(row => ({ ...row, at: time(row.at) })),
  intents: [...tables.intents.values()].map(({ withdrawn_at, next_at, created_at, updated_at, ...row }) => ({
    ...row,
    withdrawn_at: withdrawn_at === null ? null : time(withdrawn_at),
    next_at: time(next_at),
    created_at: time(created_at),
    updated_at: time(updated_at),
  })),
  ledger_entries: [...tables.ledger_entries.values()].map(row => ({
    ...row,
    position: String(row.position),
    at: time(row.at),
  })),
  ledger_postings: [...tables.ledger_postings.values()].map(row => ({
    ...row,
    entry: String(row.entry),
    amount: String(row.amount),
  })),
  ledger_balances: [...tables.ledger_balances].map(([account_id, { posted, pending }]) => ({
    account_id,
    posted: String(posted),
    pending: String(pending),
  })),
  deadlines: [...tables.deadlines.values()].map(row => ({ ...row, due_at: time(row.due_at) })),
  finality_waits: [...tables.finality_waits.values()].map(row => ({ ...row, height: String(row.height) })),
  inbox: [...tables.inbox.values()].map(row => ({ ...row, received_at: time(row.received_at) })),
  liquidity_pools: [...tables.liquidity_pools.values()].map(row => ({
    ...row,
    total: String(row.total),
    reserved: String(row.reserved),
  })),
  reservations: [...tables.reservations.values()].map(row => ({ ...row, amount: String(row.amount) })),
  receivables: [...tables.receivables.values()].map(({ opened_at, updated_at, ...row }) => ({
    ...row,
    owed: String(row.owed),
    recovered: String(row.recovered),
    written_off: String(row.written_off),
    state: stateOf(row),
    opened_at: time(opened_at),
    updated_at: time(updated_at),
  })),
  advances: [...tables.advances.values()].map(({ returnable_until, ...row }) => ({
    ...row,
    amount: String(row.amount),
    returnable_until: returnable_until === null ? null : time(returnable_until),
  })),
  transfers_in_hand: [...tables.transfers_in_hand.values()].map(row => ({ ...row, since: time(row.since) })),
  quotes: [...tables.quotes.values()].map(row => ({ ...row, expires_at: time(row.expires_at) })),
  stray_deposits: [...tables.stray_deposits.values()].map(row => ({
    ...row,
    units: String(row.units),
    booked: String(row.booked),
    reclaim_after: row.reclaim_after === null ? null : String(row.reclaim_after),
    look_at: time(row.look_at),
    received_at: time(row.received_at),
    updated_at: time(row.updated_at),
  })),
  deposit_orders: [...tables.deposit_orders.values()].map(({ next_at, created_at, updated_at, ...row }) => ({
    ...row,
    next_at: time(next_at),
    created_at: time(created_at),
    updated_at: time(updated_at),
  })),
  deposit_addresses: [...tables.deposit_addresses.values()].map(row => ({
    ...row,
    seen: String(row.seen),
    look_at: row.look_at === null ? null : time(row.look_at),
  })),
  bank_statements: [...tables.bank_statements.values()].map(row => ({ ...row, read_at: time(row.read_at) })),
  bank_statement_lines: [...tables.bank_statement_lines.values()].map(row => ({
    ...row,
    amount: String(row.amount),
    at: time(row.at),
    read_at: time(row.read_at),
  })),
  refunds: [...tables.refunds.values()].map(({ next_at, created_at, updated_at, ...row }) => ({
    ...row,
    minor: String(row.minor),
    next_at: time(next_at),
    created_at: time(created_at),
    updated_at: time(updated_at),
  })),
  operator_actions: [...tables.operator_actions.values()].map(row => ({
    ...row,
    requested_at: time(row.requested_at),
    expires_at: time(row.expires_at),
    decided_at: timeIf(row.decided_at),
    obeyed_at: timeIf(row.obeyed_at),
  })),
  operator_audit: [...tables.operator_audit.values()].map(row => ({ ...row, at: time(row.at) })),
  idempotency_keys: [...tables.idempotency_keys.values()].map(({ request_hash, created_at, ...row }) => ({
    ...row,
    request_hash: request_hash.toString('hex'),
    created_at: time(created_at),
  })),
})

/** A column that its table computes. */
const stateOf = ({ owed, recovered, written_off }: Pick<ReceivableRow, 'owed' | 'recovered' | 'written_off'>) => {
  const settled = recovered + written_off
  if (owed < settled) return 'overpaid'
  if (owed === 0n) return 'reversed'
  if (owed > settled) return settled > 0n ? 'partlyRecovered' : 'open'
  return written_off > 0n ? 'writtenOff' : 'recovered'
}

export type Dump = ReturnType<typeof dump>
