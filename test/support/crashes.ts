import { randomUUID } from 'node:crypto'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'
import type { WorldOptions } from '../../scripts/local/world.ts'
import type { CrashOrder, SuccessorCall } from './crash-on-order.ts'
import { type Scenario, startScenario } from './scenario.ts'
import { until } from './until.ts'

type Role = 'service' | 'indexer'
type Point = { readonly role: Role; readonly point: string; readonly n: number }
/** Drives one transfer to its end; `armed` is called where the crash may come from. */
export type Path = (armed: () => void) => Promise<void>

const preload = fileURLToPath(new URL('./crash-on-order.ts', import.meta.url))
const modules: Record<Role, string> = {
  service: new URL('../../bridge-service/src/app.ts', import.meta.url).href,
  indexer: new URL('../../indexer/src/indexer.ts', import.meta.url).href,
}

// What happens by the clock and not by the transfer: how often in one run is chance, so once on all paths is enough.
const byTheClock =
  /claim_(?:intents|stray_deposits|deposit_orders|refunds|operator_actions)|watch_low_water|take_in_hand|put_down|insert into bank_statements|postpone_intent|evm_hold_lane|evm_record|stellar_hold_channels|resubmission to Horizon|commit of (?:indexer_move_cursor, indexer_insert_blocks|update chain_heads|indexer_insert_check, indexer_verify)$/

/**
 * A world whose service and indexer are killed on order, and started again by whoever supervises them. Which points there are to crash at is
 * not written anywhere, a clean run tells.
 */
export const startCrashes = async (options: WorldOptions) => {
  const scene: Scenario = await startScenario({ ...options, env: { CAUSEWAY_INTENT_LEASE_MS: '500' } })
  const orders = (role: Role) => join(scene.world.folder, `${role}.orders`)
  const starting: Record<Role, Promise<void> | undefined> = { service: undefined, indexer: undefined }
  const clockPoints = new Set<string>()
  let restarts = 0

  const start = (role: Role, env: Record<string, string> = {}) => {
    const { world } = scene
    const [chain, ...others] = JSON.parse(world.env.CAUSEWAY_CHAINS!)
    const change = {
      ...env,
      CAUSEWAY_CHAINS: JSON.stringify([
        { ...chain, laneLeaseMs: 500 },
        ...others.map((other: object) => ({ ...other, channelLeaseMs: 500 })),
      ]),
      NODE_OPTIONS: `--import ${preload}`,
      CRASH_ORDERS: orders(role),
    }
    return role === 'service' ? world.startService(change) : world.startIndexer(change)
  }

  /** Who will be there at once when the process under orders dies. */
  let successor: { readonly role: Role; readonly call: string; readonly up: Promise<void> } | undefined
  const call = (word: SuccessorCall) => {
    if (successor !== undefined) writeFileSync(successor.call, word)
    successor = undefined
  }
  const prepare = (role: Role) => {
    if (successor?.role === role) return
    call('go away')
    const file = join(scene.world.folder, `${randomUUID()}.call`)
    const up = start(role, { SUCCESSOR_CALL: file, SUCCESSOR_MODULE: modules[role] })
    up.catch(() => {}) // whoever calls it hears of it
    successor = { role, call: file, up }
  }
  const succeed = async (role: Role) => {
    if (successor?.role !== role) return start(role)
    const { up } = successor
    call('come')
    await up
    prepare(role)
  }

  await Promise.all([scene.world.service().stop(), scene.world.indexer().stop()])
  await Promise.all([start('service'), start('indexer')])
  const guard = setInterval(() => {
    for (const role of ['service', 'indexer'] as const) {
      if (starting[role] !== undefined || scene.world[role]().alive()) continue
      restarts++
      // The next order may already end it while it starts; then it is started once more.
      starting[role] = succeed(role)
        .catch(error => console.log(`${role} is started again: ${String(error)}`))
        .finally(() => {
          starting[role] = undefined
        })
    }
  }, 20)

  const order = (role: Role, given: CrashOrder) => writeFileSync(orders(role), JSON.stringify(given))
  const withdraw = (role: Role) => rmSync(orders(role), { force: true })
  const lawsHold = async () => expect(await scene.lawsAtRest()).toEqual([])

  /** The points that matter of those that a clean run passes, each as often as it passes it. */
  const pointsOf = async (path: Path, matters: (point: string) => boolean): Promise<Point[]> => {
    const roles = ['service', 'indexer'] as const
    const passes = (role: Role) => join(scene.world.folder, `${role}.passes`)
    await path(() => {
      for (const role of roles) {
        writeFileSync(passes(role), '')
        order(role, { kind: 'count', passes: passes(role) })
      }
    })
    await lawsHold()
    return roles.flatMap(role => {
      withdraw(role)
      const seen = new Map<string, number>()
      return readFileSync(passes(role), 'utf8')
        .split('\n')
        .flatMap(point => {
          const n = (seen.get(point) ?? 0) + 1
          seen.set(point, n)
          if (point === '' || (byTheClock.test(point) && (n > 1 || clockPoints.has(point)))) return []
          if (byTheClock.test(point)) clockPoints.add(point)
          return [{ role, point, n }]
        })
        .filter(({ point }, at, all) => {
          // What outlives a process changes between before and after only: to die right before a point is to have died right after the last one.
          const last = all[at - 1]?.point ?? ''
          return matters(point) && !(point.startsWith('before') && last.startsWith('after') && matters(last))
        })
    })
  }

  /** Follows the path with a crash at one point; says whether it came. */
  const crashAt = async (path: Path, { role, point, n }: Point): Promise<boolean> => {
    prepare(role)
    const id = randomUUID()
    await path(() => order(role, { kind: 'crash', id, point, n }))
    const obeyed = () => existsSync(`${orders(role)}.${id}.obeyed`)
    // The last housekeeping comes after the transfer's end.
    if (!obeyed()) await until('a late crash', obeyed, 1_000).catch(() => {})
    withdraw(role)
    await lawsHold()
    return obeyed()
  }

  /** One step may carry what two did in the clean run: then the next transfer may pass the point again. */
  const crashAtLast = async (path: Path, point: Point): Promise<boolean> => {
    for (let attempt = 0; attempt < 3; attempt++) {
      const crashed = await crashAt(path, point).catch(error => {
        throw new Error(`crash ${JSON.stringify(point)}: ${String(error)}`, { cause: error })
      })
      if (crashed) return true
    }
    return false
  }

  /** Crashes the path wherever that makes a difference, at points that `matters`, one after the other, each ending as if nothing had happened. */
  const crashEverywhere = async (name: string, path: Path, matters: (point: string) => boolean = () => true): Promise<void> => {
    const points = await pointsOf(path, matters)
    const missed: Point[] = []
    const before = restarts
    const startedMs = performance.now()
    for (const point of points) {
      if (!(await crashAtLast(path, point))) missed.push(point)
    }
    const exercised = points.length - missed.length
    const seconds = Math.round((performance.now() - startedMs) / 1000)
    console.log(
      `${name}: ${exercised} of ${points.length} crash points exercised, ${restarts - before} restarts, ${seconds} s`,
      ...missed.map(({ role, point, n }) => `\n  not passed this time: ${role}, ${point}, pass ${n}`),
    )
    expect(points.length).toBeGreaterThan(0)
    expect(exercised).toBeGreaterThanOrEqual(points.length * 0.9)
    expect(restarts - before).toBeGreaterThanOrEqual(exercised)
  }

  const cancel = async (id: string) => {
    const key = randomUUID()
    await until('the cancellation to be taken', async () => {
      const answer = await scene.cancel(id, key).catch(() => undefined)
      return answer?.status === 202
    })
  }

  return {
    scene,
    crashEverywhere,
    /** Cancels through a service that may be dying. */
    cancel,
    /** What the bank did for a transfer, e.g. `debit settled`. */
    effectsOf: async (id: string) =>
      (await scene.bankTransfersOf(id)).map(({ direction, status }) => `${direction} ${status}`).sort(),
    stop: async () => {
      clearInterval(guard)
      call('go away')
      await Promise.allSettled(Object.values(starting))
      await scene.stop()
    },
  }
}

export type Crashes = Awaited<ReturnType<typeof startCrashes>>
