import type { Pool, PoolClient } from 'pg'

/**
 * A connection for a transaction. The pool listens to the errors of idle connections only: one that the server ends between two statements
 * of ours would end the process.
 */
export const borrow = async (pool: Pool): Promise<{ client: PoolClient; release: () => void }> => {
  const client = await pool.connect()
  let broken: Error | undefined
  const onError = (error: Error) => {
    broken = error
  }
  client.on('error', onError)
  return {
    client,
    release: () => {
      client.off('error', onError)
      client.release(broken)
    },
  }
}
