import { readFileSync } from 'node:fs'

/** The most that a process has held in memory so far. Null where there is no /proc to read. */
export const peakResidentMb = (pid: number): number | null => {
  try {
    const kilobytes = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
    return kilobytes === undefined ? null : Math.round(Number(kilobytes) / 1_024)
  } catch {
    return null
  }
}
