import { basename } from 'node:path'
import type { Compiler, Sources } from './compiler.ts'
import { type Mutant, mutate } from './mutant.ts'
import { asText } from './source.ts'
import type { TestRun, Tree } from './tree.ts'

export type Verdict =
  /** By the first test that failed. */
  | { readonly kind: 'killed'; readonly by: string }
  | { readonly kind: 'survived' }
  | { readonly kind: 'timedOut' }
  /** The same code came out. */
  | { readonly kind: 'equivalent' }
  | { readonly kind: 'notCompiled' }

/** What it takes to judge one mutant at a time. */
export type Bench = {
  readonly compiler: Compiler
  /** Tests take the contracts from its artifacts, which are what is mutated; its sources stay as they are. */
  readonly tree: Tree
  /** Tests of a library compile it in: here its source is mutated, and nothing else is ever run. */
  readonly libraryTree: Tree
  /** The deployed contracts unmutated, hex by `contracts/Escrow.sol:Escrow`. */
  readonly original: Readonly<Record<string, string>>
  /** The deployed contracts that a file is part of. */
  readonly contractsWith: (file: string) => readonly string[]
  readonly read: (file: string) => string
  readonly timeoutMs: number
}

/** The cheapest first: a library's own tests, all tests of the deployed contracts, and for what is left random histories. */
export const judge = async (mutant: Mutant, bench: Bench): Promise<Verdict> => {
  const { file } = mutant
  const original = bench.read(file)
  const text = asText(mutate(original, mutant))
  if (isLibrary(file)) {
    if (await bench.compiler.refuses(file, text)) return { kind: 'notCompiled' }
    bench.libraryTree.write(file, text)
    const run = await bench.libraryTree.test({ files: [ownTests(file)], timeoutMs: bench.timeoutMs })
    bench.libraryTree.write(file, asText(original))
    if (run.kind !== 'passed') return verdictOf(run)
  }
  return judgeDeployed({ [file]: text }, bench.contractsWith(file), bench)
}

const judgeDeployed = async (changed: Sources, contracts: readonly string[], bench: Bench): Promise<Verdict> => {
  const mutated = await bench.compiler.bytecode(contracts, changed)
  if ('refused' in mutated) return { kind: 'notCompiled' }
  if (contracts.every(contract => mutated[contract] === bench.original[contract])) return { kind: 'equivalent' }
  for (const [contract, bytecode] of Object.entries({ ...bench.original, ...mutated })) bench.tree.plant(contract, bytecode)
  const examples = await bench.tree.test({ ...exampleTests, timeoutMs: bench.timeoutMs })
  if (examples.kind !== 'passed') return verdictOf(examples)
  return verdictOf(await bench.tree.test({ ...historyTests, timeoutMs: bench.timeoutMs }))
}

/** Less of what `npm test` does, because a mutant that is not noticed soon is rarely noticed at all. */
export const exampleTests = { grepExclude: '^invariant_', env: { FUZZ_RUNS: '64' } }
export const historyTests = { grep: '^invariant_', env: { INVARIANT_RUNS: '8', INVARIANT_DEPTH: '250' } }

/** Their functions are compiled into what uses them, tests included. */
export const isLibrary = (file: string): boolean => file.includes('/libraries/')

export const ownTests = (library: string): string => `contracts/test/${basename(library, '.sol')}.t.sol`

const verdictOf = (run: TestRun): Verdict => {
  if (run.kind === 'failed') return { kind: 'killed', by: run.test }
  return { kind: run.kind === 'passed' ? 'survived' : 'timedOut' }
}
