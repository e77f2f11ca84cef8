import type pg from 'pg'
import type { EvmChainConfig } from '../../../indexer/src/config.ts'
import { actsOn } from './acts.ts'
import { ambushOn } from './ambush.ts'
import { reorgBelowFinality } from './below-finality.ts'
import { type ForkingChain, startForkingChain } from './chain.ts'
import { type Endpoint, fair, type Lies, startEndpoint } from './endpoint.ts'
import type { Finding } from './finding.ts'
import { inspect } from './inspect.ts'
import { readJournal } from './journal.ts'
import { mannersOn } from './manners.ts'
import { judge } from './oracle.ts'
import { randomFrom } from './random.ts'
import { drawSettings, type Settings } from './settings.ts'
import { openStage, type Stage, Stalled } from './stage.ts'
import { type Subject, subjectOf } from './subject.ts'
import { readHead } from './tables.ts'

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
    const find = (finding: Finding) => void findings.push(finding)
    const { db, patienceMs } = surroundings
    const stage = openStage({ random, settings, chain, endpoints, subject, ambushes, db, patienceMs, find, onFault })
    const { told } = stage
    await live(stage).catch(error => {
      findings.push({ kind: error instanceof Stalled ? 'stalled' : 'harness', what: String((error as Error).stack) })
    })
    await subject.stop()
    const journal = await readJournal(db, `evm:${seed}`)
    const judgement = judge(journal, chain.history, settings.forgetful)
    const stalled = findings.some(({ kind }) => kind === 'stalled')
    // Where the node forgets, what is missed counts at the end only, and there was none.
    const counts = ({ kind }: Finding) => !(stalled && settings.forgetful && kind === 'missed')
    findings.push(...judgement.findings.filter(counts))
    const { halts, resumes } = judgement
    if (halts !== told.halts || resumes !== told.resumes)
      findings.push({
        kind: 'halt',
        what: `${halts} halts and ${resumes} resumes, of ${told.halts} and ${told.resumes}`,
      })
    const arrived = told.endsOnNode && !judgement.halted && !stalled
    const kept = await inspect(db, chain, judgement, { followed: arrived, late: settings.forgetful })
    findings.push(...kept.filter(counts))
    return {
      ...{ seed, findings, faults, depths: told.depths, restarts: told.restarts, deepReorgs: told.halts },
      ...{ halts, resumes, tip: chain.tip().hash, blocks: chain.history.byHash.size, facts: judgement.told.size },
      ...{ commits: journal.length, reorgsSeen: judgement.reorgs },
    }
  } finally {
    await subject?.stop()
    await Promise.all(endpoints.map(endpoint => endpoint.stop()))
    await chain.stop()
  }
}

const live = async (stage: Stage): Promise<void> => {
  const { random, settings, chain, endpoints, subject, db, name, told, until, settle, certain } = stage
  const { act } = actsOn(stage)
  const manners = mannersOn(stage)
  await chain.grow(random.between(1, settings.finality + 10))
  await subject.start()
  for (let i = 0; i < settings.acts; i++) {
    await act()
    if (random.chance(0.6)) manners.change()
  }
  for (const endpoint of endpoints) endpoint.weather = fair
  // What was forgotten above the last second reading is found by the next one.
  if (settings.forgetful) await chain.grow(settings.finality + chain.highest() - chain.tip().number + 1)
  if (settings.endsDeep) await reorgBelowFinality(stage)
  if (!told.endsOnNode) return
  await settle()
  await until(`the second reading up to ${certain()}`, async () =>
    (await readHead(db, name))!.verified >= certain() ? true : undefined,
  )
}
