import { spawn } from 'node:child_process'
import { chownSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import pg from 'pg'
import { postgresBinaries } from './postgres-binaries.ts'

// A process around Postgres, so that Postgres ends when the world that started it is killed.
const [data, port, ...more] = process.argv.slice(2)
if (!data || !port) throw new Error('usage: postgres-process.ts FOLDER PORT [SETTING=VALUE …]')

const password = 'local'
const { folder: binaries, user } = postgresBinaries(dirname(data))
const environment = { ...process.env, LC_ALL: 'C' }

const initialise = async () => {
  mkdirSync(data, { recursive: true, mode: 0o700 })
  const passwordFile = `${data}.password`
  writeFileSync(passwordFile, `${password}\n`)
  if (user) for (const path of [data, passwordFile]) chownSync(path, user.uid, user.gid)
  const initdb = spawn(
    join(binaries, 'initdb'),
    [
      `--pgdata=${data}`,
      '--username=postgres',
      `--pwfile=${passwordFile}`,
      '--auth=scram-sha-256',
      '--locale=C',
      '--encoding=UTF8',
    ],
    { ...user, env: environment, stdio: 'inherit' },
  )
  const code = await new Promise(resolve => initdb.once('close', resolve).once('error', resolve))
  rmSync(passwordFile, { force: true })
  if (code !== 0) throw new Error(`initdb: ${String(code)}`)
}

const fresh = !existsSync(join(data, 'PG_VERSION'))
if (fresh) await initialise()

const settings = [
  'listen_addresses=127.0.0.1',
  'unix_socket_directories=',
  'shared_buffers=256MB',
  'max_wal_size=4GB',
  'max_connections=200',
  ...more,
]
const postgres = spawn(join(binaries, 'postgres'), ['-D', data, '-p', port, ...settings.flatMap(setting => ['-c', setting])], {
  ...user,
  env: environment,
  stdio: ['ignore', 'inherit', 'pipe'],
  // Ctrl-C in a terminal must not reach it before the processes that write to it.
  detached: true,
})
postgres.once('exit', code => process.exit(code ?? 1))
// SIGINT asks Postgres for a fast shutdown: connections end, nothing is lost.
const stop = () => postgres.kill('SIGINT')
process.once('SIGTERM', stop)
process.once('SIGINT', stop)
// And SIGQUIT for an immediate one, as `pg_ctl stop -m immediate`: nothing is written any more, and the next start recovers from the log.
process.once('SIGQUIT', () => postgres.kill('SIGQUIT'))

await new Promise<void>(resolve => {
  postgres.stderr.on('data', (chunk: Buffer) => {
    process.stderr.write(chunk)
    if (chunk.includes('database system is ready to accept connections')) resolve()
  })
})
if (fresh) {
  const client = new pg.Client({ host: '127.0.0.1', port: Number(port), user: 'postgres', password, database: 'postgres' })
  await client.connect()
  await client.query('create database causeway')
  await client.end()
}
process.send?.({ ready: true })
