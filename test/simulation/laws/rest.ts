import { isInHands } from './endings.ts'
import type { Law } from './finding.ts'
import { isLost } from './undone.ts'

const over = ['completed', 'compensated', 'canceled', 'failed', 'review', 'resolved']

/** Law 8: at rest nothing is stuck: no transfer under way, no intent open, no timer, no wait, no hold, no clearing account above zero. */
export const rest: Law = evidence => {
  const { tables, unrest } = evidence
  const broken = unrest.map(what => `not at rest: ${what}`)
  for (const transfer of tables.transfers) {
    const { id, state, parked_reason, progress } = transfer
    const say = (what: string) => broken.push(`${id} (${state}): ${what}`)
    if (parked_reason !== null) say(`parked: ${parked_reason}`)
    if (isLost(evidence, transfer)) {
      if (!over.includes(state) && progress.attention === undefined) say('what was final is gone, and no person is called')
      continue
    }
    if (!over.includes(state) || isInHands(evidence, id)) continue
    const of = ({ transfer_id }: { readonly transfer_id: string }) => transfer_id === id
    for (const { step, status } of tables.intents.filter(of))
      if (status !== 'SUCCEEDED' && status !== 'FAILED' && state !== 'review') say(`${step} is ${status}`)
    for (const { kind } of tables.deadlines.filter(of)) say(`a timer: ${kind}`)
    for (const { kind } of tables.finality_waits.filter(of)) say(`a wait: ${kind}`)
    // What a person has in hands may still lie in an escrow, and its liquidity with it.
    if (state === 'review') continue
    if (tables.reservations.some(row => of(row) && row.status === 'reserved')) say('liquidity is reserved')
    const entries = new Set(tables.ledger_entries.filter(of).map(({ position }) => position))
    const postings = tables.ledger_postings.filter(({ entry }) => entries.has(entry))
    const left = (isMeant: (posting: (typeof postings)[number]) => boolean) =>
      postings.filter(isMeant).reduce((sum, { amount }) => sum + BigInt(amount), 0n)
    const clearing = new Set(
      postings.map(({ account_id }) => account_id).filter(account => /^(customer_clearing|payout_partner):/.test(account)),
    )
    for (const account of clearing)
      if (left(({ account_id, layer }) => account_id === account && layer === 'posted') !== 0n) say(`${account} is not zero`)
    for (const account of new Set(postings.map(({ account_id }) => account_id)))
      if (left(posting => posting.account_id === account && posting.layer === 'pending') !== 0n) say(`a hold on ${account}`)
  }
  return broken
}
