import type { FuzzReport } from './run.ts'

const shownFindings = 8

/** The report for a person. */
export const showReport = (report: FuzzReport): string => {
  const { seeds, firstSeed, reorgs, depths, deepReorgs, halts, resumes, restarts, faults, blocks, facts, commits, reorgsSeen } =
    report
  const { missed, phantom, twice, failures, seconds, seedsPerMinute } = report
  const list = (counts: Readonly<Record<string, number>>) =>
    Object.entries(counts)
      .map(([name, times]) => `${name}×${times}`)
      .join(' ')
  return [
    `${seeds} seeds from ${firstSeed} in ${seconds} s (${seedsPerMinute} a minute)`,
    `${blocks} blocks, ${facts} facts, ${commits} commits, ${restarts} restarts; ${reorgsSeen} reorgs rolled back of ${reorgs}; ${halts} halts of ${deepReorgs} reorgs below finality, ${resumes} resumes`,
    `depths: ${list(depths)}`,
    `faults: ${list(faults) || 'none'}`,
    `missed ${missed}, phantom ${phantom}, twice ${twice}; ${failures.length} seeds failed`,
    ...failures.flatMap(({ findings, repeat }) => [
      `\n${repeat}`,
      ...findings.slice(0, shownFindings).map(({ kind, what }) => `  ${kind}: ${what}`),
      ...(findings.length > shownFindings ? [`  and ${findings.length - shownFindings} more`] : []),
    ]),
  ].join('\n')
}
