import type { Evidence } from '../evidence.ts'
import type { Law } from './finding.ts'

// What was read before the halt may be committed after it, by a slow worker.
const onItsWayMs = 30_000

/**
 * While a chain is halted nothing of it becomes final; it goes on when two persons have said so of this halt; and then the house holds for true
 * what stands on it, and nothing else.
 */
export const halts: Law = evidence => {
  const { chains, tables, world } = evidence
  const ended = new Set(chains.flatMap(({ halts }) => halts.map(({ by }) => by)))
  const idle = tables.operator_actions
    .filter(({ id, type, obeyed_at }) => type === 'resumeChain' && obeyed_at !== null && !ended.has(id))
    .map(({ id }) => `${id} was obeyed, and has let no chain go on`)
  const each = chains.flatMap(({ id, halts, facts, indexed, told }) => {
    const isHalted = (atMs: number) =>
      halts.some(({ fromMs, untilMs }) => fromMs + world.frozenMs + onItsWayMs < atMs && (untilMs === null || atMs < untilMs))
    const final = tables.audit_log.flatMap(({ transfer_id, cause, at }) => {
      const kind = /^finality:(\w+):/.exec(cause)?.[1]
      const isMeant = kind !== undefined && isHalted(Date.parse(at)) && chainOf(evidence, transfer_id, kind) === id
      return isMeant ? [`${transfer_id}: the ${kind} became final while ${id} was halted`] : []
    })
    const stands = new Set(facts)
    const untrue = (whose: string, held: readonly string[]) =>
      held.filter(fact => !stands.has(fact)).map(fact => `${fact} is not on ${id}, and ${whose}`)
    const lifted = halts.flatMap(halt => liftedBy(evidence, id, halt))
    return [
      ...[...final, ...lifted],
      ...[...untrue('the indexer holds it for true', indexed), ...untrue('nobody has taken it back', told)],
    ]
  })
  return [...idle, ...each]
}

type Halt = Evidence['chains'][number]['halts'][number]

const liftedBy = ({ tables }: Evidence, chain: string, { reason, untilMs, by }: Halt): string[] => {
  if (untilMs === null) return [`${chain} is halted, and nobody lets it go on`]
  const action = tables.operator_actions.find(({ id }) => id === by)
  if (action === undefined) return [`${chain} went on, and nobody has said so`]
  const { type, scope, payload, requested_person: one, decision, decided_person: other, decided_at, obeyed_at } = action
  const isMeant = type === 'resumeChain' && scope === `chain:${chain}` && payload.haltedReason === reason
  const isSaid = decision === 'approve' && other !== null && other !== one && Date.parse(decided_at!) <= untilMs
  return [
    ...(isMeant ? [] : [`${chain} went on by ${action.id}, which is about something else`]),
    ...(isSaid ? [] : [`${chain} went on by the word of ${one} and ${other}`]),
    ...(obeyed_at !== null ? [] : [`${chain} went on by ${action.id}, and nobody knows`]),
  ]
}

/** Where that became final: of two chains, where its deposit lies, or where its hold does. */
const chainOf = ({ requests, tables }: Evidence, transfer: string, kind: string): string | undefined => {
  const reference = tables.transfers.find(({ id }) => id === transfer)?.terms.reference
  const wanted = requests.flatMap(({ bodies }) => bodies).find(body => body.reference === reference)
  return /^(deposit|commit)/.test(kind) ? wanted?.chain : (wanted?.into ?? wanted?.chain)
}
