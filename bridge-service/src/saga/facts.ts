import type { ClientBase, Pool } from 'pg'
import type { Observation } from '../../../indexer/src/observation.ts'
import type { RailFact } from '../rails/rail.ts'
import type { ChainPlace } from '../transfer/event.ts'
import type { TransferId } from '../transfer/id.ts'
import type { ChainFactKind, Input, OperatorInput, Step } from '../transfer/input.ts'
import type { FactKey } from './step.ts'

export type ClaimedFact = FactKey & {
  readonly transferId: TransferId
  readonly actor: string
  readonly input: Exclude<Input, { type: 'screened' }> | OperatorInput
  /** The escrow that a chain's fact is about. Its ref alone proves nothing: anyone may lock dust under a ref that he has seen. */
  readonly escrowId?: string
  /** The fact that told of the making of what this one is about, where two of the same id can be made. */
  readonly madeBy?: string
  /** Somebody has brought money by it, which must not be forgotten when no transfer takes it. */
  readonly bringsMoney?: true
}

export type ClaimedFacts = {
  readonly matched: readonly ClaimedFact[]
  readonly unmatched: readonly FactKey[]
  /** There may be more of them. */
  readonly full: boolean
}

/** A fact as it stands in the inbox, with the transfer that it is about and, from a bank, the step of its order. */
export type FactRow = FactKey & {
  kind: ChainFactKind | 'railFact' | 'statementMismatch' | 'cancel' | 'operator'
  payload: Record<string, unknown>
  transfer_id: TransferId | null
  step: Step | null
}

/** What the facts of parked transfers are about. They wait with them: left in, enough of them would keep everybody else's from being read. */
export const parkedSubjects = async (database: Pool): Promise<string[]> => {
  const { rows } = await database.query<{ subject: string }>({
    name: 'parked_subjects',
    text: `with parked as materialized (select id, escrow_ref from transfers where parked_reason is not null)
           select id as subject from parked union all select escrow_ref from parked where escrow_ref is not null
           union all select 'CW' || left(n.key, 32) from intents n join parked p on n.transfer_id = p.id`,
  })
  return rows.map(row => row.subject)
}

/**
 * Locks the oldest facts that no other worker holds, with the transfer that each is about. To be called in the transaction that
 * consumes them. Facts that no transfer answers to come back as `unmatched`.
 */
export const claimFacts = async (client: ClientBase, limit: number, parked: readonly string[] = []): Promise<ClaimedFacts> => {
  const { rows } = await client.query<FactRow>({
    name: 'claim_facts',
    // What came in one commit has one time, and its chain's own order.
    // Subqueries instead of joins: each is one look-up in an index, whatever the planner believes about tables without statistics.
    text: `with waiting as materialized (
             select source, fact, subject, kind, payload, revision, received_at from inbox
              where consumed < revision and not unmatched and subject <> all ($2::text[])
              order by received_at limit $1 for update skip locked
           )
           select w.source, w.fact, w.revision, w.kind, w.payload, n.step,
                  case when w.kind in ('railFact', 'statementMismatch') then n.transfer_id
                       when w.source = 'command' then (select c.id from transfers c where c.id = w.subject)
                       else (select t.id from transfers t where t.escrow_ref = w.subject) end as transfer_id
             from waiting w
             left join lateral (
               select i.transfer_id, i.step from intents i
                where w.kind in ('railFact', 'statementMismatch') and w.subject like 'CW%' and length(w.subject) = 34
                  and i.key >= substr(w.subject, 3) and i.key < substr(w.subject, 3) || 'g' limit 1
             ) n on true
            order by w.received_at, (w.payload ->> 'blockNumber')::bigint`,
    values: [limit, parked],
  })
  const matched: ClaimedFact[] = []
  const unmatched: FactKey[] = []
  for (const row of rows) {
    const claimed = readFact(row)
    if (claimed) matched.push(claimed)
    else unmatched.push(row)
  }
  return { matched, unmatched, full: rows.length === limit }
}

/** What a fact says to its transfer; undefined when it has none, or when nothing of it is the saga's business. */
export const readFact = ({
  source,
  fact,
  revision,
  kind,
  payload,
  transfer_id: transferId,
  step,
}: FactRow): ClaimedFact | undefined => {
  if (transferId === null) return undefined
  const key = { source, fact, revision, transferId }
  switch (kind) {
    case 'railFact':
      if (step !== 'debitFiat' && step !== 'creditFiat' && step !== 'payoutFiat') return undefined
      return { ...key, actor: source, input: { type: 'railFact', step, fact: payload as RailFact } }
    case 'statementMismatch':
      return { ...key, actor: source, input: { type: 'statementMismatched' } }
    case 'cancel':
      return { ...key, actor: String(payload.actor), input: { type: 'cancelCommand', reason: String(payload.reason) } }
    case 'operator':
      return { ...key, actor: String(payload.actor), input: payload.input as ClaimedFact['input'] }
    case 'escrowLocked':
    case 'escrowCommitted':
    case 'escrowReleased':
    case 'escrowRefunded':
    case 'escrowCredited':
    case 'escrowClawedBack':
    case 'depositReceived':
    case 'deliveryClaimed':
    case 'deliveryReclaimed': {
      const { status, escrowId, txHash, blockNumber, blockHash, balance, balanceId, madeBy } = payload as Observation
      if (escrowId === undefined) return undefined
      // What an issuer takes from a customer whom we have paid moves no transfer: a person has to hear of it.
      if (kind === 'escrowClawedBack' && balance === 'delivery') return undefined
      const place: ChainPlace = { fact, txHash, blockNumber, blockHash }
      const claimed = { ...key, actor: source, escrowId }
      if (kind !== 'escrowLocked' && kind !== 'depositReceived')
        return {
          ...claimed,
          ...(madeBy === undefined ? {} : { madeBy }),
          input: { type: 'chainFact', kind: whatEnds(kind, balance), status, place },
        }
      // A customer's balance is a lock like any other; his payment is ours as it comes, which is what a commit makes of a lock.
      const made = kind === 'depositReceived' && balanceId === undefined ? 'escrowCommitted' : 'escrowLocked'
      return { ...claimed, madeBy: fact, bringsMoney: true, input: { type: 'chainFact', kind: made, status, place } }
    }
    default:
      return undefined
  }
}

/** Our claim of a customer's balance is the point of no return, and it collects it, too: the machine hears of it as of a commit. */
const whatEnds = (kind: ChainFactKind, balance: Observation['balance']): ChainFactKind =>
  kind === 'escrowReleased' && balance === 'deposit' ? 'escrowCommitted' : kind

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
