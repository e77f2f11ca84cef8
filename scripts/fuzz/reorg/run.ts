import type { Finding } from './finding.ts'
import { runWorld, type Surroundings, type WorldReport } from './world.ts'

export type FuzzReport = {
  readonly firstSeed: number
  readonly seeds: number
  readonly reorgs: number
  /** How many reorgs of the chain had which depth. */
  readonly depths: Readonly<Record<number, number>>
  readonly deepReorgs: number
  readonly halts: number
  readonly resumes: number
  readonly restarts: number
  /** How often which fault struck. */
  readonly faults: Readonly<Record<string, number>>
  readonly blocks: number
  readonly facts: number
  readonly commits: number
  readonly reorgsSeen: number
  readonly missed: number
  readonly phantom: number
  readonly twice: number
  readonly failures: readonly { readonly seed: number; readonly findings: readonly Finding[]; readonly repeat: string }[]
  readonly seconds: number
  readonly seedsPerMinute: number
}

/** Runs `seeds` worlds from the first seed on, `jobs` at a time. */
export const fuzz = async (
  { seeds, seed, jobs }: { seeds: number; seed: number; jobs: number },
  surroundings: Surroundings,
  onWorld: (report: WorldReport, done: number) => void = () => {},
): Promise<FuzzReport> => {
  const began = performance.now()
  const reports: WorldReport[] = []
  let next = 0
  const worker = async () => {
    while (next < seeds) {
      const report = await runWorld(seed + next++, surroundings)
      reports.push(report)
      onWorld(report, reports.length)
    }
  }
  await Promise.all(Array.from({ length: Math.min(jobs, seeds) }, worker))
  return summary(seed, reports, (performance.now() - began) / 1_000)
}

const summary = (firstSeed: number, reports: readonly WorldReport[], seconds: number): FuzzReport => {
  const sum = (of: (report: WorldReport) => number) => reports.reduce((total, report) => total + of(report), 0)
  const found = (kind: Finding['kind']) => sum(({ findings }) => findings.filter(finding => finding.kind === kind).length)
  return {
    firstSeed,
    seeds: reports.length,
    reorgs: sum(({ depths }) => depths.length),
    depths: count(reports.flatMap(({ depths }) => depths)),
    deepReorgs: sum(report => report.deepReorgs),
    halts: sum(report => report.halts),
    resumes: sum(report => report.resumes),
    restarts: sum(report => report.restarts),
    faults: reports.reduce<Record<string, number>>((total, { faults }) => {
      for (const [name, times] of Object.entries(faults)) total[name] = (total[name] ?? 0) + times
      return total
    }, {}),
    blocks: sum(report => report.blocks),
    facts: sum(report => report.facts),
    commits: sum(report => report.commits),
    reorgsSeen: sum(report => report.reorgsSeen),
    missed: found('missed'),
    phantom: found('phantom'),
    twice: found('twice'),
    failures: reports
      .filter(({ findings }) => findings.length > 0)
      .map(({ seed, findings }) => ({ seed, findings, repeat: `npm run fuzz:reorg -- --seed ${seed}` })),
    seconds: Math.round(seconds),
    seedsPerMinute: Math.round((reports.length / seconds) * 600) / 10,
  }
}

const count = (values: readonly number[]): Record<number, number> => {
  const counts: Record<number, number> = {}
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1
  return counts
}
