import type { FinalFact } from '../../../bridge-service/src/saga/engine.ts'
import type { Block, SimChain } from '../chain/chain.ts'
import type { Faults } from '../faults.ts'
import { type News, tellFact } from '../memory/facts.ts'
import { inOneStatement } from '../memory/statement.ts'
import type { MemoryStore } from '../memory-store.ts'
import { type Approval, endResume } from './resume.ts'

/** An event of the canonical chain, as the indexer's tables hold it. */
type Indexed = {
  readonly kind: string
  readonly escrowId: string
  readonly ref: string
  readonly height: number
  /** It makes a deposit ours, which a commit does elsewhere. */
  readonly commits: boolean
}

/** From then on nothing of the chain is read, and nothing becomes final. */
export type Halt = {
  readonly why: 'nodesWereWrong' | 'reorgBelowFinality'
  /** As the head of the chain says it. */
  readonly reason: string
  readonly fromMs: number
  /** When operators let it go on, and by which of their actions. */
  untilMs: number | undefined
  by: string | undefined
}

/** What the indexer's tables say of the chain. They are the database's, and outlive every process. */
export type ChainTables = {
  /** By fact. */
  events: Map<string, Indexed>
  /** Of the blocks, by height. */
  readonly hashes: string[]
  latest: number
  safe: number
  final: number
  readonly halts: Halt[]
}

export const emptyChainTables = (): ChainTables => ({
  events: new Map(),
  hashes: [],
  latest: 0,
  safe: 0,
  final: 0,
  halts: [],
})

/** The halt that waits for operators, if the chain is halted. */
export const haltOf = ({ halts }: ChainTables): Halt | undefined => halts.find(({ untilMs }) => untilMs === undefined)

export const endHalt = (halt: Halt, { id }: Approval, nowMs: number): void => {
  halt.untilMs = nowMs
  halt.by = id
}

/**
 * One commit of the indexer, as its real one makes it: facts of new blocks, then those for which no canonical event stands any more, and the
 * heads, all in one transaction. One inbox row for a fact; its revision rises when its truth changes. Says how many rows were news. What
 * contradicts the final blocks halts the chain instead, until operators have `approved` of the branch that it goes on with.
 */
export const commitBlocks = async (
  source: string,
  store: MemoryStore,
  tables: ChainTables,
  chain: Pick<SimChain, 'blocks' | 'height' | 'safeHeight' | 'finalHeight'>,
  faults: Faults,
  nowMs: () => number,
  approved: { readonly halt: Halt; readonly approval: Approval } | undefined,
): Promise<number> => {
  const known = tables.hashes
  let common = Math.min(known.length, chain.blocks.length)
  while (common > 0 && known[common - 1] !== chain.blocks[common - 1]!.hash) common--
  const isReorg = common < known.length
  if (common < tables.final && approved === undefined) {
    const { height, hash } = chain.blocks[common]!
    const reason = `reorg_below_finality: the node's block ${height} is ${hash}`
    tables.halts.push({ why: 'reorgBelowFinality', reason, fromMs: nowMs(), untilMs: undefined, by: undefined })
    return 0
  }
  const fresh = chain.blocks.slice(common)
  const events =
    isReorg || fresh.some(block => block.events.length > 0)
      ? new Map([...tables.events].filter(([, { height }]) => height <= common))
      : tables.events
  const news: News[] = []
  for (const block of fresh)
    for (const event of block.events) {
      const { fact, kind, escrowId, terms, also } = event
      const commits =
        kind === 'depositReceived' ? also?.balanceId === undefined : kind === 'escrowReleased' && also?.balance === 'deposit'
      events.set(fact, { kind, escrowId, ref: terms.ref, height: block.height, commits })
      news.push(newsOf(source, block, event))
    }
  const inbox = store.database.tables.inbox
  if (isReorg)
    for (const fact of tables.events.keys()) {
      const row = inbox.get(`${source} ${fact}`)
      if (!events.has(fact) && row !== undefined) news.push({ ...row, payload: { ...row.payload, status: 'orphaned' } })
    }
  if (news.length > 1 && faults.strikes('indexer: tells in any order')) news.reverse()
  if (news.length > 0 && faults.strikes('indexer: tells the same again')) news.push(...news)
  const heads = { latest: chain.height(), safe: chain.safeHeight(), final: chain.finalHeight() }
  let told = 0
  if (news.length > 0 || approved !== undefined)
    await inOneStatement(store.database, undefined, async tx => {
      // In one order for all, so that no two writers wait for each other in a circle.
      await tx.lock([...new Set(news.map(({ fact }) => `fact ${source} ${fact}`))].sort())
      for (const each of news) if (await tellFact(tx, store.database.tables, each)) told++
      if (approved !== undefined) await endResume(tx, store.database.tables, approved.approval, null)
    })
  tables.hashes.length = common
  for (const { hash } of fresh) tables.hashes.push(hash)
  Object.assign(tables, { events, latest: heads.latest })
  // Heads never fall, but by operators' word.
  tables.safe = Math.max(Math.min(tables.safe, approved ? common : tables.safe), heads.safe)
  tables.final = Math.max(Math.min(tables.final, approved ? common : tables.final), heads.final)
  if (approved !== undefined) endHalt(approved.halt, approved.approval, nowMs())
  return told
}

/** What a currency is called on a chain. */
export const tokenOf = (currency: string) => `token:${currency}`

const newsOf = (source: string, block: Block, event: Block['events'][number]): News => ({
  source,
  fact: event.fact,
  subject: event.terms.ref,
  kind: event.kind,
  payload: {
    status: 'included',
    escrowId: event.escrowId,
    ref: event.terms.ref,
    token: tokenOf(event.terms.currency),
    payer: event.terms.payer,
    payee: event.terms.payee,
    amount: event.terms.amountMinor,
    sequence: '0',
    txHash: event.txHash,
    blockNumber: String(block.height),
    blockHash: block.hash,
    logIndex: 0,
    ...event.also,
  },
})

/** The waits that are due, as the tables of the chains stand. A chain that is halted calls nothing final. */
export const finalFactsOf = (store: MemoryStore, chains: ReadonlyMap<string, ChainTables>, limit: number): FinalFact[] =>
  store.finalFacts(limit, ({ chain, level, fact }) => {
    const tables = chains.get(chain)
    if (tables === undefined || haltOf(tables) !== undefined) return undefined
    const event = tables.events.get(fact)
    const height = level === 'latest' ? tables.latest : level === 'safe' ? tables.safe : tables.final
    return {
      height: BigInt(height),
      event: event && { ...event, type: event.kind, blockNumber: BigInt(event.height) },
    }
  })
