import { spawn } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { repository } from '../local/child.ts'

/** How Hardhat's Solidity tests ended: all passed, the first that failed, or the time was up. */
export type TestRun = { kind: 'passed' } | { kind: 'failed'; test: string } | { kind: 'timedOut' }

export type TestOptions = {
  readonly files?: readonly string[]
  readonly grep?: string
  readonly grepExclude?: string
  readonly env?: Readonly<Record<string, string>>
  readonly timeoutMs: number
  /** Also the contracts; otherwise their artifacts are taken as they are. */
  readonly compile?: boolean
}

/** A copy of what Hardhat needs of a project, in which a mutant may be planted. */
export type Tree = {
  readonly folder: string
  readonly test: (options: TestOptions) => Promise<TestRun>
  readonly write: (file: string, text: string) => void
  /** Puts creation code (hex) into the artifact of a contract (`contracts/Escrow.sol:Escrow`). */
  readonly plant: (contract: string, bytecode: string) => void
}

const copied = ['contracts', 'hardhat.config.ts', 'package.json', 'artifacts', 'cache']

export const copyTree = (folder: string, from: string): Tree => {
  mkdirSync(folder, { recursive: true })
  for (const name of copied)
    if (existsSync(join(from, name))) cpSync(join(from, name), join(folder, name), { recursive: true, preserveTimestamps: true })
  symlinkSync(join(repository, 'node_modules'), join(folder, 'node_modules'))
  moveCache(join(folder, 'cache/compile-cache.json'), resolve(from), resolve(folder))
  return {
    folder,
    test: options => runTests(folder, options),
    write: (file, text) => writeFileSync(join(folder, file), text),
    plant: (contract, bytecode) => {
      const path = join(folder, 'artifacts', `${contract.replace(':', '/')}.json`)
      writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, 'utf8')), bytecode: `0x${bytecode}` }))
    },
  }
}

// Hardhat knows what is compiled by whole paths. The tests take minutes to compile again.
const moveCache = (file: string, from: string, to: string) => {
  if (existsSync(file)) writeFileSync(file, readFileSync(file, 'utf8').replaceAll(`"${from}/`, `"${to}/`))
}

const runTests = (folder: string, { files = [], grep, grepExclude, env, timeoutMs, compile }: TestOptions): Promise<TestRun> =>
  new Promise((resolve, reject) => {
    const args = [
      ...(compile ? [] : ['--no-compile']),
      ...(grep === undefined ? [] : ['--grep', grep]),
      ...(grepExclude === undefined ? [] : ['--grep-exclude', grepExclude]),
      ...files,
    ]
    const child = spawn(process.execPath, [join(folder, 'node_modules/hardhat/dist/src/cli.js'), 'test', 'solidity', ...args], {
      cwd: folder,
      env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: '0', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let output = ''
    let timedOut = false
    const timer = setTimeout(() => {
      timedOut = true
      child.kill('SIGKILL')
    }, timeoutMs)
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => {
        output += chunk
        // One is enough.
        if (failedTest(output) !== undefined) child.kill('SIGKILL')
      })
    child.once('error', reject)
    child.once('close', code => {
      clearTimeout(timer)
      const test = failedTest(output)
      if (test !== undefined) resolve({ kind: 'failed', test })
      else if (timedOut) resolve({ kind: 'timedOut' })
      else if (code === 0 && /^\s*[1-9]\d* passing$/m.test(output)) resolve({ kind: 'passed' })
      else reject(new Error(`the tests could not be run (${code}):\n${output.slice(-4_000)}`))
    })
  })

/** `    1) testFuzz_Name(uint256)` under `  contracts/test/File.t.sol:Contract`. */
const failedTest = (output: string): string | undefined => /^\s+\d+\) (\S.*)\n/m.exec(output)?.[1]
