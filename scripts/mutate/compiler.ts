import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { repository } from '../local/child.ts'
import { declarationsOf, type Node } from './ast.ts'
import { readText } from './source.ts'

const timeoutMs = 300_000

/** By their place in the project. What is not given is read from there. */
export type Sources = Readonly<Record<string, string>>

export type Compiler = {
  /** The creation code of contracts (`contracts/Escrow.sol:Escrow`), under the settings of production but for the hash of the sources
   * at the end of it; or what the compiler has against them. */
  readonly bytecode: (
    contracts: readonly string[],
    changed?: Sources,
  ) => Promise<Readonly<Record<string, string>> | { refused: string }>
  readonly refuses: (file: string, text: string) => Promise<boolean>
  readonly parse: (files: readonly string[]) => Promise<Parsed>
  readonly stop: () => Promise<unknown>
}

export type Parsed = {
  readonly asts: Readonly<Record<string, Node>>
  readonly declarations: ReturnType<typeof declarationsOf>
  /** The files that a file needs, directly or not, itself included. */
  readonly needs: (file: string) => ReadonlySet<string>
}

type Output = {
  readonly errors?: readonly { severity: string; formattedMessage: string }[]
  readonly sources?: Readonly<Record<string, { ast: Node }>>
  readonly contracts?: Readonly<Record<string, Record<string, { evm: { bytecode: { object: string } } }>>>
}

/** One compiler, for one job at a time. `settings` are those of Hardhat. */
export const startCompiler = (root: string, settings: Readonly<Record<string, unknown>>): Compiler => {
  const workerData = { root, packages: join(repository, 'node_modules') }
  const thread = new Worker(new URL('./solc-thread.ts', import.meta.url), { workerData })
  const readSource = (file: string) => readText(root, file)
  const run = (sources: Sources, outputSelection: Record<string, Record<string, string[]>>) =>
    new Promise<Output>((resolve, reject) => {
      const settle = (how: () => void) => {
        clearTimeout(timer)
        thread.off('message', answered).off('error', failed)
        how()
      }
      const answered = (output: Output) => settle(() => resolve(output))
      const failed = (error: unknown) => settle(() => reject(error))
      const timer = setTimeout(() => failed(new Error('the compiler does not come back')), timeoutMs)
      thread.on('message', answered).on('error', failed)
      thread.postMessage({
        language: 'Solidity',
        sources: Object.fromEntries(Object.entries(sources).map(([file, content]) => [file, { content }])),
        settings: { ...settings, metadata: { appendCBOR: false }, outputSelection },
      })
    })
  return {
    bytecode: async (contracts, changed = {}) => {
      const named = contracts.map(contract => contract.split(':') as [file: string, name: string])
      const sources = { ...Object.fromEntries(named.map(([file]) => [file, readSource(file)])), ...changed }
      const output = await run(
        sources,
        Object.fromEntries(named.map(([file, name]) => [file, { [name]: ['evm.bytecode.object'] }])),
      )
      const refused = errorOf(output)
      if (refused !== undefined) return { refused }
      return Object.fromEntries(
        named.map(([file, name]) => [`${file}:${name}`, output.contracts?.[file]?.[name]?.evm.bytecode.object ?? '']),
      )
    },
    refuses: async (file, text) => errorOf(await run({ [file]: text }, { '*': { '': ['ast'] } })) !== undefined,
    parse: async files => {
      const output = await run(Object.fromEntries(files.map(file => [file, readSource(file)])), { '*': { '': ['ast'] } })
      const refused = errorOf(output)
      if (refused !== undefined) throw new Error(refused)
      const asts = Object.fromEntries(Object.entries(output.sources ?? {}).map(([file, { ast }]) => [file, ast]))
      return { asts, declarations: declarationsOf(Object.values(asts)), needs: file => needsOf(file, asts) }
    },
    stop: () => thread.terminate(),
  }
}

const errorOf = ({ errors = [] }: Output) => errors.find(({ severity }) => severity === 'error')?.formattedMessage

const needsOf = (file: string, asts: Readonly<Record<string, Node>>, found = new Set<string>()): ReadonlySet<string> => {
  if (found.has(file)) return found
  found.add(file)
  for (const { nodeType, absolutePath } of asts[file]?.nodes ?? [])
    if (nodeType === 'ImportDirective') needsOf(absolutePath!, asts, found)
  return found
}
