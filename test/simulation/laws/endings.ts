import type { Evidence } from '../evidence.ts'
import type { Law } from './finding.ts'

/** What became of one transfer's money, by the books of the bank and of the chain alone. */
type Ending = {
  readonly paid: bigint
  readonly paidBack: bigint
  readonly debits: number
  readonly credits: number
  readonly isReturned: boolean
  readonly delivered: number
  readonly reclaimed: boolean
  readonly everLocked: boolean
}

/** Law 2: every debit of a customer ends in exactly one of delivered, refunded, in a person's hands. Never two, and never without a debit. */
export const endings: Law = evidence => {
  const { tables, requests } = evidence
  const broken: string[] = []
  for (const { id, state, escrow_ref: ref, terms } of tables.transfers) {
    const wanted = requests
      .flatMap(({ bodies }) => bodies)
      .find(body => body.reference === terms.reference && body.paidMinor === terms.sourceAmount.minor)
    const say = (what: string) => broken.push(`${id} (${state}): ${what}`)
    if (wanted === undefined) {
      say('nobody wanted this')
      continue
    }
    const end = endingOf(evidence, id, ref, wanted.address, wanted.deliveredMinor)
    const { paid, paidBack, debits, credits, isReturned, delivered, reclaimed, everLocked } = end
    const whole = BigInt(wanted.paidMinor)
    const inHands = state === 'review' || isInHands(evidence, id)
    if (debits > 1) say(`${debits} debits moved money`)
    if (credits > 1) say(`${credits} credits moved money`)
    if (paid !== 0n && paid !== whole) say(`debited ${paid} of ${whole}`)
    if (paidBack !== 0n && paidBack !== whole) say(`credited ${paidBack} of ${whole}`)
    if (delivered > 1) say('delivered twice')
    if (delivered > 0 && credits > 0) say('delivered and credited back')
    if (delivered > 0 && paid === 0n && !(isReturned && inHands)) say('delivered for nothing')
    if (paidBack > 0n && paid === 0n && !(isReturned && inHands)) say('credited what was never debited')
    if (paid > 0n && delivered === 0 && paidBack === 0n && !inHands) say('the money is with us, and nobody minds it')
    if (state === 'completed' && (delivered !== 1 || paid === 0n)) say('it says completed')
    if (state === 'compensated' && (delivered > 0 || paid !== paidBack)) say('it says compensated')
    if ((state === 'failed' || state === 'canceled') && (paid !== 0n || paidBack !== 0n || everLocked))
      say('it says that nothing happened')
    if (reclaimed && state !== 'review') say('a delivery came back, and nobody knows')
  }
  return broken
}

const endingOf = (evidence: Evidence, id: string, ref: string, address: string, deliveredMinor: string): Ending => {
  const { bank, chain, world } = evidence
  const orders = bank.orders.filter(({ description }) => description === id)
  const moved = (direction: string) => {
    const ids = new Set(orders.filter(order => order.direction === direction).map(order => order.id))
    return bank.lines.filter(({ orderId }) => ids.has(orderId))
  }
  const sum = (lines: readonly { readonly amountMinor: string }[]) =>
    lines.reduce((total, line) => total + BigInt(line.amountMinor), 0n)
  const ours = chain.escrows.filter(({ terms }) => terms.ref === ref && world.ownPayers.includes(terms.payer))
  const released = ours.filter(
    ({ status, terms }) => status === 'released' && terms.payee === address && terms.amountMinor === deliveredMinor,
  )
  return {
    paid: sum(moved('debit')),
    paidBack: -sum(moved('credit')),
    debits: new Set(moved('debit').map(({ orderId }) => orderId)).size,
    credits: new Set(moved('credit').map(({ orderId }) => orderId)).size,
    isReturned: orders.some(({ direction, status }) => direction === 'debit' && status === 'returned'),
    delivered: released.filter(({ delivery }) => delivery !== 'reclaimed').length,
    reclaimed: released.some(({ delivery }) => delivery === 'reclaimed'),
    everLocked: ours.some(({ status }) => status === 'released' || status === 'locked' || status === 'committed'),
  }
}

/**
 * Nobody can say whether its order is under way: the bank says nothing about the key, or does not know it, and it is too late to send it
 * again. The house holds everything until a person has asked.
 */
export const isInHands = ({ bank, tables, world }: Evidence, id: string): boolean =>
  tables.intents.some(
    ({ transfer_id, step, key, status, created_at }) =>
      transfer_id === id &&
      status === 'UNKNOWN' &&
      step.endsWith('Fiat') &&
      world.endMs - Date.parse(created_at) > world.keyRetentionMs &&
      (bank.silentKeys.includes(key) || !bank.orders.some(order => order.key === key)),
  )
