import { createPublicClient, erc20Abi, http } from 'viem'
import type { World } from '../local/world.ts'
import type { Placed } from './integrator.ts'

type BankTransfer = { direction: 'debit' | 'credit'; status: string; amount: string; description?: string; accountId?: string }
type View = { state: string; amount: { value: string }; destinationAmount: { value: string } }

/** The fate of an order, by what bank and chain did, and the states that may stand beside it. */
const fates: Readonly<Record<string, readonly string[]>> = {
  delivered: ['completed'],
  refunded: ['compensated'],
  'returned by the bank': ['compensated', 'failed', 'review'],
  'never debited': ['failed', 'canceled'],
  'in a person’s hands': ['review'],
}

/**
 * What became of each order, by the bank's own list and by what the chain says of an address that nobody else was paid at. It knows only
 * what the integrator knows, and of our database it asks one thing: how many transfers there are.
 */
export const judgeOrders = async (
  world: Pick<World, 'evm' | 'bank' | 'contracts' | 'settlementToken' | 'apiUrl' | 'apiKey'>,
  orders: readonly Placed[],
  transfers: number,
): Promise<{ violations: string[]; byState: Record<string, number>; byFate: Record<string, number> }> => {
  const node = createPublicClient({ transport: http(world.evm.url), cacheTime: 0 })
  const bank = ((await (await fetch(`${world.bank.url}/admin/transfers`)).json()) as { data: BankTransfer[] }).data
  const ofOrder = Map.groupBy(bank, ({ description }) => description)
  const tokens = { USDC: world.contracts.token, EURC: world.settlementToken }
  const violations: string[] = []
  const byState: Record<string, number> = {}
  const byFate: Record<string, number> = {}

  for (const { id, payee, asset } of orders) {
    const answer = await fetch(`${world.apiUrl}/v1/transfers/${id}`, { headers: { authorization: `Bearer ${world.apiKey}` } })
    const view = (await answer.json()) as View
    const arrived = await node.readContract({
      ...{ address: tokens[asset], abi: erc20Abi, functionName: 'balanceOf', args: [payee] },
    })
    const moved = ofOrder.get(id) ?? []
    const count = (direction: string, status: string) =>
      moved.filter(one => one.direction === direction && one.status === status).length
    const [debits, returned, credits] = [count('debit', 'settled'), count('debit', 'returned'), count('credit', 'settled')]
    const found = `${debits} debits, ${returned} returned, ${credits} credits, ${arrived} ${asset} arrived`

    const fate = fateOf(debits, returned, credits, arrived > 0n)
    byState[view.state] = (byState[view.state] ?? 0) + 1
    byFate[fate ?? 'wrong'] = (byFate[fate ?? 'wrong'] ?? 0) + 1
    if (fate === undefined || !fates[fate]!.includes(view.state)) violations.push(`${id} is ${view.state} with ${found}`)
    if (arrived > 0n && arrived !== units(view.destinationAmount.value, 6))
      violations.push(`${id}: ${arrived} arrived instead of ${view.destinationAmount.value}`)
    for (const { direction, status, amount } of moved)
      if (amount !== units(view.amount.value, 2).toString())
        violations.push(`${id}: a ${direction} of ${amount} is ${status}, the order was for ${view.amount.value}`)
  }
  if (new Set(orders.map(({ id }) => id)).size !== orders.length) violations.push('two orders have one transfer')
  if (transfers !== orders.length) violations.push(`${orders.length} orders were answered, there are ${transfers} transfers`)
  const strangers = bank.filter(({ description }) => !orders.some(({ id }) => id === description))
  if (strangers.length > 0) violations.push(`the bank moved money ${strangers.length} times for no order`)
  return { violations, byState, byFate }
}

/** Undefined when the money went two ways, or nowhere. */
export const fateOf = (debits: number, returned: number, credits: number, arrived: boolean): string | undefined => {
  if (debits + returned > 1 || credits > 1 || (credits === 1 && arrived)) return undefined
  if (debits + returned === 0) return credits === 0 && !arrived ? 'never debited' : undefined
  if (returned === 1) return credits === 0 && !arrived ? 'returned by the bank' : 'in a person’s hands'
  if (arrived) return 'delivered'
  return credits === 1 ? 'refunded' : 'in a person’s hands'
}

/** `100.25` with two decimals is 10025n. */
const units = (value: string, decimals: number): bigint => {
  const [whole = '', fraction = ''] = value.split('.')
  return BigInt(whole + fraction.padEnd(decimals, '0'))
}
