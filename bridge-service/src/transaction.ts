import type { Pool, PoolClient } from 'pg'
import { borrow } from './borrow.ts'

/** Runs the work in one transaction: committed when it returns, rolled back when it throws. No network call belongs in it. */
export const inTransaction = async <T>(
  pool: Pool,
  work: (client: PoolClient) => Promise<T>,
  begin: 'begin' | 'begin isolation level repeatable read read only' = 'begin',
): Promise<T> => {
  const { client, release } = await borrow(pool)
  try {
    await client.query(begin)
    const result = await work(client)
    await client.query('commit')
    return result
  } catch (error) {
    await client.query('rollback').catch(() => {}) // the connection is gone, and the transaction with it
    throw error
  } finally {
    release()
  }
}
