import { createRequire } from 'node:module'
import { parentPort, workerData } from 'node:worker_threads'
import { readText } from './source.ts'

// A thread of its own, because the compiler is one call that returns after seconds. It stays, because it gets faster with use.
const { compile } = createRequire(import.meta.url)('solc') as {
  compile: (input: string, callbacks: { import: (path: string) => { contents: string } | { error: string } }) => string
}

const { root, packages } = workerData as { root: string; packages: string }
const texts = new Map<string, string>()
const read = (path: string): string => {
  const known = texts.get(path) ?? (path.startsWith('@') ? readText(packages, path) : readText(root, path))
  texts.set(path, known)
  return known
}

parentPort?.on('message', (input: unknown) => {
  const output = compile(JSON.stringify(input), { import: path => ({ contents: read(path) }) })
  parentPort?.postMessage(JSON.parse(output))
})
