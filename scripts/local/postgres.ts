import { join } from 'node:path'
import { type Child, startChild } from './child.ts'
import { freePort } from './ports.ts'

export type LocalPostgres = {
  /** Connects as the owner of the database `causeway`. */
  readonly url: string
  readonly stop: () => Promise<void>
}

/** Real Postgres on a folder of its own; `DATABASE_URL` takes over when it is set. */
export const startPostgres = async (folder: string, port?: number): Promise<LocalPostgres> => {
  const external = process.env.DATABASE_URL
  if (external) return { url: external, stop: async () => {} }
  const chosen = await freePort(port)
  const child: Child = await startChild({
    name: 'postgres',
    script: 'scripts/local/postgres-process.ts',
    args: [join(folder, 'postgres'), String(chosen)],
    logFile: join(folder, 'postgres.log'),
  })
  return { url: `postgresql://postgres:local@127.0.0.1:${chosen}/causeway`, stop: child.stop }
}
