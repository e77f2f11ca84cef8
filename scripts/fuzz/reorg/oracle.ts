import { isDeepStrictEqual } from 'node:util'
import type { Finding, FindingKind } from './finding.ts'
import type { History, Seen } from './history.ts'
import type { Committed, InboxWrite } from './journal.ts'
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
  readonly halted: boolean
}

/**
 * Folds what the indexer committed, one transaction after the other, over what the chain was: each move of the cursor must say exactly the
 * facts whose truth it changes, each once. Knows branches by the parents of recorded blocks, and nothing of how the indexer works.
 */
export const judge = (journal: readonly Committed[], history: History): Judgement => {
  const findings: Finding[] = []
  const find = (kind: FindingKind, what: string) => findings.push({ kind, what })
  const told = new Map<string, Told>()
  const held = new Set<string>()
  let cursor: string | undefined
  let finalized = -1
  let halted = false
  let reorgs = 0

  for (const [index, { head, inbox }] of journal.entries()) {
    const at = `commit ${index}`
    if (halted) find('halt', `${at}: a write after the halt`)
    if (head?.halted) halted = true
    let expected = new Map<string, Truth>()
    if (head !== undefined && head.hash !== cursor) {
      const tip = history.byHash.get(head.hash)
      if (tip === undefined || tip.number !== head.height) find('phantom', `${at}: the cursor is at ${head.height} ${head.hash}`)
      // The first head is the block before the first that is read: its own facts are none of ours.
      const { left, joined } = cursor === undefined ? { left: [], joined: [] } : difference(history, cursor, head.hash)
      if (left.length > 0) reorgs += 1
      expected = changes(left, joined, told)
      for (const { hash } of joined) held.add(hash)
      held.add(head.hash)
      cursor = head.hash
    }
    if (head !== undefined && head.finalized < finalized) find('finality', `${at}: it fell to ${head.finalized}`)
    finalized = Math.max(finalized, head?.finalized ?? -1)
    compare(expected, inbox, told, (kind, what) => find(kind, `${at}: ${what}`))
  }
  return { findings, cursor, held, told, reorgs, halted }
}

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
    for (const [fact, truth] of factsOf(seen)) {
      if (now.has(fact)) continue
      const last = told.get(fact) ?? truth
      expected.set(fact, { kind: last.kind, subject: last.subject, payload: { ...last.payload, status: 'orphaned' } })
    }
  // Back where it was, within one commit: nobody need hear of it.
  for (const [fact, truth] of expected) if (isDeepStrictEqual(told.get(fact)?.payload, truth.payload)) expected.delete(fact)
  return expected
}

const compare = (
  expected: Map<string, Truth>,
  inbox: readonly InboxWrite[],
  told: Map<string, Told>,
  find: (kind: FindingKind, what: string) => void,
) => {
  const open = new Map(expected)
  for (const { fact, kind, subject, payload, revision } of inbox) {
    const last = told.get(fact)
    const truth = open.get(fact)
    const said = { kind, subject, payload }
    open.delete(fact)
    told.set(fact, { ...said, revision })
    if (truth === undefined) {
      const known = last !== undefined && isDeepStrictEqual(last.payload, payload)
      find(known || expected.has(fact) ? 'twice' : 'phantom', `${fact} is told as ${payload.status}, revision ${revision}`)
    } else if (!isDeepStrictEqual(said, { ...truth })) {
      find('wrong', `${fact} is told as ${JSON.stringify(said)} and is ${JSON.stringify(truth)}`)
    }
    if (revision !== (last?.revision ?? 0) + 1) find('twice', `${fact} goes from revision ${last?.revision ?? 0} to ${revision}`)
  }
  for (const [fact, truth] of open) find('missed', `${fact} is ${truth.payload.status} and is not told`)
}
