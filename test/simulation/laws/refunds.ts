import type { Evidence } from '../evidence.ts'
import type { Law } from './finding.ts'
import { netOf } from './net-of.ts'
import { isRefund, unheardRefundKeys } from './refund-orders.ts'
import { isDoubted } from './statements.ts'

type Refund = Evidence['tables']['refunds'][number]
type Order = Evidence['bank']['orders'][number]

/** What was asked for is paid once, to whom it is for, or not at all; and all of it together is no more than what was paid, or is owed. */
export const refunds: Law = evidence => {
  const { tables, house } = evidence
  if (house.refunds.length === 0 && tables.refunds.length === 0) return []
  const rows = new Map(tables.refunds.map(row => [row.id, row]))
  const lost = house.refunds
    .filter(({ id, answer }) => answer === 'opened' && !rows.has(id))
    .map(({ id }) => `refund ${id} was promised, and is not there`)
  const each = tables.refunds.flatMap(row =>
    wrongWith(evidence, row).map(what => `refund ${row.id} of ${row.refund_of} (${row.state}): ${what}`),
  )
  const transfers = [...new Set(tables.refunds.map(({ refund_of }) => refund_of))]
  return [...lost, ...each, ...transfers.flatMap(id => tooMuch(evidence, id).map(what => `${id}: ${what}`))]
}

const wrongWith = (evidence: Evidence, { id, refund_of, minor, state, request }: Refund): string[] => {
  const { bank, house } = evidence
  const broken: string[] = []
  const asked = house.refunds.find(each => each.id === id)
  if (asked === undefined) broken.push('nobody has asked for it')
  else if (asked.answer !== 'opened') broken.push(`who asked for it was told ${asked.answer}`)
  else if (asked.minor !== null && asked.minor !== minor) broken.push(`${asked.minor} was asked for`)
  const orders = bank.orders.filter(({ externalId }) => externalId === request.externalId)
  if (orders.length > 1) broken.push(`it was ordered ${orders.length} times`)
  const wanted = wantedOf(evidence, refund_of)
  if (orders.some(({ customer }) => customer !== wanted?.account)) broken.push('somebody else was paid')
  if (orders.some(({ amountMinor }) => amountMinor !== minor)) broken.push('another amount was ordered')
  const paid = netOf(evidence, orders)
  if (isDoubted(evidence, refund_of)) return broken
  if (unheardRefundKeys(evidence).has(request.key)) return broken
  if (paid !== (state === 'completed' ? BigInt(minor) : 0n)) broken.push(`the bank has paid ${paid} of ${minor}`)
  return broken
}

const tooMuch = (evidence: Evidence, transfer: string): string[] => {
  const { tables, house, world } = evidence
  // What the bank pays although it has refused it, or has sent back, is paid to him once more, and a person's case.
  const isSeenTo = ['review', 'resolved'].includes(tables.transfers.find(({ id }) => id === transfer)!.state)
  // Of a refund about which the bank says nothing nobody knows, and a payment whose return is taken back meanwhile is paid beside it.
  const unheard = unheardRefundKeys(evidence)
  const orders = evidence.bank.orders.filter(
    order =>
      order.description === transfer &&
      !unheard.has(order.key) &&
      !(isSeenTo && order.direction === 'credit' && standsAfterAll(evidence, order)),
  )
  const wanted = wantedOf(evidence, transfer)
  if (wanted === undefined) return ['refunds of what nobody has ordered']
  const broken: string[] = []
  const rows = tables.refunds.filter(({ refund_of }) => refund_of === transfer)
  const paidBy = (isMeant: (row: Refund) => boolean) => {
    const references = new Set(rows.filter(isMeant).map(({ request }) => request.externalId))
    return netOf(
      evidence,
      orders.filter(({ externalId }) => references.has(externalId)),
    )
  }
  for (const currency of new Set(rows.map(row => row.currency))) {
    const isPayout = wanted.route === 'offramp' || currency === 'EUR'
    const whole = BigInt(isPayout ? wanted.deliveredMinor : wanted.paidMinor)
    const gifts = paidBy(row => row.currency === currency && row.kind === 'goodwill')
    if (gifts > whole) broken.push(`${gifts} ${currency} were given of ${whole}`)
    const owed = paidBy(row => row.currency === currency && row.kind === 'owed')
    if (owed === 0n) continue
    const account = currency === 'EUR' ? world.partnerAccount : world.ownAccount
    const credits = netOf(
      evidence,
      orders.filter(order => order.direction === 'credit' && order.account === account && !isRefund(order)),
    )
    const debits = orders.filter(({ direction }) => direction === 'debit')
    const byHand = house.byHand.reduce((sum, each) => (each.transfer === transfer ? sum - BigInt(each.minor) : sum), 0n)
    // Who takes his debit back after he was paid is a person's case; that he is not paid any more is another law.
    if (debits.some(({ status }) => status === 'returned')) continue
    const most = isPayout ? whole : -netOf(evidence, debits)
    if (owed + credits + (currency === 'EUR' ? 0n : byHand) > most)
      broken.push(`${owed} ${currency} were paid back beside ${credits} and ${byHand} by hand, of ${most}`)
  }
  return broken
}

const standsAfterAll = ({ bank }: Evidence, { id, key, status, code }: Order): boolean => {
  const isRefused = code !== undefined || bank.refusedKeys.includes(key)
  return status === 'settled' && (isRefused || bank.lines.filter(({ orderId }) => orderId === id).length > 1)
}

const wantedOf = ({ requests, tables }: Evidence, id: string) => {
  const transfer = tables.transfers.find(each => each.id === id)
  return requests
    .flatMap(({ bodies }) => bodies)
    .find(body => body.reference === transfer?.terms.reference && body.paidMinor === transfer.terms.sourceAmount.minor)
}
