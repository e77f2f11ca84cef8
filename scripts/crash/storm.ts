import { setTimeout as after } from 'node:timers/promises'
import type { Random } from '../fuzz/reorg/random.ts'

export type Victim = {
  readonly name: string
  /** How often it is the victim, beside the others. */
  readonly weight: number
  readonly isUp: () => boolean
  readonly kill: () => Promise<void>
  /** Of a process that can be frozen. */
  readonly pid?: () => number
}

export type Storm = {
  readonly kills: Readonly<Record<string, number>>
  readonly stops: number
  readonly databaseRestarts: number
  readonly bankFaults: number
  readonly networkFaults: number
}

export type StormOptions = {
  readonly random: Random
  readonly kills: number
  readonly victims: readonly Victim[]
  /** A frozen process sleeps longer than this, and up to three times as long. */
  readonly leaseMs: number
  readonly crashDatabase: (() => Promise<void>) | undefined
  /** One more thing that the bank does wrong. */
  readonly disturbBank: () => Promise<void>
  /** The same of the Stellar network. */
  readonly disturbNetwork: () => Promise<void>
  readonly onKill: (done: number) => void
}

const recoveryMs = 30_000

/** Kills, freezes and cuts off until there have been enough kills; ends when nobody is frozen any more. */
export const storm = async (options: StormOptions): Promise<Storm> => {
  const { random, victims, leaseMs, crashDatabase, onKill } = options
  const kills: Record<string, number> = Object.fromEntries(victims.map(({ name }) => [name, 0]))
  const frozen = new Set<string>()
  const thaws: Promise<void>[] = []
  let [killed, stops, databaseRestarts, bankFaults, networkFaults] = [0, 0, 0, 0, 0]
  const weighted = victims.flatMap(victim => Array.from({ length: victim.weight }, () => victim))

  const kill = async (victim: Victim) => {
    if (!victim.isUp()) {
      if (!(await isUpSoon(victim))) return
      // Killed as soon as it is up it would never do anything that could go wrong.
      await after(random.between(100, 1_500))
      if (!victim.isUp()) return
    }
    await victim.kill()
    kills[victim.name]!++
    onKill(++killed)
  }

  const freeze = ({ name, pid, isUp }: Victim) => {
    if (pid === undefined || frozen.has(name) || !isUp()) return
    const sleeper = pid()
    const sleepMs = random.between(Math.ceil(leaseMs * 1.2), leaseMs * 3)
    if (!signal(sleeper, 'SIGSTOP')) return
    frozen.add(name)
    stops++
    thaws.push(
      after(sleepMs).then(() => {
        signal(sleeper, 'SIGCONT')
        frozen.delete(name)
      }),
    )
  }

  const restartDatabase = async () => {
    if (crashDatabase === undefined) return
    await crashDatabase()
    databaseRestarts++
  }

  const disturbBank = async () => {
    // A bank that is dead just now disturbs nobody.
    await options.disturbBank().then(
      () => bankFaults++,
      () => {},
    )
  }
  const disturbNetwork = async () => {
    await options.disturbNetwork()
    networkFaults++
  }

  while (killed < options.kills) {
    await after(random.between(50, 800))
    const kind = random.between(1, 100)
    const victim = random.pick(weighted)
    if (kind <= 65) await kill(victim)
    else if (kind <= 80) freeze(victim)
    else if (kind <= 84) await restartDatabase()
    else if (kind <= 93) await disturbBank()
    else await disturbNetwork()
  }
  await Promise.all(thaws)
  return { kills, stops, databaseRestarts, bankFaults, networkFaults }
}

/** Whether it came up again in time to be the next victim. */
const isUpSoon = async ({ isUp }: Victim): Promise<boolean> => {
  const untilMs = performance.now() + recoveryMs
  while (!isUp() && performance.now() < untilMs) await after(20)
  return isUp()
}

/** False when the process has gone. */
const signal = (pid: number, name: NodeJS.Signals): boolean => {
  try {
    return process.kill(pid, name)
  } catch {
    return false
  }
}
