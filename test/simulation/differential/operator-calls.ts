import type { Random } from '../../../scripts/fuzz/reorg/random.ts'
import { openLines } from '../memory/open-lines.ts'
import type { Call } from './calls.ts'
import type { Twins } from './twins.ts'

const accounts = [
  ...['equity:USD', 'written_off:USD', 'written_off:EUR', 'bad_debt:USD', 'bank_cash:bank:other:USD', 'bank_cash:bank:sim:USD'],
  ...['treasury:evm:1:USDC', 'customer_clearing:USD', 'nowhere:USD'],
]

/** What persons say of a line of a statement, and of what a transfer has left open; right or wrong. */
export const operatorCall = (random: Random, twins: Twins): Call =>
  random.pick([explaining, closing, closing, resolving])(random, twins)

const explaining = (random: Random, { memory }: Twins): Call => {
  const all = [...memory.database.tables.bank_statement_lines.values()]
  const doubtful = all.filter(({ verdict }) => verdict === 'unexplained' || verdict === 'mismatched')
  const lines = doubtful.length > 0 && random.chance(0.9) ? doubtful : all
  const { rail, account, cursor } =
    lines.length > 0 && random.chance(0.95) ? random.pick(lines) : { rail: 'bank:sim', account: 'acct_1', cursor: 'none' }
  const into = random.pick([null, ...accounts])
  const actionId = `oa_${random.hex(4)}`
  const explanation = { rail, account, cursor, into, actionId, actor: 'operator:ann+ben', reason: 'x' }
  return { name: 'explaining a line', run: side => side.explainLine(explanation).then(() => 'explained') }
}

const closing = (random: Random, { memory }: Twins): Call => {
  const { tables } = memory.database
  const all = [...tables.transfers.values()].map(({ transfer }) => transfer)
  const inReview = all.filter(({ state }) => state === 'review')
  const known = inReview.length > 0 && random.chance(0.8) ? inReview : all
  if (known.length === 0) return { name: 'closing', run: async () => {} }
  const { id } = random.pick(known)
  const open = openLines(tables, id).filter(() => random.chance(0.9))
  const wanted = open.flatMap(({ account, currency }) =>
    account.startsWith('receivable:') ? [] : [{ account, into: random.pick([`written_off:${currency}`, ...accounts]) }],
  )
  return { name: 'closing', run: ({ closingLines }) => closingLines(id, wanted) }
}

/** Two have said that it is over: right, or of a transfer that has moved on. */
const resolving = (random: Random, { memory }: Twins): Call => {
  const inReview = [...memory.database.tables.transfers.values()].filter(({ transfer }) => transfer.state === 'review')
  if (inReview.length === 0) return { name: 'resolving', run: async () => {} }
  const { id, version } = random.pick(inReview).transfer
  const seen = random.chance(0.7) ? version : version - 1
  const input = { type: 'resolveCommand', version: seen, outcome: 'failed', evidence: 'e', document: null, closing: [] }
  const news = { source: 'command', fact: `action:${random.hex(4)}`, subject: id, kind: 'operator' }
  return { name: 'resolving', run: side => side.keepFact({ ...news, payload: { input, actor: 'operator:ann+ben' } }) }
}
