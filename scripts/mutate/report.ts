import type { Verdict } from './judge.ts'
import { isMutantOf, type KnownEquivalent } from './known-equivalents.ts'
import { describe, type Mutant } from './mutant.ts'

export type Judged = { readonly mutant: Mutant; readonly verdict: Verdict }

export type Report = {
  readonly ok: boolean
  /** How many there are, and how many of them were tried. */
  readonly mutants: number
  readonly tried: number
  readonly seed?: string
  readonly minutes: number
  readonly counts: Readonly<Record<Verdict['kind'] | 'known', number>>
  /** Not on the list of known ones. */
  readonly survivors: readonly Mutant[]
  /** On the list, but there is no such mutant, or the tests noticed it. */
  readonly stale: readonly KnownEquivalent[]
}

type Run = {
  readonly all: readonly Mutant[]
  readonly judged: readonly Judged[]
  readonly known: readonly KnownEquivalent[]
  readonly minutes: number
  readonly seed?: string
}

export const reportOf = ({ all, judged, known, minutes, seed }: Run): Report => {
  const survivors = judged.filter(({ verdict }) => verdict.kind === 'survived').map(({ mutant }) => mutant)
  const unknown = survivors.filter(mutant => !known.some(entry => isMutantOf(entry, mutant)))
  const stale = known.filter(entry => {
    if (!all.some(mutant => isMutantOf(entry, mutant))) return true
    const own = judged.filter(({ mutant }) => isMutantOf(entry, mutant))
    return own.some(({ verdict }) => verdict.kind === 'killed' || verdict.kind === 'timedOut')
  })
  const count = (kind: Verdict['kind']) => judged.filter(({ verdict }) => verdict.kind === kind).length
  return {
    ok: unknown.length === 0 && stale.length === 0,
    mutants: all.length,
    tried: judged.length,
    ...(seed === undefined ? {} : { seed }),
    minutes,
    counts: {
      killed: count('killed'),
      timedOut: count('timedOut'),
      survived: unknown.length,
      known: survivors.length - unknown.length,
      equivalent: count('equivalent'),
      notCompiled: count('notCompiled'),
    },
    survivors: unknown,
    stale,
  }
}

export const showReport = ({ mutants, tried, seed, minutes, counts, survivors, stale }: Report): string =>
  [
    ...survivors.map(mutant => `survived  ${mutant.file}:${mutant.line} (${mutant.operator})\n${diff(mutant)}`),
    ...stale.map(
      ({ file, within, original, replacement }) => `stale     ${file}, ${within}: ${original} → ${replacement} is not a survivor`,
    ),
    `${tried} of ${mutants} mutants${seed === undefined ? '' : `, sampled with seed ${seed}`}, ${minutes} minutes: ` +
      `${counts.killed} killed, ${counts.timedOut} timed out, ${counts.survived} survived, ${counts.known} known to be equivalent, ` +
      `${counts.equivalent} compiled to the same, ${counts.notCompiled} not compiled`,
  ].join('\n')

const diff = ({ original, replacement }: Mutant) =>
  [...original.split('\n').map(line => `  - ${line.trim()}`), ...replacement.split('\n').map(line => `  + ${line.trim()}`)].join(
    '\n',
  )

/** One line for a mutant that was judged. */
export const showVerdict = ({ mutant, verdict }: Judged): string =>
  `${verdict.kind.padEnd(11)} ${mutant.file}:${mutant.line} ${mutant.operator}, ${describe(mutant)}${
    verdict.kind === 'killed' ? ` (${verdict.by.replace(/\(.*/, '')})` : ''
  }`
