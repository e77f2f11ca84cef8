import { createHash } from 'node:crypto'
import type { Mutant } from './mutant.ts'

/** Some of the mutants, the same ones for the same seed: those whose hash is lowest, so that one that is new changes little. */
export const sampleOf = (mutants: readonly Mutant[], size: number, seed: string): Mutant[] => {
  const rank = ({ file, start, original, replacement }: Mutant) =>
    createHash('sha256').update([seed, file, start, original, replacement].join('\0')).digest('hex')
  const ranked = mutants.map(mutant => ({ mutant, rank: rank(mutant) }))
  return ranked
    .sort((a, b) => (a.rank < b.rank ? -1 : 1))
    .slice(0, size)
    .map(({ mutant }) => mutant)
}
