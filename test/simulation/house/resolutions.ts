import { BridgeError } from '../../../bridge-service/src/errors.ts'
import type { WantedLine } from '../../../bridge-service/src/operators/closing-lines.ts'
import { actorOf, inputOf } from '../../../bridge-service/src/operators/perform.ts'
import { decide } from '../../../bridge-service/src/transfer/decide.ts'
import type { Resolution } from '../../../bridge-service/src/transfer/event.ts'
import type { Input } from '../../../bridge-service/src/transfer/input.ts'
import type { Transfer } from '../../../bridge-service/src/transfer/transfer.ts'
import type { Random } from '../../../scripts/fuzz/reorg/random.ts'
import type { Bank } from '../bank/bank.ts'
import type { BankStatement } from '../bank/statement.ts'
import type { Faults } from '../faults.ts'
import { closingLines } from '../memory/closing-lines.ts'
import { keepFact } from '../memory/facts.ts'
import { isOpen } from '../memory/intents.ts'
import { openLines } from '../memory/open-lines.ts'
import type { MemoryStore } from '../memory-store.ts'
import { ownAccount } from '../routes/wanted.ts'
import type { Scheduler } from '../scheduler.ts'
import type { Office } from './office.ts'

/** What an operator has paid at the bank himself, by what a resolution says. */
export type ByHand = { readonly transfer: string; readonly externalId: string; readonly minor: string; readonly customer: string }

const lookEveryMs = 20_000
const cash = 'bank_cash:bank:sim:USD'

/**
 * Operators who end what the machine has left to persons: they close its books, and pay at the bank what their closing says that they pay. Once
 * both have said so, and no sooner: until then somebody else might.
 */
export const resolve = (
  { nowMs, at }: Scheduler,
  random: Random,
  faults: Faults,
  store: MemoryStore,
  office: Office,
  bank: Bank,
  statement: BankStatement,
) => {
  const { tables } = store.database
  const byHand: ByHand[] = []
  const busy = new Set<string>()

  /** Whoever looks asks the bank, too: he ends nothing that is under way there. */
  const isQuiet = (id: string): boolean =>
    ![...tables.intents.values()].some(row => row.transfer_id === id && isOpen(row)) &&
    !bank.orders.some(({ description, status }) => description === id && status === 'submitted')

  const rightLines = (transfer: Transfer): WantedLine[] =>
    openLines(tables, transfer.id).flatMap(({ account, currency, minor }) => {
      if (!/^(customer_clearing|payout_partner|in_transit):/.test(account)) return []
      // What comes after a resolution may be what it has written off, when he had it twice: nobody pays that by the books alone.
      const { resolution, debit } = transfer.progress
      const isHis = resolution === undefined && !debit?.returned
      const isOwed = account === 'customer_clearing:USD' && BigInt(minor) < 0n && isHis
      return [{ account, into: isOwed && customerOf(transfer) !== undefined ? cash : `written_off:${currency}` }]
    })

  const wrongLines = (lines: readonly WantedLine[], transfer: Transfer): WantedLine[] => {
    const [first, ...others] = lines
    // Of books that are closed nothing can be closed.
    if (first === undefined)
      return [{ account: `customer_clearing:${transfer.terms.sourceAmount.currency}`, into: 'written_off:USD' }]
    return random.pick([
      others,
      [first, ...lines],
      [{ account: first.account, into: 'fee_income:USD' }, ...others],
      [{ account: first.account, into: first.account }, ...others],
      [{ account: first.account, into: first.account.endsWith('EUR') ? 'written_off:USD' : 'written_off:EUR' }, ...others],
    ])
  }

  const ask = (transfer: Transfer) => {
    const right = rightLines(transfer)
    const wrong = faults.strikes('resolution: its evidence is wrong', transfer.id)
    const lines = wrong ? wrongLines(right, transfer) : right
    const isPaid = lines.some(({ into }) => into === cash)
    const evidence = `${transfer.id} at ${nowMs()}${isPaid ? ', paid by hand' : ''}`
    return office.send({
      wrong: wrong ? 'its lines' : undefined,
      complete: () => {
        const closing = closingLines(tables, transfer.id, lines)
        const outcome: Resolution['outcome'] = isPaid ? 'compensated' : 'failed'
        const payload = { version: transfer.version, outcome, evidence, document: null, closing }
        const asked = { type: 'markResolved', transferId: transfer.id, scope: null, reason: 'seen to', payload } as const
        allow(asked)
        return asked
      },
      perform: async (action, tx) => {
        await tx.lock([`transfer ${transfer.id}`], 'share')
        allow(action)
        closingLines(tables, transfer.id, lines)
        const news = { source: 'command', fact: `action:${action.id}`, subject: transfer.id, kind: 'operator' }
        await keepFact(tx, tables, { ...news, payload: { input: inputOf(action), actor: actorOf(action) } })
      },
    })
  }

  /** The machine is asked first, as the API does. */
  const allow = (asked: Parameters<typeof inputOf>[0] & { readonly transferId: string | null }) => {
    const transfer = tables.transfers.get(asked.transferId!)!.transfer
    const decision = decide(transfer, inputOf(asked) as Input, nowMs())
    if ('refusal' in decision) throw new BridgeError(decision.refusal, { state: decision.detail })
  }

  /** What a closing says that it pays is paid as soon as it counts. */
  const payByHand = () => {
    const resolved = [...tables.transfers.values()].filter(({ transfer }) => transfer.progress.resolution !== undefined)
    if (resolved.length === 0) return
    for (const { transfer_id, version, payload } of tables.transfer_events.values()) {
      if (payload.type !== 'transferResolved') continue
      for (const [index, { into, minor }] of payload.closing.entries()) {
        const externalId = `HAND-${transfer_id}-${version}-${index}`
        if (into !== cash || byHand.some(each => each.externalId === externalId)) continue
        const customer = customerOf(tables.transfers.get(transfer_id)!.transfer)!
        byHand.push({ transfer: transfer_id, externalId, minor, customer })
        statement.write(ownAccount, { orderId: null, externalId, bankTransferId: externalId }, BigInt(minor))
      }
    }
  }

  const look = () => {
    at(nowMs() + lookEveryMs, look)
    payByHand()
    if (!isAtWork) return
    const ready = [...tables.transfers.values()].flatMap(({ transfer }) =>
      transfer.state === 'review' && !busy.has(transfer.id) && isQuiet(transfer.id) ? [transfer] : [],
    )
    if (ready.length === 0 || random.chance(0.5)) return
    const transfer = random.pick(ready)
    busy.add(transfer.id)
    void ask(transfer).finally(() => busy.delete(transfer.id))
  }
  let isAtWork = true

  return {
    byHand,
    start: () => void at(nowMs() + lookEveryMs, look),
    /** They end what they have begun, and begin nothing new. */
    goHome: () => {
      isAtWork = false
    },
  }
}

const customerOf = ({ terms: { source, destination } }: Transfer): string | undefined => {
  const leg = [source, destination].find(({ kind, currency }) => kind === 'bank' && currency === 'USD')
  return leg?.kind === 'bank' ? leg.account.accountNumber : undefined
}
