import { randomUUID } from 'node:crypto'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { compileContracts } from '../../scripts/local/compile.ts'
import type { CrashOrder } from '../support/crash-on-order.ts'
import { type Scenario, startScenario } from '../support/scenario.ts'
import { until } from '../support/until.ts'

// Every write and every external call of an on-ramp, to its end and back: the process is killed right before it and right after it, and the
// one that comes after it finishes the work. Which points there are is not written here, a clean run tells.

type Role = 'service' | 'indexer'
type Point = { readonly role: Role; readonly point: string; readonly n: number }
/** Drives one transfer to its end; `armed` is called where the crash may come from. */
type Path = (armed: () => void) => Promise<void>

let scene: Scenario
let guard: NodeJS.Timeout
let restarts = 0
const starting: Record<Role, Promise<void> | undefined> = { service: undefined, indexer: undefined }
const preload = fileURLToPath(new URL('../support/crash-on-order.ts', import.meta.url))
const orders = (role: Role) => join(scene.world.folder, `${role}.orders`)

const start = (role: Role) => {
  const { world } = scene
  const [chain] = JSON.parse(world.env.CAUSEWAY_CHAINS!)
  const change = {
    CAUSEWAY_CHAINS: JSON.stringify([{ ...chain, laneLeaseMs: 500 }]),
    NODE_OPTIONS: `--import ${preload}`,
    CRASH_ORDERS: orders(role),
  }
  return role === 'service' ? world.startService(change) : world.startIndexer(change)
}

beforeAll(async () => {
  await compileContracts()
  scene = await startScenario({
    confirmations: 1,
    bank: { settlementDelays: { ach: 100 } },
    env: { CAUSEWAY_INTENT_LEASE_MS: '500' },
  })
  await Promise.all([scene.world.service().stop(), scene.world.indexer().stop()])
  await Promise.all([start('service'), start('indexer')])
  // Whoever supervises the processes starts what has died.
  guard = setInterval(() => {
    for (const role of ['service', 'indexer'] as const) {
      if (starting[role] !== undefined || scene.world[role]().alive()) continue
      restarts++
      starting[role] = start(role).finally(() => {
        starting[role] = undefined
      })
    }
  }, 20)
})
afterAll(async () => {
  clearInterval(guard)
  await Promise.allSettled(Object.values(starting))
  await scene?.stop()
})

const order = (role: Role, given: CrashOrder) => writeFileSync(orders(role), JSON.stringify(given))
const withdraw = (role: Role) => rmSync(orders(role), { force: true })

const forward: Path = async armed => {
  armed()
  const id = await scene.post({ value: '100.25' })
  await scene.endsAs(id, 'completed')
  expect(await effectsOf(id)).toEqual(['debit settled'])
}

const back: Path = async armed => {
  const id = await scene.post({ value: '600.00' }) // so much by ACH waits for clearing, where it can still be canceled
  await scene.reaches(id, 'clearing')
  armed()
  const key = randomUUID()
  await until('the cancellation to be taken', async () => {
    const answer = await scene.cancel(id, key).catch(() => undefined)
    return answer?.status === 202
  })
  await scene.endsAs(id, 'compensated')
  expect(await effectsOf(id)).toEqual(['credit settled', 'debit settled'])
}

const effectsOf = async (id: string) =>
  (await scene.bankTransfersOf(id)).map(({ direction, status }) => `${direction} ${status}`).sort()

// What happens by the clock and not by the transfer: how often in one run is chance, so once on all paths is enough.
const byTheClock = /claim_intents|postpone_intent|evm_hold_lane|evm_record|commit of indexer_move_cursor, indexer_insert_blocks$/

const clockPoints = new Set<string>()

/** The points that a clean run passes, each as often as it passes it. */
const pointsOf = async (path: Path): Promise<Point[]> => {
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
  })
}

/** Follows the path with a crash at one point; says whether it came. */
const crashAt = async (path: Path, { role, point, n }: Point): Promise<boolean> => {
  const id = randomUUID()
  await path(() => order(role, { kind: 'crash', id, point, n }))
  const obeyed = () => existsSync(`${orders(role)}.${id}.obeyed`)
  // The last housekeeping comes after the transfer's end.
  if (!obeyed()) await until('a late crash', obeyed, 1_000).catch(() => {})
  withdraw(role)
  await lawsHold()
  return obeyed()
}

const lawsHold = async () => expect(await scene.lawsAtRest()).toEqual([])

it.each([
  ['to its end', forward],
  ['and back', back],
])('crashes before and after every write and every external call of an on-ramp %s', { timeout: 300_000 }, async (way, path) => {
  const points = await pointsOf(path)
  const missed: Point[] = []
  const before = restarts
  const startedMs = performance.now()
  for (const point of points) {
    const crashed = await crashAt(path, point).catch(error => {
      throw new Error(`crash ${JSON.stringify(point)}: ${String(error)}`, { cause: error })
    })
    if (!crashed) missed.push(point)
  }
  const exercised = points.length - missed.length
  const seconds = Math.round((performance.now() - startedMs) / 1000)
  console.log(
    `on-ramp ${way}: ${exercised} of ${points.length} crash points exercised, ${restarts - before} restarts, ${seconds} s`,
    ...missed.map(({ role, point, n }) => `\n  not passed this time: ${role}, ${point}, pass ${n}`),
  )
  // One step may carry what two did in the clean run; but nearly all of them are passed in every run, and so is every kind.
  expect(exercised).toBeGreaterThanOrEqual(points.length * 0.9)
  expect(restarts - before).toBeGreaterThanOrEqual(exercised)
})
