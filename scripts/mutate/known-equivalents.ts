import { z } from 'zod'
import type { Mutant } from './mutant.ts'

const schema = z.array(
  z.strictObject({
    file: z.string(),
    within: z.string(),
    /** The line where it begins: what else is on it may have the same original. */
    code: z.string(),
    original: z.string(),
    replacement: z.string(),
    /** Why no test can tell it from the original, or need not. */
    reason: z.string().min(20),
  }),
)

export type KnownEquivalent = z.infer<typeof schema>[number]

/** `contracts/test/mutants.json`. Without line numbers, so that an entry stays true when lines move. */
export const parseKnown = (json: string): KnownEquivalent[] => schema.parse(JSON.parse(json))

export const isMutantOf = (known: KnownEquivalent, mutant: Mutant): boolean =>
  known.file === mutant.file &&
  known.within === mutant.within &&
  known.code === mutant.code &&
  known.original === mutant.original &&
  known.replacement === mutant.replacement
