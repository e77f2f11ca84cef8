import type { Settlement } from '../../../bridge-service/src/ledger/settle-receivable.ts'
import type { Currency } from '../../../bridge-service/src/money/currency.ts'
import { money, toJson } from '../../../bridge-service/src/money/money.ts'
import { actorOf } from '../../../bridge-service/src/operators/perform.ts'
import type { Random } from '../../../scripts/fuzz/reorg/random.ts'
import type { Bank } from '../bank/bank.ts'
import type { BankStatement } from '../bank/statement.ts'
import type { Faults } from '../faults.ts'
import { lockReceivable } from '../memory/settle-receivable.ts'
import type { ReceivableRow } from '../memory/tables.ts'
import type { MemoryStore } from '../memory-store.ts'
import { ownAccount } from '../routes/wanted.ts'
import type { Scheduler } from '../scheduler.ts'
import type { Office } from './office.ts'

/** What a customer has paid on what he owes, or, below zero, was sent back of it because nobody could take it for that. */
export type Repayment = { readonly transfer: string; readonly externalId: string; readonly minor: string }

const lookEveryMs = 25_000

/**
 * Operators who see what customers owe, and settle it: what one of them pays back at the bank, and what nobody will pay. A payment that settles
 * nothing, because his debt has ended meanwhile, goes back to him.
 */
export const settle = (
  { nowMs, at }: Scheduler,
  random: Random,
  faults: Faults,
  { database }: MemoryStore,
  office: Office,
  bank: Bank,
  statement: BankStatement,
) => {
  const { receivables } = database.tables
  const repayments: Repayment[] = []
  const busy = new Set<string>()
  let isAtWork = true

  const repay = (transfer: string, minor: bigint) => {
    const externalId = `OWED-${repayments.length + 1}`
    repayments.push({ transfer, externalId, minor: minor.toString() })
    statement.write(ownAccount, { orderId: null, externalId, bankTransferId: externalId }, minor)
  }

  const end = async ({ transfer_id: transferId, currency }: ReceivableRow, kind: Settlement['kind'], minor: bigint) => {
    const wrong = faults.strikes('settlement: is of more than is owed', transferId)
    // Nothing makes him owe so much meanwhile.
    const amount = money(currency as Currency, wrong ? minor * 100n : minor)
    const isPaid = kind === 'recovered' && !wrong
    if (isPaid) repay(transferId, minor)
    const paper = await office.send({
      wrong: wrong ? 'its amount' : undefined,
      fates: { rejected: 'settlement: is rejected', expired: 'settlement: nobody approves it in time' },
      worth: () => amount,
      complete: async tx => {
        await lockReceivable(database, tx, { transferId, amount })
        const payload = { kind, ...toJson(amount) }
        return { type: 'settleReceivable', transferId, scope: null, reason: 'he was asked', payload }
      },
      perform: (action, tx, hands) =>
        hands.settle(tx, { transferId, kind, amount, actor: actorOf(action), reason: action.reason }),
    })
    if (isPaid && !paper?.isDone) repay(transferId, -minor)
  }

  const begin = (row: ReceivableRow, outstanding: bigint) => {
    // Nobody pays into the treasury by hand.
    const kind = row.currency === 'USD' && random.chance(0.6) ? 'recovered' : 'writtenOff'
    const times = faults.strikes('settlement: two persons settle one debt', row.transfer_id) ? 2 : 1
    const part = outstanding / BigInt(random.pick(times === 2 ? [1] : [1, 1, 2, 3]))
    const minor = part > 0n ? part : outstanding
    const name = `${row.transfer_id} ${row.currency}`
    busy.add(name)
    const all = Array.from({ length: times }, () => end(row, kind, minor))
    if (faults.strikes('settlement: the bank takes the return back meanwhile', row.transfer_id))
      bank.takeReturnBack(row.transfer_id)
    void Promise.all(all).finally(() => busy.delete(name))
  }

  const look = () => {
    if (!isAtWork) return
    at(nowMs() + lookEveryMs, look)
    const open = [...receivables.values()].filter(
      row => row.owed > row.recovered + row.written_off && !busy.has(`${row.transfer_id} ${row.currency}`),
    )
    if (open.length === 0 || random.chance(0.6)) return
    const row = random.pick(open)
    begin(row, row.owed - row.recovered - row.written_off)
  }

  return {
    repayments,
    start: () => void at(nowMs() + lookEveryMs, look),
    /** They end what they have begun, and begin nothing new. */
    goHome: () => {
      isAtWork = false
    },
  }
}
