import type { Settlement } from '../../../bridge-service/src/ledger/settle-receivable.ts'
import type { Currency } from '../../../bridge-service/src/money/currency.ts'
import { money } from '../../../bridge-service/src/money/money.ts'
import type { ActionType } from '../../../bridge-service/src/operators/action.ts'
import type { Random } from '../../../scripts/fuzz/reorg/random.ts'
import { openLines } from '../memory/open-lines.ts'
import type { Call } from './calls.ts'
import { type Heads, haltedReason } from './followed-chain.ts'
import { anyStep } from './steps.ts'
import type { Twins } from './twins.ts'

const accounts = [
  ...['equity:USD', 'written_off:USD', 'written_off:EUR', 'bad_debt:USD', 'bank_cash:bank:other:USD', 'bank_cash:bank:sim:USD'],
  ...['treasury:evm:1:USDC', 'customer_clearing:USD', 'nowhere:USD'],
]

const persons = ['ann', 'ben']

/** What persons say of a line of a statement, and of what a transfer has left open, or its customer owes; right or wrong. */
export const operatorCall = (random: Random, twins: Twins): Call =>
  random.pick([
    ...[explaining, closing, closing, resolving, owing, owing, settling, settling, settling],
    ...[asking, deciding, deciding, ending, goingOn, goingOn, goingOn],
  ])(random, twins)

const explaining = (random: Random, { memory }: Twins): Call => {
  const all = [...memory.database.tables.bank_statement_lines.values()]
  const doubtful = all.filter(({ verdict }) => verdict === 'unexplained' || verdict === 'mismatched')
  const lines = doubtful.length > 0 && random.chance(0.9) ? doubtful : all
  const { rail, account, cursor } =
    lines.length > 0 && random.chance(0.95) ? random.pick(lines) : { rail: 'bank:sim', account: 'acct_1', cursor: 'none' }
  const into = random.pick([null, ...accounts])
  const actionId = `oa_${random.hex(4)}`
  const explanation = { rail, account, cursor, into, actionId, actor: 'operator:ann+ben', reason: 'x' }
  return {
    name: 'explaining a line',
    run: async side => {
      await side.onFloor(floor => floor.insert(freshAction(actionId, 'explainLine', false), operatorOf('ann')))
      await side.explainLine(explanation)
      return 'explained'
    },
  }
}

/** A step that opens a case, or changes it, as a late return does; those of the machine are rare. */
const owing = (random: Random, { memory, nowMs }: Twins): Call => {
  const all = [...memory.database.tables.transfers.values()].map(({ transfer }) => transfer)
  if (all.length === 0) return { name: 'owing', run: async () => {} }
  const step = anyStep(random, random.pick(all), { pools: [], nowMs: nowMs() })
  const receivables = [money(random.pick(['USD', 'USDC']), random.pick([-1_000n, 2_000n, 3_000n, 4_000n]))]
  const owed = step && { ...step, decision: { ...step.decision, receivables } }
  return { name: 'owing', run: async ({ store }) => owed && store.commitSteps([owed], undefined) }
}

const settling = (random: Random, { memory }: Twins): Call => {
  const open = [...memory.database.tables.receivables.values()]
  const all = [...memory.database.tables.transfers.keys()]
  const owed = open.length > 0 && random.chance(0.9) ? random.pick(open) : undefined
  if (owed === undefined && all.length === 0) return { name: 'settling', run: async () => {} }
  const left = owed === undefined ? 1n : owed.owed - owed.recovered - owed.written_off
  const minor = random.pick([left, left / 2n, left + 1n])
  const settlement: Settlement = {
    transferId: owed?.transfer_id ?? random.pick(all),
    kind: random.pick(['recovered', 'writtenOff']),
    amount: money((owed?.currency ?? 'USD') as Currency, minor > 0n ? minor : 1n),
    ...{ actor: 'operator:ann+ben', reason: 'x' },
  }
  return { name: 'settling a debt', run: side => side.settleReceivable(settlement).then(() => 'settled') }
}

const operatorOf = (person: string) => ({ by: `api:${person}`, person })

const freshAction = (id: string, type: ActionType, fourEyes: boolean, branch: 'ours' | 'theirs' = 'ours') => ({
  ...{ id, type, transferId: null, scope: 'chain:evm:1', reason: 'x', payload: { branch, haltedReason } },
  ...{ payloadHash: '0'.repeat(64), fourEyes, ttlMs: 3_600_000 },
})

const anyAction = (random: Random, { memory }: Twins) => {
  const all = [...memory.database.tables.operator_actions.values()]
  const open = all.filter(({ decision, obeyed_at }) => decision === null && obeyed_at === null)
  return all.length === 0 ? 'oa_none' : random.pick(open.length > 0 && random.chance(0.8) ? open : all).id
}

const asking = (random: Random): Call => {
  const type = random.pick(['resumeChain', 'settleReceivable'] as const)
  const action = freshAction(`oa_${random.hex(4)}`, type, random.chance(0.8), random.pick(['ours', 'theirs']))
  const person = random.pick(persons)
  return { name: 'asking', run: side => side.onFloor(floor => floor.insert(action, operatorOf(person))) }
}

const deciding = (random: Random, twins: Twins): Call => {
  const id = anyAction(random, twins)
  const decision = random.pick(['approve', 'approve', 'reject'] as const)
  const person = random.pick(persons)
  return {
    name: decision,
    run: side =>
      side.onFloor(async floor => [await floor.find(id), await floor.decide(id, decision, 'so be it', operatorOf(person))]),
  }
}

const ending = (random: Random, twins: Twins): Call => {
  const id = anyAction(random, twins)
  const refusal = random.pick([null, 'no_common_ancestor'])
  return { name: 'ending an action', run: side => side.endAction(id, refusal) }
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

/** A chain that is halted most times, two of whom one may be the other, and whoever follows it. */
const goingOn = (random: Random): Call => {
  const heads: Heads = { latest: 900, safe: 800, finalized: 700, halted: random.chance(0.8) }
  const action = freshAction(`oa_${random.hex(4)}`, 'resumeChain', true, random.pick(['ours', 'theirs']))
  const [one, other] = [random.pick(persons), random.pick(persons)]
  return {
    name: 'going on',
    run: async ({ onFloor, chain }) => {
      await chain.setHeads(heads)
      await onFloor(floor => floor.insert(action, operatorOf(one)))
      await onFloor(floor => floor.decide(action.id, 'approve', null, operatorOf(other)))
      return chain.obey()
    },
  }
}
