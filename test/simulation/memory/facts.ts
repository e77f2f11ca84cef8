import { isDeepStrictEqual } from 'node:util'
import { type ClaimedFact, type ClaimedFacts, type FactRow, readFact } from '../../../bridge-service/src/saga/facts.ts'
import type { FactKey } from '../../../bridge-service/src/saga/step.ts'
import { frozen } from './frozen.ts'
import type { InboxRow, Tables } from './tables.ts'
import type { MemoryTx } from './transaction.ts'

/** What the facts of parked transfers are about. */
export const parkedSubjects = ({ transfers, intents }: Tables): string[] => {
  const parked = [...transfers.values()].filter(({ parked_reason }) => parked_reason !== null)
  if (parked.length === 0) return []
  const ids = new Set<string>(parked.map(({ transfer }) => transfer.id))
  const references = [...intents.values()].flatMap(({ key, transfer_id }) =>
    ids.has(transfer_id) ? [`CW${key.slice(0, 32)}`] : [],
  )
  return [...ids, ...parked.flatMap(({ escrow_ref }) => escrow_ref ?? []), ...references]
}

export const isWaiting = ({ consumed, revision, unmatched }: InboxRow): boolean => consumed < revision && !unmatched

/** What names no block comes last of what has one time. */
const blockOf = ({ payload }: InboxRow): number =>
  Number((payload as { blockNumber?: string }).blockNumber ?? Number.MAX_SAFE_INTEGER)

/** Locks the oldest facts that no other transaction holds. */
export const claimFacts = async (
  tx: MemoryTx,
  tables: Tables,
  limit: number,
  parked: readonly string[],
): Promise<ClaimedFacts> => {
  const leftAlone = new Set(parked)
  const waiting: InboxRow[] = []
  for (const row of tables.inbox.values())
    if (isWaiting(row) && !leftAlone.has(row.subject) && !tx.isLockedByAnother(lockOf(row))) waiting.push(row)
  waiting.sort((a, b) => a.received_at - b.received_at)
  const claimed = waiting.slice(0, limit).sort((a, b) => a.received_at - b.received_at || blockOf(a) - blockOf(b))
  await tx.lock(claimed.map(lockOf))
  const matched: ClaimedFact[] = []
  const unmatched: FactKey[] = []
  for (const row of claimed) {
    const { source, fact, revision, kind, payload } = row
    const about = subjectOf(tx, tables, row)
    const read = readFact({ ...{ source, fact, revision, payload }, kind: kind as FactRow['kind'], ...about })
    if (read === undefined) unmatched.push({ source, fact, revision })
    else matched.push(read)
  }
  return { matched, unmatched, full: claimed.length === limit }
}

const subjectOf = (tx: MemoryTx, tables: Tables, { kind, source, subject }: InboxRow): Pick<FactRow, 'transfer_id' | 'step'> => {
  if (kind === 'railFact' || kind === 'statementMismatch') {
    const key = /^CW.{32}$/s.test(subject) ? tx.get(tables.by_reference, subject.slice(2)) : undefined
    const intent = key === undefined ? undefined : tx.get(tables.intents, key)
    return { transfer_id: intent?.transfer_id ?? null, step: (intent?.step ?? null) as FactRow['step'] }
  }
  if (source === 'command') return { transfer_id: tx.get(tables.transfers, subject)?.transfer.id ?? null, step: null }
  return { transfer_id: tx.get(tables.by_ref, subject) ?? null, step: null }
}

export const consumeFacts = async (
  tx: MemoryTx,
  { inbox }: Tables,
  unmatched: readonly FactKey[],
  ignored: readonly FactKey[],
): Promise<void> => {
  await tx.lock([...unmatched, ...ignored].map(lockOf))
  for (const { key, row } of known(tx, inbox, unmatched)) tx.put(inbox, key, { ...row, unmatched: true })
  for (const { key, row, revision } of known(tx, inbox, ignored))
    tx.put(inbox, key, { ...row, consumed: revision, unmatched: false })
}

const known = (tx: MemoryTx, inbox: Tables['inbox'], facts: readonly FactKey[]) =>
  facts.flatMap(({ source, fact, revision }) => {
    const key = `${source} ${fact}`
    const row = tx.get(inbox, key)
    return row === undefined ? [] : [{ key, row, revision }]
  })

const lockOf = ({ source, fact }: Pick<InboxRow, 'source' | 'fact'>) => `fact ${source} ${fact}`

/** A row of the inbox as its senders give it. */
export type News = Pick<InboxRow, 'source' | 'fact' | 'subject' | 'kind' | 'payload'>

/** What a webhook or a command writes: nothing when the fact is there already. Returns whether it was new. */
export const keepFact = async (
  tx: MemoryTx,
  { inbox }: Tables,
  { source, fact, subject, kind, payload }: News,
  receivedAtMs = tx.nowMs,
): Promise<boolean> => {
  const key = `${source} ${fact}`
  await tx.lock([lockOf({ source, fact })])
  if (tx.get(inbox, key) !== undefined) return false
  const fresh = { revision: 1, consumed: 0, unmatched: false, received_at: receivedAtMs }
  tx.put(inbox, key, { ...{ source, fact, subject, kind, payload: frozen(payload) }, ...fresh })
  return true
}

/** What the indexer writes: a change of a known fact raises its revision. Returns whether it was news. */
export const tellFact = async (tx: MemoryTx, tables: Tables, news: News): Promise<boolean> => {
  if (await keepFact(tx, tables, news)) return true
  const key = `${news.source} ${news.fact}`
  const { subject, kind, payload } = news
  const row = tx.get(tables.inbox, key)!
  if (row.subject === subject && row.kind === kind && isDeepStrictEqual(row.payload, payload)) return false
  tx.put(tables.inbox, key, { ...row, subject, kind, payload: frozen(payload), revision: row.revision + 1 })
  return true
}
