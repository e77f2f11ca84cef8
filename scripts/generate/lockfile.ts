import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { repository } from '../local/child.ts'

const path = 'package-lock.json'

type Lockfile = { packages: Record<string, { optional?: boolean; engines?: Record<string, string> }> }

/**
 * The lockfile without the `engines` of optional packages. npm leaves an optional package out when it does not fit the Node that installs,
 * without a word and even when told to force it; but ours are run by the Node 24 that is being installed. Without this, `npm ci` on Node 20
 * brings no native EVM. `npm install` writes them back, so this runs after every change of dependencies.
 */
export const generateLockfile = (): Record<string, string> => {
  const lockfile = JSON.parse(readFileSync(join(repository, path), 'utf8')) as Lockfile
  for (const entry of Object.values(lockfile.packages)) if (entry.optional) delete entry.engines
  return { [path]: `${JSON.stringify(lockfile, null, 2)}\n` }
}
