import { join } from 'node:path'
import { setTimeout as after } from 'node:timers/promises'
import { type Random, randomFrom } from '../fuzz/reorg/random.ts'
import { type Child, startChild } from '../local/child.ts'
import { operatorKeys } from '../local/operators.ts'
import { freePort } from '../local/ports.ts'
import { startWorld, type World } from '../local/world.ts'
import { nodeFlags } from '../node-flags.ts'
import { openCustomers } from './customers.ts'
import { calmBank, disturbBank } from './disturb.ts'
import { calmNetwork, disturbNetwork } from './disturb-network.ts'
import type { Choose } from './insist.ts'
import { openIntegrator } from './integrator.ts'
import { openOperators } from './operators.ts'
import { judgeOrders } from './oracle.ts'
import { type ChainIds, randomOrder } from './orders.ts'
import { comeToRest, seconds } from './rest.ts'
import { type Storm, storm, type Victim } from './storm.ts'
import { type Supervised, supervise } from './supervise.ts'

export type CrashReport = {
  readonly seed: number
  readonly kills: number
  readonly killsOf: Storm['kills']
  readonly stops: number
  readonly databaseRestarts: number
  readonly bankFaults: number
  readonly networkFaults: number
  readonly transfers: number
  readonly doublePosts: number
  readonly repeats: number
  readonly cancels: number
  readonly deposits: number
  /** What operators did, and what they came too late for. */
  readonly actions: Readonly<Record<string, number>>
  readonly byState: Readonly<Record<string, number>>
  readonly byFate: Readonly<Record<string, number>>
  readonly violations: readonly string[]
  readonly secondsToRest: number | null
  readonly seconds: number
}

// Half of it is for the call, and the bank may take two seconds for one.
const leaseMs = 4_000
// A machine that is slow to bring the services up again would be left with a queue of hours.
const mostUnderWay = 20
const stellarCloseMs = 500
const restWithinMs = 120_000

/** One world in one storm, until the last word of the oracle. */
export const runCrashes = async (
  { seed, kills }: { readonly seed: number; readonly kills: number },
  onKill: (done: number) => void = () => {},
): Promise<CrashReport> => {
  const startedMs = performance.now()
  const random = randomFrom(seed)
  const world = await startWorld({
    ...{ secondEvm: true, stellarCloseMs },
    payoutChains: { [random.pick(['USD', 'EUR'])]: 'stellar' },
    env: { CAUSEWAY_INTENT_LEASE_MS: String(leaseMs) },
  })
  const stops: (() => Promise<void>)[] = [world.stop]
  try {
    const second = await startSecondService(world)
    stops.push(second.stop)
    const processes = {
      service: { name: 'service', alive: () => world.service().alive(), start: () => world.startService() },
      'second service': { name: 'second service', alive: () => second.child().alive(), start: second.start },
      indexer: { name: 'indexer', alive: () => world.indexer().alive(), start: () => world.startIndexer() },
      bank: { name: 'bank', alive: world.bank.alive, start: world.bank.restart },
    } satisfies Record<string, Supervised>
    const supervision = supervise(Object.values(processes))
    stops.push(supervision.stop)
    const victim = (process: Supervised, weight: number, child: () => Child): Victim => ({
      ...{ name: process.name, weight, isUp: () => supervision.isUp(process) },
      kill: () => child().kill('SIGKILL'),
      pid: () => child().pid,
    })
    const victims: Victim[] = [
      victim(processes.service, 4, world.service),
      victim(processes['second service'], 3, second.child),
      victim(processes.indexer, 2, world.indexer),
      { name: 'bank', weight: 1, isUp: () => supervision.isUp(processes.bank), kill: world.bank.kill },
    ]

    const integrator = openIntegrator(world.apiKey, openCustomers(world))
    const stellar = world.stellar!
    const chains = { evm: [world.chain, world.secondEvm!.chain], stellar: stellar.chain }
    const anotherRandom = () => randomFrom(random.between(1, 2 ** 30))
    const urls = [world.apiUrl, second.url]
    const load = startLoad(anotherRandom(), urls, chains, integrator.order)
    stops.push(load.stop)
    const scopes = ['rail:bank:sim', ...[...chains.evm, chains.stellar].map(chain => `chain:${chain}`)]
    const transfers = () => integrator.placed.map(({ id }) => id)
    const operators = openOperators(await operatorKeys(world), anotherRandom(), scopes, transfers)
    const meddling = startMeddling(anotherRandom(), urls, operators.act)
    stops.push(meddling.stop)
    const weather = await storm({
      ...{ random, kills, victims, leaseMs, crashDatabase: world.crashDatabase, onKill },
      disturbBank: () => disturbBank(world.bank.url, random),
      disturbNetwork: () => disturbNetwork(stellar, random),
    })
    await Promise.all([load.stop(), meddling.stop()])
    await allUp(Object.values(processes), supervision.isUp)
    await Promise.all([calmBank(world.bank.url), calmNetwork(stellar)])

    const rest = await comeToRest(world, restWithinMs)
    const judgement = await judgeOrders(world, integrator.placed, rest.transfers)
    const { doublePosts, repeats, cancels, deposits } = integrator.counts
    const { kills: killsOf, stops: frozen, ...others } = weather
    return {
      ...{
        seed,
        kills: Object.values(killsOf).reduce((sum, n) => sum + n, 0),
        killsOf,
        stops: frozen,
        ...others,
      },
      ...{ transfers: rest.transfers, doublePosts, repeats, cancels, deposits, actions: operators.counts },
      ...{ byState: judgement.byState, byFate: judgement.byFate },
      violations: [...integrator.complaints, ...operators.complaints, ...rest.violations, ...judgement.violations],
      secondsToRest: rest.secondsToRest,
      seconds: seconds(performance.now() - startedMs),
    }
  } finally {
    for (const stop of stops.reverse()) await stop()
  }
}

/** A service beside the world's own, with the same roles on the same database. */
const startSecondService = async (world: World) => {
  const port = await freePort()
  let child: Child
  const start = async () => {
    child = await startChild({
      name: 'second service',
      script: 'bridge-service/src/main.ts',
      nodeFlags,
      env: { ...world.env, PORT: String(port) },
      logFile: join(world.folder, 'second-service.log'),
    })
  }
  await start()
  return { url: `http://127.0.0.1:${port}`, child: () => child, start, stop: () => child.stop() }
}

/** A new order every now and then, to either service, until stopped; then it waits for the answers to those that were sent. */
const startLoad = (
  random: Random,
  urls: readonly string[],
  chains: ChainIds,
  order: ReturnType<typeof openIntegrator>['order'],
): { stop: () => Promise<void> } => {
  const underWay = new Set<Promise<void>>()
  let stopping = false
  const choose = () => random.pick(urls)
  const running = (async () => {
    while (!stopping) {
      await after(random.between(100, 500))
      if (underWay.size >= mostUnderWay) continue
      const one = order(randomOrder(random, chains), choose).finally(() => underWay.delete(one))
      underWay.add(one)
    }
  })()
  return {
    stop: async () => {
      stopping = true
      await running
      await Promise.all(underWay)
    },
  }
}

/** One thing after the other, every now and then, until stopped. */
const startMeddling = (
  random: Random,
  urls: readonly string[],
  act: (choose: Choose) => Promise<void>,
): { stop: () => Promise<void> } => {
  let stopping = false
  const running = (async () => {
    while (!stopping) {
      await after(random.between(500, 2_000))
      await act(() => random.pick(urls))
    }
  })()
  return {
    stop: async () => {
      stopping = true
      await running
    },
  }
}

const allUp = async (processes: readonly Supervised[], isUp: (process: Supervised) => boolean) => {
  const untilMs = performance.now() + 60_000
  while (!processes.every(isUp)) {
    if (performance.now() > untilMs) throw new Error('a process did not come up again')
    await after(50)
  }
}
