import type { World } from '../local/world.ts'
import type { Placed } from './integrator.ts'
import { decimalsOf, readTraces, type Trace } from './traces.ts'

type View = { state: string; amount: { value: string }; destinationAmount: { value: string } }

/** The fate of an order, by what bank and chains did, and the states that may stand beside it. */
const fates = {
  delivered: ['completed'],
  'paid back': ['compensated'],
  'fetched back by the bank': ['compensated', 'failed', 'review'],
  'never taken': ['failed', 'canceled'],
  'in a person’s hands': ['review'],
} as const satisfies Record<string, readonly string[]>

export type Fate = keyof typeof fates

export type Judgement = {
  readonly violations: string[]
  readonly byState: Record<string, number>
  /** By route and fate. */
  readonly byFate: Record<string, number>
}

/**
 * What became of each order, by the bank's own list and by what the chains say of an address that is nobody else's. It knows only what
 * the integrator knows, and of our database it asks one thing: how many transfers there are.
 */
export const judgeOrders = async (world: World, orders: readonly Placed[], transfers: number): Promise<Judgement> => {
  const traces = await readTraces(world)
  const violations: string[] = []
  const byState: Record<string, number> = {}
  const byFate: Record<string, number> = {}

  for (const order of orders) {
    const { id, route, payer, payee, paysBy } = order
    const answer = await fetch(`${world.apiUrl}/v1/transfers/${id}`, { headers: { authorization: `Bearer ${world.apiKey}` } })
    const view = (await answer.json()) as View
    const trace = await traces.of(order)
    const fate = fateOf(trace)
    count(byState, view.state)
    count(byFate, `${route} ${fate ?? 'wrong'}`)
    const states: readonly string[] = fate === undefined ? [] : fates[fate]
    // Who pays on Stellar without an order that still waits for it has his money back beside the transfer.
    const besides = fate === 'paid back' && payer.at === 'stellar' && paysBy === 'payment' ? ['canceled', 'failed'] : []
    if (![...states, ...besides].includes(view.state)) violations.push(`${id} (${route}) is ${view.state} with ${told(trace)}`)

    const due = units(view.amount.value, decimalsOf[payer.at])
    const promised = units(view.destinationAmount.value, decimalsOf[payee.at])
    for (const amount of [...trace.taken, ...trace.fetchedBack, ...trace.paidBack])
      if (amount !== due) violations.push(`${id} (${route}): ${amount} moved at the payer instead of ${due}`)
    for (const amount of trace.arrived)
      if (amount !== promised) violations.push(`${id} (${route}): ${amount} arrived instead of ${promised}`)
    violations.push(...trace.astray.map(what => `${id} (${route}): ${what}`))
  }
  if (new Set(orders.map(({ id }) => id)).size !== orders.length) violations.push('two orders have one transfer')
  if (transfers !== orders.length) violations.push(`${orders.length} orders were answered, there are ${transfers} transfers`)
  const known = new Set<string | undefined>(orders.map(({ id }) => id))
  const strangers = [...traces.atBank].filter(id => !known.has(id))
  if (strangers.length > 0) violations.push(`the bank moved money for ${strangers.length} transfers of no order`)
  return { violations, byState, byFate }
}

/** Undefined when the money went two ways, or nowhere. */
export const fateOf = ({ taken, fetchedBack, paidBack, arrived }: Omit<Trace, 'astray'>): Fate | undefined => {
  const [debits, back, credits, deliveries] = [taken.length, fetchedBack.length, paidBack.length, arrived.length]
  if (debits + back > 1 || credits + deliveries > 1) return undefined
  if (debits + back === 0) return credits + deliveries === 0 ? 'never taken' : undefined
  if (back === 1) return credits + deliveries === 0 ? 'fetched back by the bank' : 'in a person’s hands'
  if (deliveries === 1) return 'delivered'
  return credits === 1 ? 'paid back' : 'in a person’s hands'
}

const told = ({ taken, fetchedBack, paidBack, arrived }: Trace) =>
  `${taken.length} taken, ${fetchedBack.length} fetched back, ${paidBack.length} paid back, ${arrived.length} arrived`

const count = (counts: Record<string, number>, name: string) => {
  counts[name] = (counts[name] ?? 0) + 1
}

/** `100.25` with two decimals is 10025n. */
const units = (value: string, decimals: number): bigint => {
  const [whole = '', fraction = ''] = value.split('.')
  return BigInt(whole + fraction.padEnd(decimals, '0'))
}
