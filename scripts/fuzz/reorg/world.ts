import { setTimeout as delay } from 'node:timers/promises'
import type pg from 'pg'
import type { EvmChainConfig } from '../../../indexer/src/config.ts'
import { type ForkingChain, startForkingChain } from './chain.ts'
import { type Endpoint, fair, type Lies, someWeather, startEndpoint } from './endpoint.ts'
import type { Finding } from './finding.ts'
import type { Seen } from './history.ts'
import { inspect } from './inspect.ts'
import { readJournal } from './journal.ts'
import { lieNames, liesOf } from './lies.ts'
import { judge } from './oracle.ts'
import { type Random, randomFrom } from './random.ts'
import { drawSettings, type Settings } from './settings.ts'
import { type Subject, subjectOf } from './subject.ts'
import { approveResume, type HeadRow, readHead, requestResume, waitForPayout } from './tables.ts'

export type WorldReport = {
  readonly seed: number
  readonly findings: readonly Finding[]
  /** Depths of all reorgs of the chain, in their order. */
  readonly depths: readonly number[]
  readonly deepReorgs: number
  readonly halts: number
  readonly resumes: number
  readonly restarts: number
  readonly faults: Readonly<Record<string, number>>
  readonly blocks: number
  /** The hash of its last block: it depends on the seed alone. */
  readonly tip: string
  readonly facts: number
  readonly commits: number
  /** Those that the indexer saw and rolled back. */
  readonly reorgsSeen: number
}

export type Surroundings = {
  readonly anvil: string
  readonly databaseUrl: string
  readonly db: pg.Pool
  readonly patienceMs: number
  /** A fault planted on purpose, to see that it is found. */
  readonly planted?: {
    /** How many endpoints; default 1. */
    readonly nodes?: number
    readonly config?: (settings: Settings) => Partial<EvmChainConfig>
    readonly lies?: (chain: ForkingChain, settings: Settings) => Lies
  }
}

class Stalled extends Error {}

/** Lets one world live that its seed decides alone, with an indexer in it, and judges what the indexer made of it. */
export const runWorld = async (seed: number, surroundings: Surroundings): Promise<WorldReport> => {
  const random = randomFrom(seed)
  // A planted fault may be in the only node: others would overrule it.
  const settings = drawSettings(random, surroundings.planted && (surroundings.planted.nodes ?? 1))
  const findings: Finding[] = []
  const faults: Record<string, number> = {}
  const chain = await startForkingChain(surroundings.anvil, random, { ...settings, chainId: seed })
  const ambushes = ambushOn()
  const endpoints: Endpoint[] = []
  let subject: Subject | undefined
  try {
    const onFault = (name: string) => {
      faults[name] = (faults[name] ?? 0) + 1
    }
    for (let i = 0; i < settings.endpoints; i++) {
      const own = randomFrom(seed ^ Math.imul(i + 1, 0x5bd1e995))
      endpoints.push(await startEndpoint(chain, own, settings, { onRequest: ambushes.onRequest, onFault }))
    }
    for (const endpoint of endpoints) endpoint.lies = surroundings.planted?.lies?.(chain, settings) ?? {}
    const change = surroundings.planted?.config?.(settings) ?? {}
    subject = subjectOf(surroundings.db, surroundings.databaseUrl, chain, endpoints, settings, change)
    const life = newLife({ random, settings, chain, endpoints, subject, ambushes, surroundings, findings, onFault })
    await life.live().catch(error => {
      findings.push({ kind: error instanceof Stalled ? 'stalled' : 'harness', what: String((error as Error).stack) })
    })
    await subject.stop()
    const journal = await readJournal(surroundings.db, `evm:${seed}`)
    const judgement = judge(journal, chain.history, settings.forgetful)
    findings.push(...judgement.findings)
    const { halts, resumes } = judgement
    if (halts !== life.told.halts || resumes !== life.told.resumes)
      findings.push({
        kind: 'halt',
        what: `${halts} halts and ${resumes} resumes, of ${life.told.halts} and ${life.told.resumes}`,
      })
    const arrived = life.told.endsOnNode && !judgement.halted && findings.every(({ kind }) => kind !== 'stalled')
    findings.push(...(await inspect(surroundings.db, chain, judgement, { followed: arrived, late: settings.forgetful })))
    return {
      ...{ seed, findings, faults, depths: life.told.depths, restarts: life.told.restarts, deepReorgs: life.told.halts },
      ...{ halts, resumes, tip: chain.tip().hash, blocks: chain.history.byHash.size, facts: judgement.told.size },
      ...{ commits: journal.length, reorgsSeen: judgement.reorgs },
    }
  } finally {
    await subject?.stop()
    await Promise.all(endpoints.map(endpoint => endpoint.stop()))
    await chain.stop()
  }
}

type Ambushes = ReturnType<typeof ambushOn>

/** Lets something happen to the chain exactly before the so-many-th request from now on: in the middle of a reading, not beside it. */
const ambushOn = () => {
  let waiting: { left: number; spring: () => Promise<void> } | undefined
  return {
    onRequest: async () => {
      if (waiting === undefined || --waiting.left > 0) return
      const { spring } = waiting
      waiting = undefined
      await spring()
    },
    /** False: nobody asked in time. */
    before: (requests: number, act: () => Promise<void>, patienceMs: number): Promise<boolean> =>
      new Promise((resolve, reject) => {
        const late = setTimeout(() => {
          waiting = undefined
          resolve(false)
        }, patienceMs)
        const spring = async () => {
          clearTimeout(late)
          await act().then(() => resolve(true), reject)
        }
        waiting = { left: requests, spring }
      }),
  }
}

type Parts = {
  readonly random: Random
  readonly settings: Settings
  readonly chain: ForkingChain
  readonly endpoints: readonly Endpoint[]
  readonly subject: Subject
  readonly ambushes: Ambushes
  readonly surroundings: Surroundings
  readonly findings: Finding[]
  readonly onFault: (name: string) => void
}

const newLife = ({ random, settings, chain, endpoints, subject, ambushes, surroundings, findings, onFault }: Parts) => {
  const { db, patienceMs } = surroundings
  const name = `evm:${chain.chainId}`
  const { finality } = settings
  // The block of the deployment stays: without the contracts there is no world.
  const base = chain.deployment.startBlock
  const told = { depths: [] as number[], restarts: 0, halts: 0, resumes: 0, endsOnNode: true }
  const formerTips: string[] = []
  /** The least height that must be final, from all that the indexer certainly saw. */
  let certain = base - 1

  const until = async <T>(what: string, ask: () => Promise<T | undefined>): Promise<T> => {
    const deadline = performance.now() + patienceMs
    for (;;) {
      const answer = await ask()
      if (answer !== undefined) return answer
      if (performance.now() > deadline) {
        const head = await readHead(db, name)
        throw new Stalled(`never: ${what}; the head is ${JSON.stringify(head)}, the last complaint ${subject.complaint()}`)
      }
      await delay(4)
    }
  }

  /** Waits until the indexer is at this tip and has drawn its conclusions about finality. */
  const settle = async (tip = chain.tip()): Promise<HeadRow> => {
    certain = Math.max(certain, tip.number - finality)
    const most = Math.max(base - 1, chain.highest() - finality)
    const head = await until(`the cursor at ${tip.number} ${tip.hash}, final ${certain} to ${most}`, async () => {
      const now = await readHead(db, name)
      if (now?.halted) throw new Stalled(`halted: ${now.halted}`)
      return now?.hash === tip.hash && now.finalized >= certain && now.alarm === null ? now : undefined
    })
    if (head.finalized > most)
      findings.push({ kind: 'finality', what: `${head.finalized} counts as final below ${chain.highest()}` })
    return head
  }

  const reorg = async (depth: number, blocks: number) => {
    formerTips.push(chain.tip().hash)
    told.depths.push(depth)
    await chain.reorg(depth, blocks)
  }

  /** The lowest block that every reorg that must not halt leaves alone. */
  const floor = () => Math.max(base, chain.highest() - finality)

  /** How deep a reorg may be that certainly does not reach what the indexer may hold as final. */
  const harmless = () => chain.tip().number - floor()

  const shallowReorg = async () => {
    const most = harmless()
    if (most < 1) return chain.grow(random.between(1, 3))
    const depth = random.chance(0.6) ? random.between(1, Math.min(most, 5)) : random.between(1, most)
    await reorg(depth, Math.max(1, depth + random.between(-Math.min(3, depth - 1), 3)))
  }

  const anything = () => (random.chance(0.65) ? shallowReorg() : chain.grow(random.between(1, 6)))

  /** Once the indexer is at rest, or in the middle of whatever it reads. */
  const sometime = async (act: () => Promise<unknown>) => {
    if (random.chance(0.4)) {
      await settle()
      await act()
      return
    }
    const requests = random.between(1, 14)
    const sprung = await ambushes.before(requests, async () => void (await act()), patienceMs)
    if (!sprung) throw new Stalled(`${requests} requests never came; ${JSON.stringify(await readHead(db, name))}`)
  }

  /** Everything that is not final goes: the last depth at which nothing may halt. */
  const reorgToFinality = async () => {
    await regainHeight()
    await settle()
    const depth = harmless()
    if (depth === 0) return chain.grow(2)
    await reorg(depth, random.between(1, depth + 2))
  }

  /** Where the chain was higher before, nobody can tell what the indexer holds as final: it may or may not have seen that. */
  const regainHeight = () => chain.grow(Math.max(0, chain.highest() - chain.tip().number))

  /** The nodes go back to a branch that they had left, and return. */
  const visitFormerBranch = async () => {
    await settle()
    const current = new Set([...chain.history.pathFrom(chain.tip().hash)].map(({ hash }) => hash))
    const reachable = formerTips.filter(hash => {
      if (current.has(hash as `0x${string}`)) return false
      for (const seen of chain.history.pathFrom(hash)) if (current.has(seen.hash)) return seen.number >= floor()
      return false
    })
    if (reachable.length === 0) return shallowReorg()
    const branch = random.pick(reachable)
    for (const endpoint of endpoints) endpoint.branch = branch
    if (random.chance(0.7)) await settle(chain.history.byHash.get(branch)!)
    else await ambushes.before(random.between(1, 10), async () => {}, patienceMs)
    for (const endpoint of endpoints) endpoint.branch = undefined
  }

  const restart = async () => {
    told.restarts += 1
    const end = random.chance(0.7) ? subject.kill : subject.stop
    if (random.chance(0.6)) await ambushes.before(random.between(1, 14), end, patienceMs)
    else await end()
    for (let i = random.between(0, 2); i > 0; i--) await anything()
    await subject.start()
  }

  const act = async () => {
    const kind = random.between(1, 100)
    if (kind <= 45) await sometime(shallowReorg)
    else if (kind <= 58) await reorgToFinality()
    else if (kind <= 68) await visitFormerBranch()
    else if (kind <= 82) await restart()
    else await sometime(() => chain.grow(random.between(1, 10)))
    if (random.chance(0.6)) changeManners()
  }

  /** So few at a time that the quorum can be right; a single endpoint only fails, as nobody could tell its lies. */
  const chooseFaulty = () => {
    const count = settings.endpoints === 1 ? 1 : random.between(1, settings.endpoints - settings.quorum)
    const from = random.between(0, endpoints.length - 1)
    return Array.from({ length: count }, (_, i) => endpoints[(from + i) % endpoints.length]!)
  }
  let faulty = chooseFaulty()

  /** The others tell the truth, if late, and now and then not at all. */
  const changeManners = () => {
    if (random.chance(0.4)) faulty = chooseFaulty()
    for (const endpoint of endpoints) {
      if (faulty.includes(endpoint)) misbehave(endpoint)
      else {
        endpoint.lies = {}
        endpoint.weather = random.chance(0.3) ? { ...fair, lost: 1, late: 4 } : fair
      }
    }
  }

  const misbehave = (endpoint: Endpoint) => {
    endpoint.weather = fair
    if (settings.endpoints > 1) endpoint.lies = {}
    if (settings.endpoints === 1 || random.chance(0.3)) {
      endpoint.weather = weather()
      return
    }
    const name = random.pick(lieNames)
    const stage = { chain, random, slotsInAnEpoch: settings.slotsInAnEpoch, formerTips, onLie: () => onFault(name) }
    endpoint.lies = liesOf(name, stage)
  }

  // A development node that calls its head final, and has a replica that is behind, looks like a chain with tags: there is no such thing.
  const weather = () => {
    const drawn = { ...someWeather(random), forgotten: settings.forgetful ? 25 : 0 }
    return settings.slotsInAnEpoch === 0 ? { ...drawn, behind: 0 } : drawn
  }

  const reorgBelowFinality = async () => {
    for (const endpoint of endpoints) endpoint.weather = fair
    await regainHeight()
    const needed = finality + base + 1 - chain.tip().number
    if (needed > 0) await chain.grow(needed + random.between(0, 4))
    const { finalized, height } = await settle()
    const least = height - finalized + 1
    const deepest = Math.min(70, height - base)
    if (least > deepest) return
    const before = chain.tip()
    const payout = await waitForPayout(db, name, finalized)
    if (payout !== undefined) await until('a payout of what is final', async () => (await payout.due()) || undefined)
    const depth = random.chance(0.5) ? least : random.between(least, deepest)
    told.halts += 1
    told.endsOnNode = false
    await reorg(depth, 2)
    await until('the halt, two blocks after a reorg below finality', async () =>
      (await readHead(db, name))?.halted ? true : undefined,
    )
    if (payout !== undefined && (await payout.due())) findings.push({ kind: 'halt', what: 'a payout is due after the halt' })
    await payout?.forget()
    await chain.grow(random.between(1, 4))
    if (random.chance(0.5)) {
      await subject.kill()
      await subject.start()
    }
    const { status } = await until('readiness says that it is halted', async () => {
      const now = await subject.state()
      return now.state === 'halted' ? now : undefined
    })
    if (status !== 503) findings.push({ kind: 'halt', what: `readiness is ${status} while halted` })
    if (random.chance(0.6)) await resume(random.pick(['ours', 'theirs']), before)
  }

  /** Two operators let the chain go on: with the nodes, or with the tables, to whose branch the nodes come back. */
  const resume = async (branch: 'ours' | 'theirs', before: Seen) => {
    if (branch === 'ours') for (const endpoint of endpoints) endpoint.branch = before.hash
    const id = await requestResume(db, name, branch)
    if (random.chance(0.5)) {
      await subject.kill() // One operator is not enough, whoever asks again.
      await subject.start()
      await until('readiness says that it is still halted', async () =>
        (await subject.state()).state === 'halted' ? true : undefined,
      )
    }
    told.resumes += 1
    await approveResume(db, id)
    await until(`the resume with ${branch}`, async () => ((await readHead(db, name))?.halted === null ? true : undefined))
    if (branch === 'ours') return void (await settle(before))
    certain = base - 1 // what was final is not any more
    told.endsOnNode = true
    await chain.grow(random.between(1, 5))
  }

  return {
    told,
    live: async () => {
      await chain.grow(random.between(1, finality + 10))
      await subject.start()
      for (let i = 0; i < settings.acts; i++) await act()
      for (const endpoint of endpoints) endpoint.weather = fair
      // What was forgotten above the last second reading is found by the next one.
      if (settings.forgetful) await chain.grow(finality + chain.highest() - chain.tip().number + 1)
      if (settings.endsDeep) await reorgBelowFinality()
      if (!told.endsOnNode) return
      await settle()
      await until(`the second reading up to ${certain}`, async () =>
        (await readHead(db, name))!.verified >= certain ? true : undefined,
      )
    },
  }
}
