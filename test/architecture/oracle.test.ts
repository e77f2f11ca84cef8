import { globSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { expect, it } from 'vitest'

const root = new URL('../../', import.meta.url).pathname

const importsOf = (path: string): string[] =>
  [...readFileSync(join(root, path), 'utf8').matchAll(/from '([^']+)'/g)].map(([, to]) =>
    to!.startsWith('.') ? normalize(join(dirname(path), to!)) : to!,
  )

/** All that a file imports, and what that imports, by repository path. */
const reachOf = (path: string, seen = new Set<string>()): Set<string> => {
  if (seen.has(path)) return seen
  seen.add(path)
  if (path.endsWith('.ts')) for (const to of importsOf(path)) reachOf(to, seen)
  return seen
}

it("the simulation's oracle shares no code with what it judges, nor with the world that it judges in", () => {
  const laws = globSync('test/simulation/laws/*.ts', { cwd: root })
  expect(laws.length).toBeGreaterThan(8)
  const reach = [...reachOf('test/simulation/oracle.ts')]
  for (const law of laws) expect(reach).toContain(law)
  const others = reach.filter(file => !laws.includes(file) && file !== 'test/simulation/oracle.ts')
  // What it is told, and the shapes of it.
  expect(
    others.filter(
      file => !/^test\/simulation\/(evidence|escrow-terms|settings)\.ts$|^scripts\/fuzz\/reorg\/random\.ts$/.test(file),
    ),
  ).toEqual([])
})
