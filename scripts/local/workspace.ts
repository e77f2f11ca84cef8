import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const prefix = 'causeway-'
const ownerFile = 'owner.pid'

/**
 * A temporary folder that belongs to this process. It goes when the process ends; what a killed process left behind goes when the
 * next one starts, together with a Postgres that still runs on it.
 */
export const createWorkspace = (): { folder: string; remove: () => void } => {
  sweep()
  const folder = mkdtempSync(join(tmpdir(), prefix))
  chmodSync(folder, 0o755) // started by root, Postgres runs as another user and must get through
  writeFileSync(join(folder, ownerFile), String(process.pid))
  const remove = () => {
    process.off('exit', remove)
    rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
  }
  process.once('exit', remove)
  return { folder, remove }
}

const sweep = () => {
  for (const name of readdirSync(tmpdir()).filter(name => name.startsWith(prefix))) {
    const folder = join(tmpdir(), name)
    const owner = readPid(join(folder, ownerFile))
    if (owner === undefined || isAlive(owner)) continue
    const postgres = readPid(join(folder, 'postgres', 'postmaster.pid'))
    if (postgres !== undefined && isAlive(postgres)) process.kill(postgres, 'SIGQUIT')
    rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
  }
}

const readPid = (file: string): number | undefined => {
  try {
    const pid = Number.parseInt(readFileSync(file, 'utf8'), 10)
    return Number.isInteger(pid) && pid > 1 ? pid : undefined
  } catch {
    return undefined
  }
}

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
