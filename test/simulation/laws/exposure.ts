import type { Evidence } from '../evidence.ts'
import type { Law } from './finding.ts'

type Lent = { readonly id: string; readonly minor: bigint; readonly fromMs: number; readonly untilMs: number }

/** No more is advanced at once than the limit, and what is advanced is kept until its debit can come back no more, and no longer. */
export const exposure: Law = evidence => {
  const { world, tables } = evidence
  const lent = world.returnableMs > world.clearingMs ? tables.transfers.flatMap(({ id }) => lentFor(evidence, id)) : []
  const broken = lent.flatMap(({ id, fromMs }) => {
    const sum = lent.reduce((sum, each) => (each.fromMs <= fromMs && fromMs < each.untilMs ? sum + each.minor : sum), 0n)
    return sum > BigInt(world.exposureLimit) ? [`${sum} was advanced when ${id} was opened`] : []
  })
  for (const { transfer_id: id, amount, returnable_until: until } of tables.advances) {
    const say = (what: string) => broken.push(`the advance of ${id} ${what}`)
    const known = lent.find(each => each.id === id)
    if (known === undefined) say('is none')
    else if (known.minor !== BigInt(amount)) say(`is kept as ${amount}`)
    else if (until !== null && Date.parse(until) < known.untilMs) say('ends before its debit is final')
    if (until === null && isOver(evidence, id)) say('never ends')
  }
  return broken
}

const lentFor = ({ world, requests, bank, tables }: Evidence, id: string): Lent[] => {
  const { reference, sourceAmount } = tables.transfers.find(transfer => transfer.id === id)!.terms
  const route = requests.flatMap(({ bodies }) => bodies).find(body => body.reference === reference)?.route
  if (route !== 'onramp' && route !== 'remittance') return []
  const events = tables.transfer_events.filter(({ transfer_id }) => transfer_id === id)
  const end = events.find(({ type, to_state }) => type === 'debitReturned' || to_state === 'failed' || to_state === 'canceled')
  const settledAtMs = bank.orders.find(order => order.description === id && order.direction === 'debit')?.settledAtMs
  // A bank that does not say when it has settled is taken by a clock of ours.
  const finalAtMs = settledAtMs === undefined ? Number.POSITIVE_INFINITY : settledAtMs + world.returnableMs - world.skewMs
  const untilMs = Math.min(finalAtMs, end === undefined ? Number.POSITIVE_INFINITY : Date.parse(end.at))
  return [{ id, minor: BigInt(sourceAmount.minor), fromMs: Date.parse(events[0]!.at), untilMs }]
}

/** The debit has settled, or it never will. */
const isOver = ({ tables }: Evidence, id: string): boolean =>
  tables.transfer_events.some(
    ({ transfer_id, type, to_state }) =>
      transfer_id === id && (type === 'debitSettled' || to_state === 'failed' || to_state === 'canceled'),
  )
