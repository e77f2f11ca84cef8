import { parseArgs } from 'node:util'
import { MutateFailure } from './failure.ts'

export type MutateOptions = {
  /** Only mutants of contracts/NAME.sol or contracts/libraries/NAME.sol. */
  readonly contract?: string
  /** Only so many mutants, taken at random. */
  readonly sample?: number
  readonly seed: string
  readonly json: boolean
}

export const usage = `npm run mutate [-- [--contract NAME] [--sample N] [--seed S] [--json]]

Changes the contracts in one place at a time and asks whether the Solidity tests notice. See docs/mutation.md.

  --contract NAME  only in this contract or library, e.g. Escrow, RefillBucket
  --sample N       only so many, taken at random
  --seed S         which ones; printed, so that a sample can be taken again
  --json           one line for machines: {ok, mutants, tried, counts, survivors, stale}

Exit code 0: every mutant was noticed, or is known to be equivalent (contracts/test/mutants.json). 1: not so, or that list is stale.
2: the arguments are wrong.`

/** Throws `arguments_invalid`. */
export const mutateOptions = (args: readonly string[], defaultSeed: string): MutateOptions | 'help' => {
  const values = parsed(args)
  if (values.help) return 'help'
  const { contract, sample, seed = defaultSeed, json = false } = values
  if (sample !== undefined && !/^[1-9]\d*$/.test(sample))
    throw new MutateFailure('arguments_invalid', '--sample needs a whole number above zero')
  return {
    ...(contract === undefined ? {} : { contract }),
    ...(sample === undefined ? {} : { sample: Number(sample) }),
    seed,
    json,
  }
}

const parsed = (args: readonly string[]) => {
  const text = { type: 'string' } as const
  const flag = { type: 'boolean' } as const
  try {
    return parseArgs({ args: [...args], options: { contract: text, sample: text, seed: text, json: flag, help: flag } }).values
  } catch (cause) {
    throw new MutateFailure('arguments_invalid', (cause as Error).message, { cause })
  }
}
