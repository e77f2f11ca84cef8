import { spawnSync } from 'node:child_process'
import { repository } from './local/child.ts'

/** All that can be said about the tree without running it. */
const checks: readonly (readonly [name: string, command: string, ...args: string[]])[] = [
  ['types', 'tsc', '--noEmit'],
  ['format and lint', 'biome', 'check', '.'],
  ['dead code', 'knip', '--no-progress'],
  ['Solidity lint', 'solhint', '--disc', '--noPoster', '-w', '0', 'contracts/**/*.sol'],
  ['Solidity format', 'prettier', '--check', 'contracts/**/*.sol'],
  ['generated files', 'node', 'scripts/generate.ts', '--check'],
]

let failed = 0
for (const [name, command, ...args] of checks) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd: repository, encoding: 'utf8' })
  const ok = status === 0
  console.log(`${ok ? '✓' : '✗'} ${name}`)
  if (ok) continue
  failed++
  console.log(error ? String(error) : `${stdout}${stderr}`)
}
console.log(`checks: ${checks.length - failed} passed, ${failed} failed`)
process.exit(failed === 0 ? 0 : 1)
