import type { ExplanationPayload } from '../../../bridge-service/src/operators/action.ts'
import { actorOf } from '../../../bridge-service/src/operators/perform.ts'
import type { Random } from '../../../scripts/fuzz/reorg/random.ts'
import type { BankStatement, WrittenLine } from '../bank/statement.ts'
import type { Faults } from '../faults.ts'
import { explainLine, lockLine } from '../memory/explain-line.ts'
import type { MemoryStore } from '../memory-store.ts'
import { ownAccounts } from '../routes/wanted.ts'
import type { Scheduler } from '../scheduler.ts'
import type { Office } from './office.ts'

const lookEveryMs = 40_000

/**
 * Operators who ask the bank what a doubtful line is that no order of ours has made: a gain, a loss, or what a colleague has paid by hand, which is
 * in the books already.
 */
export const explain = (
  { nowMs, at }: Scheduler,
  random: Random,
  faults: Faults,
  store: MemoryStore,
  office: Office,
  statement: BankStatement,
) => {
  const { database } = store
  const { bank_statement_lines: kept } = database.tables
  const asked = new Set<string>()

  const ask = (rail: string, line: WrittenLine) => {
    const { account, cursor, externalId, amountMinor, currency } = line
    // What a customer has paid on a debt settles it, or another line sends it back.
    const isBooked = /^(HAND|OWED)-/.test(externalId)
    const right = isBooked ? null : BigInt(amountMinor) > 0n ? `equity:${currency}` : `written_off:${currency}`
    const wrong = faults.strikes('resolution: its evidence is wrong')
    const into = wrong
      ? random.pick([`customer_clearing:${currency}`, 'written_off:EUR', `bank_cash:${rail}:${currency}`])
      : right
    return office.send({
      wrong: wrong ? 'its account' : undefined,
      complete: async tx => {
        await lockLine(database, tx, { rail, account, cursor }, into)
        const payload: ExplanationPayload = { account, cursor, into, document: null, currency, minor: amountMinor }
        return { type: 'explainLine', transferId: null, scope: `rail:${rail}`, reason: 'the bank says so', payload }
      },
      perform: (action, tx) =>
        explainLine(database, tx, {
          ...{ rail, account, cursor, into, actionId: action.id },
          ...{ actor: actorOf(action), reason: action.reason },
        }),
    })
  }

  const look = () => {
    if (!isAtWork) return
    at(nowMs() + lookEveryMs, look)
    for (const [account, rail] of ownAccounts) {
      if (!statement.accounts.includes(account)) continue
      const doubtful = statement.lines(account).filter(({ cursor, orderId, externalId }) => {
        const row = kept.get(`${rail} ${account} ${cursor}`)
        return orderId === null && externalId !== 'opening' && row?.explained_by === null
      })
      if (doubtful.length === 0 || random.chance(0.5)) continue
      const line = random.pick(doubtful)
      const name = `${account} ${line.cursor}`
      const isFirst = !asked.has(name)
      asked.add(name)
      if (isFirst || random.chance(0.5)) void ask(rail, line)
      if (faults.strikes('resolution: two persons explain one line')) void ask(rail, line)
    }
  }
  let isAtWork = true

  return {
    start: () => void at(nowMs() + lookEveryMs, look),
    goHome: () => {
      isAtWork = false
    },
  }
}
