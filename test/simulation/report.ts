import { catalogue } from './catalogue.ts'
import type { Finding } from './laws/finding.ts'
import { judge } from './oracle.ts'
import { runWorld, type WorldOptions } from './world.ts'

/** What one fault did over all worlds: how often it struck, and in how many worlds all that it had struck came to a lawful rest. */
export type Tally = { fired: number; recovered: number }

export type Report = {
  readonly firstSeed: number
  seeds: number
  readonly failures: { readonly seed: number; readonly findings: readonly Finding[] }[]
  readonly faults: Record<string, Tally>
  /** Transfers by the state in which they came to rest. */
  readonly endings: Record<string, number>
  kills: number
  /** Years that the worlds have lived, all together. */
  virtualYears: number
}

export const emptyReport = (firstSeed: number): Report => ({
  firstSeed,
  seeds: 0,
  failures: [],
  faults: Object.fromEntries(catalogue.map(({ name }) => [name, { fired: 0, recovered: 0 }])),
  endings: {},
  kills: 0,
  virtualYears: 0,
})

const msInYear = 365.25 * 86_400_000

/** Lets the world of a seed live, judges it, and adds it to the report. What a world throws is a finding, too. */
export const addSeed = async (report: Report, seed: number, options: WorldOptions = {}): Promise<readonly Finding[]> => {
  report.seeds++
  const world = await runWorld(seed, options).catch((error: unknown) => error)
  if (!isWorld(world)) {
    const findings = [{ law: 'harness', what: String((world as Error).stack ?? world) }]
    report.failures.push({ seed, findings })
    return findings
  }
  const findings = judge(world.evidence)
  if (findings.length > 0) report.failures.push({ seed, findings })
  for (const [name, { fired }] of world.struck) {
    const tally = report.faults[name]!
    tally.fired += fired
    if (findings.length === 0) tally.recovered++
  }
  for (const { state } of world.evidence.tables.transfers) report.endings[state] = (report.endings[state] ?? 0) + 1
  report.kills += world.kills
  report.virtualYears += world.virtualMs / msInYear
  return findings
}

const isWorld = (value: unknown): value is Awaited<ReturnType<typeof runWorld>> =>
  typeof value === 'object' && value !== null && 'evidence' in value

/** Adds one report to another: worlds that lived elsewhere. */
export const addReport = (sum: Report, part: Report): void => {
  sum.seeds += part.seeds
  sum.kills += part.kills
  sum.virtualYears += part.virtualYears
  sum.failures.push(...part.failures)
  sum.failures.sort((a, b) => a.seed - b.seed)
  for (const [name, { fired, recovered }] of Object.entries(part.faults)) {
    sum.faults[name]!.fired += fired
    sum.faults[name]!.recovered += recovered
  }
  for (const [state, count] of Object.entries(part.endings)) sum.endings[state] = (sum.endings[state] ?? 0) + count
}

/** Faults that never struck, or from which nothing ever recovered. */
export const uncovered = ({ faults }: Report): string[] =>
  Object.entries(faults).flatMap(([name, { fired, recovered }]) => (fired === 0 || recovered === 0 ? [name] : []))
