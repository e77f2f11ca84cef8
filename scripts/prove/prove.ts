import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { repository } from '../local/child.ts'
import type { Solver } from './solver.ts'

/** What the compiler says about one assertion of a proof. */
export type Verdict = {
  readonly file: string
  readonly line: number
  /** The function that the assertion stands in. */
  readonly claim: string
  readonly assertion: string
  /** `refuted`: the solver has a counterexample. `unproved`: it ran out of time, or the encoding knows too little. */
  readonly verdict: 'proved' | 'unproved' | 'refuted'
}

type Message = {
  readonly severity: string
  readonly errorCode?: string
  readonly message: string
  readonly sourceLocation?: { readonly file: string; readonly start: number; readonly end: number }
}

// The numbers that solc gives to what it says: https://docs.soliditylang.org/en/latest/smtchecker.html shows them in its examples.
const provedCode = '9576'
const violatedCode = '6328'

const require = createRequire(import.meta.url)

/** Lets the compiler's SMTChecker try every assertion of a file of proofs. Throws when the file does not compile. */
export const prove = (file: string, solver: Pick<Solver, 'solve'>): Verdict[] => {
  const solc = require('solc')
  const input = {
    language: 'Solidity',
    sources: { [file]: { content: readSource(file) } },
    settings: {
      evmVersion: 'cancun',
      outputSelection: { '*': { '*': [] } },
      modelChecker: {
        engine: 'chc',
        contracts: { [file]: [contractIn(file)] },
        targets: ['assert'],
        solvers: ['smtlib2'],
        showProvedSafe: true,
        showUnproved: true,
      },
    },
  }
  const callbacks = {
    import: (path: string) => ({ contents: readSource(path) }),
    smtSolver: (query: string) => ({ contents: solver.solve(query) }),
  }
  const output = JSON.parse(solc.compile(JSON.stringify(input), callbacks)) as { errors?: Message[] }
  const messages = output.errors ?? []
  const broken = messages.find(({ severity }) => severity === 'error')
  if (broken) throw new Error(`${file}: ${broken.message}`)
  return messages.flatMap(message => verdictOf(message) ?? [])
}

const verdictOf = ({ errorCode, message, sourceLocation }: Message): Verdict | undefined => {
  if (!sourceLocation || (errorCode !== provedCode && errorCode !== violatedCode)) return undefined
  const { file, start, end } = sourceLocation
  // The compiler counts bytes.
  const bytes = Buffer.from(readSource(file))
  const before = bytes.subarray(0, start).toString()
  const claims = [...before.matchAll(/\bfunction (\w+)/g)]
  return {
    file,
    line: before.split('\n').length,
    claim: claims.at(-1)?.[1] ?? '',
    assertion: bytes.subarray(start, end).toString(),
    verdict: errorCode === provedCode ? 'proved' : /\bhappens here\b/.test(message) ? 'refuted' : 'unproved',
  }
}

const contractIn = (file: string) => /\bcontract (\w+)/.exec(readSource(file))![1]!

const readSource = (path: string) => readFileSync(path.startsWith('@') ? require.resolve(path) : join(repository, path), 'utf8')
