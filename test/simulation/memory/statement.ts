import type { MemoryDatabase, MemoryTx } from './transaction.ts'

/** Runs one statement in the transaction, or in one of its own. */
export const inOneStatement = async <T>(
  database: MemoryDatabase,
  tx: MemoryTx | undefined,
  work: (tx: MemoryTx) => T | Promise<T>,
): Promise<T> => {
  if (tx !== undefined) return tx.run(() => work(tx))
  const own = database.begin()
  try {
    const result = await work(own)
    own.commit()
    return result
  } finally {
    own.rollback()
  }
}
