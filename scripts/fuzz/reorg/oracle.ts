import { isDeepStrictEqual } from 'node:util'
import type { Finding, FindingKind } from './finding.ts'
import type { History, Seen } from './history.ts'
import type { Committed, InboxWrite, ReorgWrite } from './journal.ts'
import { factsOf, type Truth } from './truth.ts'

/** What the inbox said last of a fact. */
type Told = Truth & { readonly revision: number }

export type Judgement = {
  readonly findings: readonly Finding[]
  /** The cursor after the last commit. */
  readonly cursor: string | undefined
  /** Every block that the cursor's branch ever held: none of them may be forgotten. */
  readonly held: ReadonlySet<string>
  readonly told: ReadonlyMap<string, Told>
  readonly reorgs: number
  readonly halts: number
  readonly resumes: number
  readonly halted: boolean
}

/**
 * Folds what the indexer committed, one transaction after the other, over what the chain was: each move of the cursor must say exactly the
 * facts whose truth it changes, each once. Knows branches by the parents of recorded blocks, and nothing of how the indexer works.
 * `late`: what was missed may be told later on, as where the only node forgets; else it must come with its block.
 */
export const judge = (journal: readonly Committed[], history: History, late = false): Judgement => {
  const findings: Finding[] = []
  const find = (kind: FindingKind, what: string) => findings.push({ kind, what })
  const told = new Map<string, Told>()
  const held = new Set<string>()
  /** True, and not told yet. */
  const owed = new Map<string, Truth>()
  let cursor: string | undefined
  let finalized = -1
  let halted = false
  const count = { reorgs: 0, halts: 0, resumes: 0 }

  for (const [index, { head, inbox, announced, reorgs }] of journal.entries()) {
    const at = `commit ${index}`
    const resumed = halted && head?.halted === null
    if (halted && !resumed) find('halt', `${at}: a write after the halt`)
    if (resumed) count.resumes += 1
    if (!halted && head?.halted) count.halts += 1
    halted = head === undefined ? halted : head.halted !== null

    const { left, joined } = moved(history, cursor, head?.hash)
    if (head !== undefined && history.byHash.get(head.hash)?.number !== head.height)
      find('phantom', `${at}: the cursor is at ${head.height} ${head.hash}`)
    for (const { hash } of joined) held.add(hash)
    if (head !== undefined) held.add(head.hash)
    cursor = head?.hash ?? cursor
    if (left.length > 0) count.reorgs += 1

    // Only two operators may take finality back.
    if (head !== undefined && head.finalized < finalized && !resumed) find('finality', `${at}: it fell to ${head.finalized}`)
    finalized = head?.finalized ?? finalized
    for (const seen of left) for (const fact of factsOf(seen).keys()) owed.delete(fact)
    compare(changes(left, joined, told), inbox, { told, owed, late }, (kind, what) => find(kind, `${at}: ${what}`))
    if (!late) {
      for (const [fact, truth] of owed) find('missed', `${at}: ${fact} is ${truth.payload.status} and is not told`)
      owed.clear()
    }

    const said = inbox.map(({ fact, revision }) => `${fact} ${revision}`)
    if (!isDeepStrictEqual(said.toSorted(), announced.toSorted()))
      find('wrong', `${at}: the outbox tells ${announced.join()}, the inbox ${said.join()}`)
    const recorded = reorgs.filter(({ deep }) => !deep)
    const right = (left.length > 0 ? [recordOf(left)] : []).map((record, i) =>
      late ? { ...record, orphanedEvents: recorded[i]?.orphanedEvents ?? 0 } : record,
    )
    if (!isDeepStrictEqual(recorded, right))
      find('wrong', `${at}: the reorg of ${left.length} blocks is recorded as ${JSON.stringify(recorded)}`)
  }
  for (const fact of owed.keys()) find('missed', `${fact} was never told`)
  return { findings, cursor, held, told, halted, ...count }
}

const recordOf = (left: readonly Seen[]): ReorgWrite => ({
  ...{ deep: false, depth: left.length, ancestor: left.at(-1)!.parentHash, from: left[0]!.hash },
  ...{ orphanedBlocks: left.length, orphanedEvents: left.reduce((sum, seen) => sum + factsOf(seen).size, 0) },
})

/** What leaves and what joins; the first head is the block before the first that is read: its own facts are none of ours. */
const moved = (history: History, from: string | undefined, to: string | undefined): { left: Seen[]; joined: Seen[] } =>
  from === undefined || to === undefined || from === to ? { left: [], joined: [] } : difference(history, from, to)

/** The blocks that leave and the blocks that join when the cursor goes from one to the other, newest first. */
const difference = (history: History, from: string, to: string): { left: Seen[]; joined: Seen[] } => {
  const before = new Map([...history.pathFrom(from)].map(seen => [seen.hash, seen]))
  const joined: Seen[] = []
  for (const seen of history.pathFrom(to)) {
    if (before.has(seen.hash)) return { left: [...before.values()].filter(({ number }) => number > seen.number), joined }
    joined.push(seen)
  }
  return { left: [...before.values()], joined }
}

const changes = (left: readonly Seen[], joined: readonly Seen[], told: ReadonlyMap<string, Told>): Map<string, Truth> => {
  const now = new Map(joined.flatMap(seen => [...factsOf(seen)]))
  const expected = new Map(now)
  for (const seen of left)
    for (const fact of factsOf(seen).keys()) {
      if (now.has(fact)) continue
      const last = told.get(fact)
      // Who never heard of it needs no retraction.
      if (last === undefined || last.payload.status === 'orphaned') continue
      expected.set(fact, { kind: last.kind, subject: last.subject, payload: { ...last.payload, status: 'orphaned' } })
    }
  // Back where it was, within one commit: nobody need hear of it.
  for (const [fact, truth] of expected) if (isDeepStrictEqual(told.get(fact)?.payload, truth.payload)) expected.delete(fact)
  return expected
}

const compare = (
  expected: Map<string, Truth>,
  inbox: readonly InboxWrite[],
  { told, owed, late }: { told: Map<string, Told>; owed: Map<string, Truth>; late: boolean },
  find: (kind: FindingKind, what: string) => void,
) => {
  const open = new Map([...owed, ...expected])
  for (const { fact, kind, subject, payload, revision } of inbox) {
    const last = told.get(fact)
    const truth = open.get(fact)
    const said = { kind, subject, payload }
    // It left one block, and in the next one the node forgets it: gone, and to be told again.
    const retracted =
      late &&
      truth?.payload.status === 'included' &&
      last?.payload.status === 'included' &&
      isDeepStrictEqual(payload, { ...last.payload, status: 'orphaned' })
    if (!retracted) open.delete(fact)
    told.set(fact, { ...said, revision })
    if (truth === undefined) {
      const known = last !== undefined && isDeepStrictEqual(last.payload, payload)
      find(known || expected.has(fact) ? 'twice' : 'phantom', `${fact} is told as ${payload.status}, revision ${revision}`)
    } else if (!retracted && !isDeepStrictEqual(said, { ...truth })) {
      find('wrong', `${fact} is told as ${JSON.stringify(said)} and is ${JSON.stringify(truth)}`)
    }
    if (revision !== (last?.revision ?? 0) + 1) find('twice', `${fact} goes from revision ${last?.revision ?? 0} to ${revision}`)
  }
  owed.clear()
  for (const [fact, truth] of open) owed.set(fact, truth)
}
