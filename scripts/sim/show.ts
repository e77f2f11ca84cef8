import { type Report, uncovered } from '../../test/simulation/report.ts'

const shownFindings = 8
// Few worlds lack most faults; --json has them all.
const shownFaults = 12

export const replayOf = (seed: number): string => `npm run sim -- --seed ${seed} --seeds 1 --trace`

/** The report for a person. */
export const showReport = (report: Report, seconds: number): string => {
  const { seeds, firstSeed, failures, faults, endings, kills, virtualYears } = report
  const struck = Object.values(faults).filter(({ fired }) => fired > 0).length
  const missing = uncovered(report)
  return [
    `${seeds} seeds from ${firstSeed} in ${Math.round(seconds)} s (${Math.round((seeds / seconds) * 60)} a minute), ${virtualYears.toFixed(2)} years`,
    `${Object.values(endings).reduce((sum, count) => sum + count, 0)} transfers: ${Object.entries(endings)
      .map(([state, count]) => `${state} ${count}`)
      .join(', ')}`,
    `${kills} kills; ${struck} of ${Object.keys(faults).length} faults struck`,
    ...(missing.length > 0
      ? [`${missing.length} not struck, or never recovered from${missing.length > shownFaults ? '' : `: ${missing.join('; ')}`}`]
      : []),
    `${failures.length} seeds failed`,
    ...failures.flatMap(({ seed, findings }) => [
      `\n${replayOf(seed)}`,
      ...findings.slice(0, shownFindings).map(({ law, what }) => `  ${law}: ${what}`),
      ...(findings.length > shownFindings ? [`  and ${findings.length - shownFindings} more`] : []),
    ]),
  ].join('\n')
}
