import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import pg from 'pg'
import { startChild } from './child.ts'
import { freePort } from './ports.ts'

export type LocalPostgres = {
  /** Connects as the owner of an empty database. */
  readonly url: string
  readonly stop: () => Promise<void>
  /** Ends it as a power cut would, and starts it again on what was written. A server that is not ours is left alone. */
  readonly crash?: () => Promise<void>
}

type Options = {
  readonly port?: number | undefined
  /** Does not wait for the disk: it survives whatever happens to a process, and no power cut. For what is thrown away at the end. */
  readonly ephemeral?: true
}

/**
 * Real Postgres on a folder of its own. `DATABASE_URL` takes over when it is set: then the world gets a new database on that server, since
 * a fresh chain beside the tables of an old one would look like a reorg, and drops it at the end.
 */
export const startPostgres = async (folder: string, options: Options = {}): Promise<LocalPostgres> => {
  const external = process.env.DATABASE_URL
  return external ? borrowServer(external) : startServer(folder, options)
}

const startServer = async (folder: string, { port, ephemeral }: Options): Promise<LocalPostgres> => {
  const chosen = await freePort(port)
  const start = () =>
    startChild({
      name: 'postgres',
      script: 'scripts/local/postgres-process.ts',
      args: [join(folder, 'postgres'), String(chosen), ...(ephemeral ? ['fsync=off'] : [])],
      logFile: join(folder, 'postgres.log'),
    })
  let child = await start()
  return {
    url: `postgresql://postgres:local@127.0.0.1:${chosen}/causeway`,
    stop: () => child.stop(),
    crash: async () => {
      await child.kill('SIGQUIT')
      child = await start()
    },
  }
}

const borrowServer = async (server: string): Promise<LocalPostgres> => {
  const name = `causeway_${randomBytes(6).toString('hex')}`
  const run = async (sql: string) => {
    const client = new pg.Client({ connectionString: server })
    await client.connect()
    await client.query(sql).finally(() => client.end())
  }
  await run(`create database ${name} template template0 encoding 'UTF8' locale 'C'`)
  const url = new URL(server)
  url.pathname = `/${name}`
  return { url: url.href, stop: () => run(`drop database if exists ${name} with (force)`) }
}
