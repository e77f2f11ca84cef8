import type { Evidence } from '../evidence.ts'
import type { Law } from './finding.ts'

// What was read before the halt may be committed after it, by a slow worker.
const onItsWayMs = 30_000

/** While a chain is halted nothing of it becomes final; and when it goes on, the house holds for true what stands on it, and nothing else. */
export const halts: Law = evidence => {
  const { chains, tables, world } = evidence
  return chains.flatMap(({ id, halts, facts, indexed, told }) => {
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
    return [...final, ...untrue('the indexer holds it for true', indexed), ...untrue('nobody has taken it back', told)]
  })
}

/** Where that became final: of two chains, where its deposit lies, or where its hold does. */
const chainOf = ({ requests, tables }: Evidence, transfer: string, kind: string): string | undefined => {
  const reference = tables.transfers.find(({ id }) => id === transfer)?.terms.reference
  const wanted = requests.flatMap(({ bodies }) => bodies).find(body => body.reference === reference)
  return /^(deposit|commit)/.test(kind) ? wanted?.chain : (wanted?.into ?? wanted?.chain)
}
