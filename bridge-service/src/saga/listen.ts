import pg from 'pg'

export type Listener = { readonly stop: () => Promise<void> }

/**
 * Calls back when the channel is notified; a hint only, since polling finds everything anyway. Reconnects by itself and wakes once after
 * each reconnection, for what was missed.
 */
export const listen = (databaseUrl: string, channel: string, wake: () => void): Listener => {
  let client: pg.Client | undefined
  let timer: NodeJS.Timeout | undefined
  let stopped = false

  const connect = async () => {
    const fresh = new pg.Client({ connectionString: databaseUrl, options: '-c role=causeway_app' })
    client = fresh
    fresh.on('notification', wake)
    fresh.once('end', again)
    fresh.on('error', () => {}) // 'end' follows
    try {
      await fresh.connect()
      await fresh.query(`listen ${channel}`)
      wake()
    } catch {
      fresh.removeListener('end', again)
      await fresh.end().catch(() => {})
      again()
    }
  }
  const again = () => {
    if (!stopped) timer = setTimeout(connect, 1_000)
  }
  void connect()

  return {
    stop: async () => {
      stopped = true
      clearTimeout(timer)
      await client?.end().catch(() => {})
    },
  }
}
