import { type ChildProcess, spawn } from 'node:child_process'
import { repository } from './local/child.ts'
import { nodeFlags } from './node-flags.ts'

// `npm start -- --role api,saga,indexer`: which processes this machine runs. Service roles share one process, the indexer is its own.
const flag = process.argv.indexOf('--role')
const roles = ((flag < 0 ? process.env.CAUSEWAY_ROLE : process.argv[flag + 1]) ?? 'all').split(',')
const service = roles.filter(role => role !== 'indexer')
const children: ChildProcess[] = []
let stopping = false

const run = (script: string, args: string[]) => {
  const child = spawn(process.execPath, [...nodeFlags, script, ...args], { cwd: repository, stdio: 'inherit' })
  children.push(child)
  // One without the other would look healthy and move nothing: whoever supervises us starts both again.
  child.once('exit', code => stop('SIGTERM', stopping ? 0 : (code ?? 1)))
}

let exitCode = 0
const stop = (signal: NodeJS.Signals, code: number) => {
  exitCode ||= code
  stopping = true
  const alive = children.filter(child => child.exitCode === null && child.signalCode === null)
  for (const child of alive) child.kill(signal)
  if (alive.length === 0) process.exit(exitCode)
}
process.on('SIGTERM', () => stop('SIGTERM', 0))
process.on('SIGINT', () => stop('SIGTERM', 0))

if (roles.includes('all') || service.length > 0) run('bridge-service/src/main.ts', ['--role', service.join(',')])
if (roles.includes('all') || roles.includes('indexer')) run('indexer/src/main.ts', [])
