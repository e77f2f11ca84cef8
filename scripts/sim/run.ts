import { Worker } from 'node:worker_threads'
import type { Finding } from '../../test/simulation/laws/finding.ts'
import { addReport, emptyReport, type Report } from '../../test/simulation/report.ts'

/** What one thread does: every so many-th seed, until there are enough failures. */
export type Task = {
  readonly firstSeed: number
  readonly seeds: number
  readonly every: number
  readonly enough: number
  readonly plant?: string
}

type Message =
  | { readonly kind: 'failure'; readonly seed: number; readonly findings: readonly Finding[] }
  | { readonly kind: 'progress'; readonly worlds: number }
  | { readonly kind: 'report'; readonly report: Report }

export type Watching = {
  readonly onFailure?: (seed: number, findings: readonly Finding[]) => void
  readonly onProgress?: (worlds: number) => void
}

/** Runs `seeds` worlds from the first seed on, on as many threads as there are jobs. Rejects when a thread breaks. */
export const simulate = async (
  {
    seed,
    seeds,
    jobs,
    plant,
    enough = Number.POSITIVE_INFINITY,
  }: { seed: number; seeds: number; jobs: number; plant?: string; enough?: number },
  { onFailure = () => {}, onProgress = () => {} }: Watching = {},
): Promise<Report> => {
  const sum = emptyReport(seed)
  const threads = Math.min(jobs, seeds)
  const run = (index: number) =>
    new Promise<void>((resolve, reject) => {
      const task: Task = {
        firstSeed: seed + index,
        seeds: Math.ceil((seeds - index) / threads),
        every: threads,
        enough: enough / threads,
        ...(plant === undefined ? {} : { plant }),
      }
      const worker = new Worker(new URL('./lives.ts', import.meta.url), { workerData: task })
      worker.on('error', reject)
      worker.on('exit', code => (code === 0 ? resolve() : reject(new Error(`a thread ended with ${code}`))))
      worker.on('message', (message: Message) => {
        if (message.kind === 'failure') onFailure(message.seed, message.findings)
        else if (message.kind === 'progress') onProgress(message.worlds)
        else addReport(sum, message.report)
      })
    })
  await Promise.all(Array.from({ length: threads }, (_, index) => run(index)))
  return sum
}
