import type { Evidence } from '../evidence.ts'
import { isInHands } from './endings.ts'
import type { Law } from './finding.ts'
import { isDoubted } from './statements.ts'

type Rebalance = Evidence['house']['rebalances'][number]

/** What goes from one bank of ours to another gets there whole or stays where it was, and none of it is anybody's on the way. */
export const rebalances: Law = evidence =>
  evidence.house.rebalances.flatMap(rebalance => judge(evidence, rebalance).map(what => `rebalance ${rebalance.id}: ${what}`))

const judge = (evidence: Evidence, { id, from, to, minor, paysTo }: Rebalance): string[] => {
  const { bank, tables } = evidence
  const transfer = tables.transfers.find(each => each.id === id)
  if (transfer === undefined) return ['it was begun, and is not there']
  const { state } = transfer
  const broken: string[] = []
  const orders = bank.orders.filter(({ description }) => description === id)
  const isOf = ({ orderId }: { readonly orderId: string }) => orders.some(order => order.id === orderId)
  const sumOf = (lines: readonly { readonly amountMinor: string }[]) =>
    lines.reduce((sum, { amountMinor }) => sum + BigInt(amountMinor), 0n)
  if (orders.some(order => order.account !== from || order.customer !== paysTo)) broken.push('it was ordered otherwise')
  const left = -sumOf(bank.lines.filter(isOf))
  const came = sumOf(bank.arrivals.filter(line => line.account === to && isOf(line)))
  if (bank.arrivals.some(line => line.account !== to && isOf(line))) broken.push('it has arrived elsewhere')
  if (left !== 0n && left !== BigInt(minor)) broken.push(`${left} of ${minor} has left`)
  if (left !== came) broken.push(`${left} has left, and ${came} has arrived`)
  if (state === 'review' || state === 'resolved' || isInHands(evidence, id) || isDoubted(evidence, id)) return broken
  const due = state === 'completed' ? BigInt(minor) : 0n
  if (came !== due) broken.push(`it says ${state}, and ${came} has arrived`)
  const entries = new Set(tables.ledger_entries.filter(({ transfer_id }) => transfer_id === id).map(({ position }) => position))
  const postings = tables.ledger_postings.filter(
    ({ entry, account_id }) => entries.has(entry) && account_id.startsWith('in_transit:'),
  )
  const between = postings.reduce((sum, { amount }) => sum + BigInt(amount), 0n)
  if (between !== 0n) broken.push(`it says ${state}, and ${between} is in transit`)
  return broken
}
