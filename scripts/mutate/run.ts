import { existsSync } from 'node:fs'
import { basename, join } from 'node:path'
import hre from 'hardhat'
import { createWorkspace } from '../local/workspace.ts'
import { type Compiler, startCompiler } from './compiler.ts'
import { MutateFailure } from './failure.ts'
import { type Bench, exampleTests, historyTests, judge } from './judge.ts'
import { parseKnown } from './known-equivalents.ts'
import type { Mutant } from './mutant.ts'
import { mutantsOf } from './mutants-of.ts'
import type { MutateOptions } from './options.ts'
import type { Project } from './project.ts'
import { type Judged, type Report, reportOf } from './report.ts'
import { sampleOf } from './sample.ts'
import { readBytes, readText } from './source.ts'
import { copyTree, type Tree } from './tree.ts'

const knownFile = 'contracts/test/mutants.json'
const lanes = 2
/** The first run compiles everything; later ones are killed when they take ten times as long as the tests of the original. */
const firstRunTimeoutMs = 900_000
const shortestTimeoutMs = 60_000

/** Tells what becomes of each mutant as soon as it is known. */
export const runMutants = async (
  project: Project,
  options: MutateOptions,
  tell: (judged: Judged, done: number, of: number) => void,
): Promise<Report> => {
  const { root, deployed } = project
  const startedAt = Date.now()
  const workspace = createWorkspace()
  // First, because a mistake in it must not cost a whole run.
  const known = existsSync(join(root, knownFile)) ? parseKnown(readText(root, knownFile)) : []
  const settings = hre.config.solidity.profiles.default!.compilers[0]!.settings
  const compilers = Array.from({ length: lanes }, () => startCompiler(root, settings))
  try {
    const { all, contractsWith } = await findMutants(project, compilers[0]!)
    const wanted = all.filter(({ file }) => options.contract === undefined || basename(file, '.sol') === options.contract)
    if (wanted.length === 0) throw new MutateFailure('arguments_invalid', `there is nothing to mutate in ${options.contract}`)
    const chosen = options.sample === undefined ? wanted : sampleOf(wanted, options.sample, options.seed)
    const original = await compilers[0]!.bytecode(deployed)
    if ('refused' in original) throw new Error(original.refused)
    const first = copyTree(join(workspace.folder, 'original'), root)
    const timeoutMs = Math.max(shortestTimeoutMs, 10 * (await rehearse(first, original)))
    const benches = compilers.map((compiler, lane): Bench => {
      const tree = copyTree(join(workspace.folder, `lane-${lane}`), first.folder)
      const libraryTree = copyTree(join(workspace.folder, `lane-${lane}-libraries`), first.folder)
      return { compiler, tree, libraryTree, original, contractsWith, read: file => readBytes(root, file), timeoutMs }
    })
    // Also that a copy need not be compiled again.
    await Promise.all(benches.map(({ tree }) => mustPass(tree.test({ ...exampleTests, timeoutMs }))))
    const judged = await judgeAll(chosen, benches, tell)
    return reportOf({
      all,
      judged,
      known,
      minutes: Math.round((Date.now() - startedAt) / 60_000),
      ...(options.sample === undefined ? {} : { seed: options.seed }),
    })
  } finally {
    await Promise.all(compilers.map(compiler => compiler.stop()))
    workspace.remove()
  }
}

const findMutants = async ({ root, sources, deployed }: Project, compiler: Compiler) => {
  const { asts, declarations, needs } = await compiler.parse(sources)
  const all = sources.flatMap(file => mutantsOf(file, readBytes(root, file), asts[file]!, declarations))
  return { all, contractsWith: (file: string) => deployed.filter(contract => needs(contract.split(':')[0]!).has(file)) }
}

/** A test that fails without a mutant would kill them all. Returns how long the tests take. */
const rehearse = async (tree: Tree, original: Readonly<Record<string, string>>): Promise<number> => {
  await mustPass(tree.test({ ...exampleTests, compile: true, timeoutMs: firstRunTimeoutMs }))
  for (const [contract, bytecode] of Object.entries(original)) tree.plant(contract, bytecode)
  await mustPass(tree.test({ ...historyTests, timeoutMs: firstRunTimeoutMs }))
  const startedAt = Date.now()
  await mustPass(tree.test({ ...exampleTests, timeoutMs: firstRunTimeoutMs }))
  return Date.now() - startedAt
}

const mustPass = async (run: ReturnType<Tree['test']>) => {
  const result = await run
  if (result.kind !== 'passed') throw new Error(`the original fails: ${result.kind === 'failed' ? result.test : result.kind}`)
}

const judgeAll = async (
  mutants: readonly Mutant[],
  benches: readonly Bench[],
  tell: (judged: Judged, done: number, of: number) => void,
): Promise<Judged[]> => {
  const waiting = [...mutants]
  const judged: Judged[] = []
  const work = async (bench: Bench) => {
    for (let mutant = waiting.shift(); mutant !== undefined; mutant = waiting.shift()) {
      const result = { mutant, verdict: await judge(mutant, bench) }
      judged.push(result)
      tell(result, judged.length, mutants.length)
    }
  }
  await Promise.all(benches.map(work))
  return judged
}
