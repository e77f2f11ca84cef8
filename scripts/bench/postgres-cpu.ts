import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

// USER_HZ, which Linux fixes at 100 for what it shows in /proc.
const tickMs = 10

/** CPU time of the embedded Postgres so far, all its processes together, ended ones too, in milliseconds. Undefined where there is no /proc to read. */
export const postgresCpuMs = (folder: string): number | undefined => {
  try {
    const postmaster = readFileSync(join(folder, 'postgres', 'postmaster.pid'), 'utf8').split('\n')[0]
    return readdirSync('/proc')
      .filter(name => /^\d+$/.test(name))
      .map(pid => statOf(pid))
      .filter(stat => stat !== undefined && (stat.pid === postmaster || stat.parent === postmaster))
      .reduce((sum, stat) => sum + (stat!.ticks + (stat!.pid === postmaster ? stat!.endedTicks : 0)) * tickMs, 0)
  } catch {
    return undefined
  }
}

/** CPU time of one process so far, in milliseconds. */
export const cpuMsOf = (pid: number): number | undefined => {
  const stat = statOf(String(pid))
  return stat && stat.ticks * tickMs
}

type Stat = { readonly pid: string; readonly parent: string; readonly ticks: number; readonly endedTicks: number }

const statOf = (pid: string): Stat | undefined => {
  try {
    // The command's name may hold blanks: the fields count from behind its closing parenthesis (proc_pid_stat(5)).
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const ticks = (user: number, system: number) => Number(fields[user]) + Number(fields[system])
    // What children that have ended took is added to their parent: autovacuum comes and goes.
    return { pid, parent: fields[1]!, ticks: ticks(11, 12), endedTicks: ticks(13, 14) }
  } catch {
    return undefined // it ended meanwhile
  }
}
