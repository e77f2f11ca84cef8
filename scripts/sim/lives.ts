import { parentPort, workerData } from 'node:worker_threads'
import { planted } from '../../test/simulation/planted/planted.ts'
import { addSeed, emptyReport } from '../../test/simulation/report.ts'
import type { Task } from './run.ts'

// One thread of the simulation: the worlds of its task, one after the other.
const { firstSeed, seeds, every, plant, enough } = workerData as Task
const bug = plant === undefined ? undefined : planted.find(({ name }) => name === plant)
const options = bug && { ...bug, wanted: bug.shownBy }
// What is planted may leave the answer of a call unheard; the oracle judges what becomes of that. Of the product nothing may.
if (bug !== undefined) process.on('unhandledRejection', () => {})
// Errors are answers here, many in each world, and nobody reads where they were made. Whoever replays a seed has them whole.
Error.stackTraceLimit = 0
const report = emptyReport(firstSeed)
for (let index = 0; index < seeds && report.failures.length < enough; index++) {
  const seed = firstSeed + index * every
  const findings = await addSeed(report, seed, options)
  if (findings.length > 0 && bug === undefined) parentPort!.postMessage({ kind: 'failure', seed, findings })
  else if (index % 50 === 49) parentPort!.postMessage({ kind: 'progress', worlds: 50 })
}
parentPort!.postMessage({ kind: 'report', report })
