import type { Evidence } from '../evidence.ts'
import type { Law } from './finding.ts'

type Receivable = Evidence['tables']['receivables'][number]

/**
 * What a customer owes is what its transfer has booked; it is settled by what persons have said of it, once each, and never by more than was
 * owed then.
 */
export const settlements: Law = evidence => {
  const { tables } = evidence
  const known = new Set(tables.receivables.map(({ transfer_id }) => `receivable:${transfer_id}`))
  const strange = tables.ledger_entries
    .filter(({ transfer_id }) => transfer_id.startsWith('receivable:') && !known.has(transfer_id))
    .map(({ transfer_id }) => `${transfer_id} is booked, and nobody owes it`)
  return [
    ...strange,
    ...tables.receivables.flatMap(row =>
      wrongWith(evidence, row).map(what => `the ${row.currency} owed of ${row.transfer_id} (${row.state}): ${what}`),
    ),
  ]
}

const wrongWith = ({ tables, house }: Evidence, row: Receivable): string[] => {
  const { transfer_id: id, currency } = row
  const [owed, recovered, writtenOff] = [BigInt(row.owed), BigInt(row.recovered), BigInt(row.written_off)]
  const broken: string[] = []
  const compare = (what: string, said: bigint, is: bigint) => {
    if (said !== is) broken.push(`${what}: the case says ${said}, and it is ${is}`)
  }

  const papers = house.papers.filter(
    ({ type, transfer, isDone, payload }) =>
      type === 'settleReceivable' && transfer === id && isDone && payload.currency === currency,
  )
  const saidOf = (kind: string) => sumOf(papers.flatMap(({ payload }) => (payload.kind === kind ? [payload.minor!] : [])))
  compare('recovered by what persons say', recovered, saidOf('recovered'))
  compare('written off by what persons say', writtenOff, saidOf('writtenOff'))
  if (currency === 'USD')
    compare(
      'recovered by the bank',
      recovered,
      sumOf(house.repayments.flatMap(each => (each.transfer === id ? [each.minor] : []))),
    )

  const lines = linesOf(tables, row)
  const booked = (account: string) => sumOf(lines.flatMap(line => (line.account === account ? [line.amount] : [])))
  const byHand = lines.filter(({ isByHand }) => isByHand)
  const settled = sumOf(byHand.flatMap(({ account, amount }) => (account === `receivable:${currency}` ? [amount] : [])))
  compare('owed by the books', owed, booked(`receivable:${currency}`) - settled)
  compare('settled by the books', recovered + writtenOff, -settled)
  compare('lost by the books', writtenOff, booked(`bad_debt:${currency}`))
  if (new Set(byHand.map(({ entry }) => entry)).size !== papers.length)
    broken.push(`${papers.length} settlements, booked as ${byHand.map(({ entry }) => entry).join()}`)
  let left = 0n
  for (const { account, amount, isByHand } of lines) {
    if (account !== `receivable:${currency}`) continue
    left += BigInt(amount)
    if (isByHand && left < 0n) broken.push(`${amount} was settled when ${left - BigInt(amount)} was owed`)
  }
  if (owed < recovered + writtenOff !== (row.state === 'overpaid')) broken.push(`of ${owed} ${recovered + writtenOff} is settled`)
  return broken
}

type Line = { readonly entry: number; readonly account: string; readonly amount: string; readonly isByHand: boolean }

/** What its transfer and persons have booked of a currency, in the order in which it was booked. */
const linesOf = (tables: Evidence['tables'], { transfer_id, currency }: Receivable): Line[] => {
  const isByHand = new Map(
    tables.ledger_entries
      .filter(entry => entry.transfer_id === transfer_id || entry.transfer_id === `receivable:${transfer_id}`)
      .map(entry => [entry.position, entry.transfer_id !== transfer_id]),
  )
  return tables.ledger_postings
    .filter(posting => isByHand.has(posting.entry) && posting.currency === currency && posting.layer === 'posted')
    .map(({ entry, account_id, amount }) => ({
      ...{ entry: Number(entry), account: account_id, amount, isByHand: isByHand.get(entry)! },
    }))
    .sort((a, b) => a.entry - b.entry)
}

const sumOf = (amounts: readonly string[]): bigint => amounts.reduce((sum, amount) => sum + BigInt(amount), 0n)
