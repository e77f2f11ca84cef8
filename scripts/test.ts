import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { repository } from './local/child.ts'

// `npm test`: the Solidity tests with fresh fuzz inputs, then units and scenarios in vitest.
const seed = process.env.FUZZ_SEED ?? `0x${randomBytes(32).toString('hex')}`
console.log(`FUZZ_SEED=${seed} repeats the fuzz inputs of the Solidity tests.`)
if (!existsSync(join(repository, 'node_modules/@foundry-rs/anvil-linux-amd64')))
  console.log('NOT RUN HERE: the tests against anvil, which has no package for this platform.')

const run = (command: string, ...args: string[]) =>
  spawnSync(command, args, { cwd: repository, stdio: 'inherit', env: { ...process.env, FUZZ_SEED: seed } }).status === 0

// One after the other: a scenario starts a world of processes, and needs the machine to itself.
const results = [
  run('hardhat', 'test', 'solidity'),
  run('vitest', 'run', '--project', 'unit'),
  run('vitest', 'run', '--project', 'scenario'),
]
process.exit(results.every(ok => ok) ? 0 : 1)
