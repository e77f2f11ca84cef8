import { spawn, spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { repository } from '../local/child.ts'
import type { Claim } from './claims.ts'

export type Search = {
  readonly claim: Claim
  /** `holds`: every reachable state was looked at. `refuted`: there is a counterexample. `unfinished`: neither; the reason is in `detail`. */
  readonly verdict: 'holds' | 'refuted' | 'unfinished'
  readonly states: number
  readonly depth: number
  readonly seconds: number
  /** What was violated. */
  readonly detail: string
  /** The counterexample, as spin replays it. */
  readonly trail?: string
}

const models = join(repository, 'test/model')
const deepest = '20000000'
const memoryMb = 12_000

/** The version of spin; undefined where spin or a C compiler is missing. */
export const findSpin = (): string | undefined => {
  const spin = spawnSync('spin', ['-V'], { encoding: 'utf8' })
  const compiler = spawnSync('gcc', ['--version'])
  return spin.status === 0 && compiler.status === 0 ? spin.stdout.trim() : undefined
}

/** Searches all states of a model with spin; the search itself may take `patienceMs`. */
export const search = async (claim: Claim, patienceMs: number): Promise<Search> => {
  const folder = mkdtempSync(join(tmpdir(), 'causeway-model-'))
  const startedMs = performance.now()
  const defines = claim.defines.map(define => `-D${define}`)
  try {
    cpSync(models, folder, { recursive: true })
    await must(folder, 'spin', [...defines, '-a', claim.model])
    // What is refuted is refuted at once: there the compiler is what takes time.
    const effort = claim.planted === undefined ? '-O2' : '-O0'
    await must(folder, 'gcc', [effort, '-w', `-DMEMLIM=${memoryMb}`, '-DSAFETY', '-DNOCLAIM', '-o', 'pan', 'pan.c'])
    const { output } = await run(folder, './pan', ['-E', '-n', `-m${deepest}`], patienceMs)

    const read = (pattern: RegExp) => Number(pattern.exec(output)?.[1] ?? 0)
    const errors = /errors: (\d+)/.exec(output)?.[1]
    const refuted = errors !== undefined && errors !== '0'
    const incomplete = /max search depth too small|out of memory/.exec(output)?.[0]
    return {
      claim,
      verdict: refuted ? 'refuted' : errors === '0' && incomplete === undefined ? 'holds' : 'unfinished',
      states: read(/(\d+) states, stored/),
      depth: read(/depth reached (\d+)/),
      seconds: Math.round((performance.now() - startedMs) / 100) / 10,
      detail: /^pan:1: (.*)$/m.exec(output)?.[1] ?? incomplete ?? (errors === undefined ? 'the search did not end' : ''),
      ...(refuted ? { trail: (await run(folder, 'spin', [...defines, '-t', '-p', '-g', claim.model])).output } : {}),
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

type Ended = { readonly ok: boolean; readonly output: string }

const run = (cwd: string, command: string, args: readonly string[], timeout?: number): Promise<Ended> =>
  new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'], ...(timeout === undefined ? {} : { timeout }) })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk))
    child.once('error', reject)
    child.once('close', code => resolve({ ok: code === 0, output }))
  })

const must = async (cwd: string, command: string, args: readonly string[]): Promise<void> => {
  const { ok, output } = await run(cwd, command, args)
  if (!ok) throw new Error(`${command} ${args.join(' ')}:\n${output}`)
}

/** Keeps a counterexample for a person to read. */
export const keepTrail = ({ claim, trail }: Search): string => {
  const file = join(tmpdir(), `${[claim.model, ...claim.defines].join('-')}.trail.txt`)
  writeFileSync(file, trail ?? '')
  return file
}
