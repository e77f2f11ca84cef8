import type { HandEntry } from '../../../bridge-service/src/ledger/book-by-hand.ts'
import { foreignKeyViolation } from './database-error.ts'
import type { MemoryDatabase, MemoryTx } from './transaction.ts'

const poolShape = /^(?:bank_cash|treasury):(.+)$/

/** Books what persons have decided beside the machine, and moves the pools of the accounts that it books on. */
export const bookByHand = async (
  { tables, nextPosition }: MemoryDatabase,
  tx: MemoryTx,
  { name, kind, postings, actor, cause }: HandEntry,
): Promise<void> => {
  const version = [...tables.ledger_entries.values()].filter(({ transfer_id }) => transfer_id === name).length + 1
  const position = nextPosition()
  const { at } = { at: tx.nowMs }
  tx.put(tables.ledger_entries, `${name} ${version}`, { position, transfer_id: name, version, kind, at })
  tx.put(tables.audit_log, `${name} ${version}`, { transfer_id: name, version, actor, cause, at })
  const moved = new Map<string, bigint>()
  for (const [line, { account, layer, amount }] of postings.entries()) {
    const { currency, minor } = amount
    if (tables.ledger_accounts.get(account)?.currency !== currency)
      throw foreignKeyViolation(`no account ${account} in ${currency}`)
    tx.put(tables.ledger_postings, `${position} ${line}`, {
      entry: position,
      line,
      account_id: account,
      currency,
      layer,
      amount: minor,
    })
    tx.add(account, layer, minor)
    const [, pool] = poolShape.exec(account) ?? []
    if (pool !== undefined) moved.set(pool, (moved.get(pool) ?? 0n) + minor)
  }
  const pools = [...moved.keys()].sort()
  await tx.lock(pools.map(id => `pool ${id}`))
  for (const id of pools) {
    const pool = tx.get(tables.liquidity_pools, id)
    const amount = moved.get(id)!
    if (pool !== undefined)
      tx.put(tables.liquidity_pools, id, { ...pool, total: pool.total + amount, version: pool.version + (amount < 0n ? 1 : 0) })
  }
}
