import type { CrashReport } from './run.ts'

const shownViolations = 20

/** The report for a person. */
export const showReport = (report: CrashReport): string => {
  const {
    seed,
    kills,
    killsOf,
    stops,
    databaseRestarts,
    bankFaults,
    networkFaults,
    transfers,
    violations,
    secondsToRest,
    seconds,
  } = report
  const { doublePosts, repeats, cancels, deposits, actions, byState, byFate } = report
  const list = (counts: Readonly<Record<string, number>>) =>
    Object.entries(counts)
      .map(([name, n]) => `${n} ${name}`)
      .join(', ') || 'none'
  return [
    `seed ${seed}, ${seconds} s: ${kills} kills (${list(killsOf)}), ${stops} freezes, ${databaseRestarts} database restarts, ${bankFaults} faults of the bank, ${networkFaults} of the Stellar network`,
    `${transfers} transfers; ${doublePosts} sent twice at once, ${repeats} requests repeated, ${cancels} cancels, ${deposits} deposits`,
    `operators: ${list(actions)}`,
    `states: ${list(byState)}`,
    `fates: ${list(byFate)}`,
    secondsToRest === null ? 'IT DID NOT COME TO REST' : `at rest ${secondsToRest} s after the last fault`,
    `${violations.length} violations`,
    ...violations.slice(0, shownViolations).map(violation => `  ${violation}`),
    ...(violations.length > shownViolations ? [`  and ${violations.length - shownViolations} more`] : []),
  ].join('\n')
}
