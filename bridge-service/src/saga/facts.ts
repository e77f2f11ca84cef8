import type { ClientBase } from 'pg'
import type { Observation } from '../../../indexer/src/observation.ts'
import type { RailFact } from '../rails/rail.ts'
import type { ChainPlace } from '../transfer/event.ts'
import type { TransferId } from '../transfer/id.ts'
import type { ChainFactKind, Input } from '../transfer/input.ts'
import type { FactKey } from './step.ts'

export type ClaimedFact = FactKey & {
  readonly transferId: TransferId
  readonly actor: string
  readonly input: Exclude<Input, { type: 'screened' }>
  /** The escrow that a chain's fact is about. Its ref alone proves nothing: anyone may lock dust under a ref that he has seen. */
  readonly escrowId?: string
}

type Row = FactKey & {
  kind: ChainFactKind | 'railFact' | 'cancel'
  payload: Record<string, unknown>
  transfer_id: TransferId | null
  step: 'debitFiat' | 'creditFiat' | null
}

/**
 * Locks the oldest facts that no other worker holds, with the transfer that each is about. To be called in the transaction that
 * consumes them. Facts that no transfer answers to come back as `unmatched`.
 */
export const claimFacts = async (
  client: ClientBase,
  limit: number,
): Promise<{ matched: ClaimedFact[]; unmatched: FactKey[]; full: boolean }> => {
  const { rows } = await client.query<Row>({
    name: 'claim_facts',
    // The facts of parked transfers wait with them. Left in, as many as the limit would keep everybody else's from being read.
    text: `with parked as materialized (
             select id, escrow_ref from transfers where parked_reason is not null
           ), silent as materialized (
             select id as subject from parked union all select escrow_ref from parked
             union all select 'CW' || left(n.key, 32) from intents n join parked p on n.transfer_id = p.id
           ), waiting as materialized (
             select source, fact, subject, kind, payload, revision, received_at from inbox
              where consumed < revision and not unmatched and not exists (select from silent where silent.subject = inbox.subject)
              order by received_at limit $1 for update of inbox skip locked
           )
           select w.source, w.fact, w.revision, w.kind, w.payload, coalesce(t.id, n.transfer_id, c.id) as transfer_id, n.step
             from waiting w
             left join transfers t on t.escrow_ref = w.subject
             left join intents n on w.kind = 'railFact' and n.key >= substr(w.subject, 3) and n.key < substr(w.subject, 3) || 'g'
                       and w.subject like 'CW%' and length(w.subject) = 34
             left join transfers c on w.source = 'command' and c.id = w.subject
            order by w.received_at`,
    values: [limit],
  })
  const matched: ClaimedFact[] = []
  const unmatched: FactKey[] = []
  for (const row of rows) {
    const claimed = read(row)
    if (claimed) matched.push(claimed)
    else unmatched.push(row)
  }
  return { matched, unmatched, full: rows.length === limit }
}

const read = ({ source, fact, revision, kind, payload, transfer_id: transferId, step }: Row): ClaimedFact | undefined => {
  if (transferId === null) return undefined
  const key = { source, fact, revision, transferId }
  switch (kind) {
    case 'railFact':
      if (step !== 'debitFiat' && step !== 'creditFiat') return undefined
      return { ...key, actor: source, input: { type: 'railFact', step, fact: payload as RailFact } }
    case 'cancel':
      return { ...key, actor: String(payload.actor), input: { type: 'cancelCommand', reason: String(payload.reason) } }
    case 'escrowLocked':
    case 'escrowReleased':
    case 'escrowRefunded': {
      const { status, escrowId, txHash, blockNumber, blockHash } = payload as Observation
      const place: ChainPlace = { fact, txHash, blockNumber, blockHash }
      return { ...key, actor: source, escrowId, input: { type: 'chainFact', kind, status, place } }
    }
    default:
      return undefined
  }
}

/** Ends facts that moved nothing; those without a transfer are kept apart for a person. */
export const consumeFacts = async (
  client: ClientBase,
  unmatched: readonly FactKey[],
  ignored: readonly FactKey[],
): Promise<void> => {
  const all = [...unmatched.map(fact => ({ ...fact, lost: true })), ...ignored.map(fact => ({ ...fact, lost: false }))]
  if (all.length === 0) return
  await client.query({
    name: 'consume_facts',
    text: `update inbox b set consumed = case when f.lost then b.consumed else f.revision end, unmatched = f.lost
             from unnest($1::text[], $2::text[], $3::int[], $4::boolean[]) as f(source, fact, revision, lost)
            where b.source = f.source and b.fact = f.fact`,
    values: [all.map(f => f.source), all.map(f => f.fact), all.map(f => f.revision), all.map(f => f.lost)],
  })
}
