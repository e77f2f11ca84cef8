import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** What takes longest, by measurement. Started last it would run on alone, with half of the machine idle. */
const longest = [
  'test/scenarios/crash.test.ts',
  'test/scenarios/stellar.test.ts',
  'test/simulation/simulation.test.ts',
  'test/scenarios/bank-faults.test.ts',
  'test/scenarios/deploy.test.ts',
  'scripts/fuzz/reorg/fuzz.test.ts',
  'indexer/src/stellar/faults.test.ts',
  'scripts/mutate/run.test.ts',
]

/** Those first; the others as vitest has them, by what they took the last time or by their size. */
export default class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = (file: TestSpecification) => {
      const index = longest.findIndex(name => file.moduleId.endsWith(`/${name}`))
      return index < 0 ? longest.length : index
    }
    return (await super.sort(files)).sort((a, b) => rank(a) - rank(b))
  }
}
