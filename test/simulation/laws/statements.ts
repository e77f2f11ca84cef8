import type { Evidence } from '../evidence.ts'
import type { Law } from './finding.ts'
import { unheardRefundKeys } from './refund-orders.ts'

const over = ['completed', 'compensated', 'canceled', 'failed', 'review', 'resolved']

/** What the bank's statement says is kept line by line, and is booked, or in a person's hands. */
export const statements: Law = evidence => {
  const { bank, tables, world, house } = evidence
  const broken: string[] = []
  const unknown = unheardRefundKeys(evidence)
  const kept = new Map(tables.bank_statement_lines.map(line => [`${line.account} ${line.cursor}`, line]))
  for (const { account, cursor, externalId, amountMinor, orderId } of bank.statement) {
    const say = (what: string) => broken.push(`line ${cursor} of ${account}, ${amountMinor} for ${externalId}, ${what}`)
    const line = kept.get(`${account} ${cursor}`)
    kept.delete(`${account} ${cursor}`)
    if (line === undefined) say('was never read')
    else if (line.amount !== amountMinor || line.external_id !== externalId) say(`was kept as ${line.amount}`)
    else if (orderId === null && externalId !== 'opening' && !isDoubt(line)) say(`was taken for ${line.verdict}`)
  }
  for (const name of kept.keys()) broken.push(`line ${name} was kept, and never written`)
  for (const { id, state } of tables.transfers) {
    if (isDoubted(evidence, id)) {
      const isTold = tables.transfer_events.some(
        ({ transfer_id, payload }) =>
          transfer_id === id && payload.type === 'attentionRequired' && payload.why === 'statement_mismatch',
      )
      if (!isTold && !over.includes(state)) broken.push(`${id} (${state}): a line is not what was ordered, and nobody is told`)
      continue
    }
    const ours = new Set(bank.orders.filter(order => order.description === id && !unknown.has(order.key)).map(order => order.id))
    for (const { account, bank: rail } of world.ownAccounts) {
      const byHand = account === world.ownAccount ? house.byHand.filter(({ transfer }) => transfer === id) : []
      const said = [
        ...bank.statement.filter(line => line.account === account && line.orderId !== null && ours.has(line.orderId)),
        ...byHand.map(({ minor }) => ({ amountMinor: minor })),
      ].reduce((sum, { amountMinor }) => sum + BigInt(amountMinor), 0n)
      const booked = bookedAtBank(evidence, id, rail)
      if (booked !== said) broken.push(`${id} (${state}): the statement of ${account} says ${said}, booked is ${booked}`)
    }
  }
  return broken
}

const isDoubt = ({ verdict }: Evidence['tables']['bank_statement_lines'][number]) =>
  verdict === 'mismatched' || verdict === 'unexplained'

/** A line names an order of it and is not what was ordered: from there on a person knows what the statement says of it. */
export const isDoubted = ({ tables }: Evidence, id: string): boolean => {
  const keys = new Set(tables.intents.filter(({ transfer_id }) => transfer_id === id).map(({ key }) => key))
  const refunds = new Set(tables.refunds.filter(({ refund_of }) => refund_of === id).map(({ request }) => request.externalId))
  return tables.bank_statement_lines.some(
    line => isDoubt(line) && ((line.intent_key !== null && keys.has(line.intent_key)) || refunds.has(line.external_id)),
  )
}

/** What the house has booked on its account at a bank for a transfer. */
export const bookedAtBank = ({ tables }: Evidence, id: string, bank: string): bigint => {
  const entries = new Set(tables.ledger_entries.filter(({ transfer_id }) => transfer_id === id).map(({ position }) => position))
  return tables.ledger_postings
    .filter(({ entry, account_id, layer }) => entries.has(entry) && account_id === `bank_cash:${bank}:USD` && layer === 'posted')
    .reduce((sum, { amount }) => sum + BigInt(amount), 0n)
}
