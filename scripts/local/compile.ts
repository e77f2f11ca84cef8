import { createHash } from 'node:crypto'
import { existsSync, globSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { repository } from './child.ts'

const artifacts = join(repository, 'artifacts')
const stamp = join(artifacts, 'sources.sha256')
const lock = join(repository, 'cache', 'compile.lock')

/**
 * Compiles the contracts unless the artifacts are those of the sources as they stand. Hardhat's own check of that takes three seconds,
 * a hash of the sources a few milliseconds. Safe to call from many processes at once: one compiles, the others wait for it.
 */
export const compileContracts = async (): Promise<void> => {
  const wanted = sourcesHash()
  if (isFresh(wanted)) return
  await takeLock()
  try {
    if (isFresh(wanted)) return // by the process that we waited for
    rmSync(stamp, { force: true })
    const { default: hre } = await import('hardhat')
    await hre.tasks.getTask('build').run({ quiet: true, noTests: true })
    writeFileSync(stamp, wanted)
  } finally {
    rmSync(lock, { force: true })
  }
}

export type Artifact = {
  readonly abi: readonly unknown[]
  readonly bytecode: `0x${string}`
  readonly deployedBytecode: `0x${string}`
  /** Where the constructor writes into the deployed bytecode. */
  readonly immutableReferences: Readonly<Record<string, readonly { start: number; length: number }[]>>
}

/** Reads a compiled contract, e.g. `Escrow.sol/Escrow`; call `compileContracts` first. */
export const readArtifact = (path: string): Artifact =>
  JSON.parse(readFileSync(join(artifacts, 'contracts', `${path}.json`), 'utf8'))

// A build by hand writes artifacts but no stamp: what is younger than the stamp was not checked against it.
const isFresh = (wanted: string) => {
  if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== wanted) return false
  const written = statSync(stamp).mtimeMs
  const files = globSync('contracts/**/*.json', { cwd: artifacts })
  return files.length > 0 && files.every(file => statSync(join(artifacts, file)).mtimeMs <= written)
}

const sourcesHash = () => {
  const hash = createHash('sha256')
  const sources = globSync('contracts/**/*.sol', { cwd: repository }).filter(file => !file.endsWith('.t.sol'))
  // The lockfile stands for the compiler and for the libraries that the contracts import.
  for (const file of ['hardhat.config.ts', 'package-lock.json', ...sources.sort()])
    hash
      .update(file)
      .update('\0')
      .update(readFileSync(join(repository, file)))
      .update('\0')
  return hash.digest('hex')
}

const takeLock = async () => {
  mkdirSync(join(repository, 'cache'), { recursive: true })
  const deadline = Date.now() + 120_000
  while (!tryLock()) {
    if (Date.now() > deadline) throw new Error(`another process holds ${lock}`)
    await delay(50)
  }
}

const tryLock = () => {
  try {
    writeFileSync(lock, String(process.pid), { flag: 'wx' })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    if (isAbandoned()) rmSync(lock, { force: true })
    return false
  }
}

const isAbandoned = () => {
  try {
    const owner = Number(readFileSync(lock, 'utf8'))
    if (owner > 0) process.kill(owner, 0)
    return false
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH'
  }
}
