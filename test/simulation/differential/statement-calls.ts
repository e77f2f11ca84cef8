import type { StatementLine } from '../../../bridge-service/src/rails/rail.ts'
import type { Random } from '../../../scripts/fuzz/reorg/random.ts'
import type { Call } from './calls.ts'
import type { Twins } from './twins.ts'

const places = [
  ['bank:sim', 'acct_1'],
  ['bank:sim', 'acct_1'],
  ['bank:sim', 'acct_2'],
  ['bank:other', 'acct_2'],
] as const

/** A page of some statement: of lines that are new, or of some that were served before, read behind the right line or a wrong one. */
export const statementCall = (random: Random, { memory, nowMs }: Twins): Call => {
  const { bank_statements, bank_statement_lines, intents } = memory.database.tables
  const [rail, account] = random.pick(places)
  const kept = bank_statements.get(`${rail} ${account}`)?.cursor ?? undefined
  const from = Number(kept ?? '0') - (random.chance(0.2) ? random.between(0, 2) : 0)
  const orders = [...intents.values()].flatMap(({ request }) => (request.kind === 'rail' ? [request.order] : []))
  const moved = [...bank_statement_lines.values()].flatMap(({ external_id }) =>
    orders.filter(({ externalId }) => externalId === external_id),
  )
  const lineAt = (cursor: number): StatementLine => {
    const order = random.pick([...orders, ...moved, ...moved, ...moved])
    const amount = BigInt(order?.amountMinor ?? '5') + (random.chance(0.1) ? 1n : 0n)
    return {
      cursor: String(cursor),
      bankTransferId: `bt_${random.hex(2)}`,
      externalId:
        order === undefined || random.chance(0.1)
          ? random.pick(['opening', `CW${random.hex(15)}`, 'NOTPROVIDED'])
          : order.externalId,
      amountMinor: String(random.chance(0.5) ? amount : -amount),
      currency: random.chance(0.95) ? (order?.currency ?? 'USD') : 'EUR',
      at: new Date(nowMs()).toISOString().slice(0, random.chance(0.3) ? 10 : undefined),
    }
  }
  const lines = Array.from({ length: random.between(1, 4) }, (_, index) => lineAt(Math.max(0, from) + index + 1))
  const isRight = random.chance(0.9)
  return {
    name: 'reading a statement',
    run: async ({ statements }) => {
      const after = await statements.cursorOf(rail, account)
      return statements.keepPage({ rail, account, after: isRight ? after : 'elsewhere', lines })
    },
  }
}
