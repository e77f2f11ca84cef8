import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

// USER_HZ, which Linux fixes at 100 for what it shows in /proc.
const tickMs = 10

/** CPU time of the embedded Postgres so far, all its processes together, in milliseconds. Undefined where there is no /proc to read. */
export const postgresCpuMs = (folder: string): number | undefined => {
  try {
    const postmaster = readFileSync(join(folder, 'postgres', 'postmaster.pid'), 'utf8').split('\n')[0]
    return readdirSync('/proc')
      .filter(name => /^\d+$/.test(name))
      .map(pid => statOf(pid))
      .filter(stat => stat !== undefined && (stat.pid === postmaster || stat.parent === postmaster))
      .reduce((sum, stat) => sum + stat!.ticks * tickMs, 0)
  } catch {
    return undefined
  }
}

/** CPU time of one process so far, in milliseconds. */
export const cpuMsOf = (pid: number): number | undefined => {
  const stat = statOf(String(pid))
  return stat && stat.ticks * tickMs
}

const statOf = (pid: string): { pid: string; parent: string; ticks: number } | undefined => {
  try {
    // The command's name may hold blanks: the fields count from behind its closing parenthesis (proc_pid_stat(5)).
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return { pid, parent: fields[1]!, ticks: Number(fields[11]) + Number(fields[12]) }
  } catch {
    return undefined // it ended meanwhile
  }
}
