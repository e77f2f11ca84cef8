import type { ClientBase } from 'pg'

export const inTransaction = async <T>(db: ClientBase, work: () => Promise<T>): Promise<T> => {
  await db.query('begin')
  try {
    const result = await work()
    await db.query('commit')
    return result
  } catch (error) {
    await db.query('rollback').catch(() => {}) // the connection is gone, and the transaction with it
    throw error
  }
}
