import { globSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { expect, it } from 'vitest'

const root = new URL('../../', import.meta.url).pathname

/** Files that a file imports, by repository path. */
const importsOf = (path: string): string[] =>
  [...readFileSync(join(root, path), 'utf8').matchAll(/from '(\.[^']+)'/g)].map(([, to]) => normalize(join(dirname(path), to!)))

it("the auditor's tool shares no code with what it audits, but the contract's ABI", () => {
  const files = ['scripts/audit.ts', ...globSync('scripts/audit/*.ts', { cwd: root })].filter(file => !file.endsWith('.test.ts'))
  expect(files.length).toBeGreaterThan(10)
  const outside = files.flatMap(importsOf).filter(to => !to.startsWith('scripts/audit'))
  expect([...new Set(outside)]).toEqual(['contracts/abi/escrow.ts'])
})
