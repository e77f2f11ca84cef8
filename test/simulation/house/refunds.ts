import { BridgeError } from '../../../bridge-service/src/errors.ts'
import { actorOf } from '../../../bridge-service/src/operators/perform.ts'
import type { RefundRequest } from '../../../bridge-service/src/refunds/open-refund.ts'
import { typeId } from '../../../bridge-service/src/transfer/id.ts'
import type { Transfer } from '../../../bridge-service/src/transfer/transfer.ts'
import type { Random } from '../../../scripts/fuzz/reorg/random.ts'
import type { Bank } from '../bank/bank.ts'
import type { Faults } from '../faults.ts'
import { openRefund } from '../memory/refunds.ts'
import type { MemoryStore } from '../memory-store.ts'
import type { Scheduler } from '../scheduler.ts'
import type { Worker } from '../worker.ts'
import type { Office } from './office.ts'

/** A refund that somebody has asked for, and what he was told. */
export type AskedRefund = Pick<RefundRequest, 'id' | 'kind'> & {
  readonly transfer: string
  /** Null: all that is left. */
  readonly minor: string | null
  /** `opened`, or the code of its refusal. */
  answer: string | null
}

const lookEveryMs = 15_000
const againMs = 10_000

/**
 * Integrators who ask for what a transfer owes their customer, in whole and in parts, under one id until they are answered; and operators who give
 * a customer what nobody owes him. `worker` is whoever answers just now, if anybody does.
 */
export const askForRefunds = (
  { nowMs, at }: Scheduler,
  random: Random,
  faults: Faults,
  store: MemoryStore,
  office: Office,
  bank: Bank,
  worker: () => Worker | undefined,
) => {
  const { tables } = store.database
  const asked: AskedRefund[] = []
  const given = new Set<string>()

  bank.onEvent(({ order, type }) => {
    if (type !== 'settled' || !order.externalId.startsWith('RF')) return
    if (faults.strikes('refund: is sent back by the bank of whom it pays', order.description))
      at(nowMs() + random.between(1, 200) * 1_000, () => bank.sendBack(order))
  })

  const requestOf = (transfer: Transfer, kind: RefundRequest['kind']): RefundRequest => {
    const { source, destination, sourceAmount, destinationAmount } = transfer.terms
    const whole = source.kind === 'bank' ? sourceAmount : destination.kind === 'bank' ? destinationAmount : sourceAmount
    const part = BigInt(whole.minor) / BigInt(random.pick([1, 2, 2, 3]))
    return {
      ...{ id: typeId<string>('rf', random.hex(16).slice(2)), transferId: transfer.id, kind, reason: 'never came' },
      tenant: kind === 'owed' ? transfer.tenant : undefined,
      amount: kind === 'owed' && random.chance(0.4) ? undefined : { currency: whole.currency, minor: part.toString() },
      requestedBy: 'api:sim',
    }
  }

  const write = ({ id, kind, transferId, amount }: RefundRequest): AskedRefund => {
    const entry: AskedRefund = { id, kind, transfer: transferId, minor: amount?.minor ?? null, answer: null }
    asked.push(entry)
    return entry
  }

  const persist = (request: RefundRequest, entry: AskedRefund): void => {
    if (entry.answer !== null) return
    at(nowMs() + againMs, () => persist(request, entry))
    worker()
      ?.refund(request)
      .then(
        () => {
          entry.answer = 'opened'
        },
        error => {
          if (error instanceof BridgeError) entry.answer ??= error.code
        },
      )
  }

  const claimOwed = (transfer: Transfer): void => {
    const times = faults.strikes('refund: two are asked for at once', transfer.id) ? 2 : 1
    for (let time = 0; time < times; time++) {
      const request = requestOf(transfer, 'owed')
      persist(request, write(request))
    }
    if (faults.strikes('refund: its payer takes his debit back meanwhile', transfer.id)) bank.takeBack(transfer.id)
  }

  const give = async (transfer: Transfer): Promise<void> => {
    const request = requestOf(transfer, 'goodwill')
    const idOf = (actionId: string) => actionId.replace(/^oa_/, 'rf_')
    const paper = await office.send({
      complete: () => ({
        ...{ type: 'refund', transferId: transfer.id, scope: null, reason: 'for his trouble', payload: request.amount! },
      }),
      perform: (action, tx) => {
        const { id, reason } = action
        return openRefund(store.database, tx, { ...request, id: idOf(id), reason, requestedBy: actorOf(action) })
      },
    })
    if (paper !== undefined) write({ ...request, id: idOf(paper.id) }).answer = paper.isDone ? 'opened' : paper.refusal
  }

  const look = () => {
    if (!isAtWork) return
    at(nowMs() + lookEveryMs, look)
    const customers = [...tables.transfers.values()].flatMap(({ transfer }) => (transfer.tenant === 'house' ? [] : [transfer]))
    const owing = customers.filter(({ state }) => state === 'review')
    if (owing.length > 0 && random.chance(0.5)) claimOwed(random.pick(owing))
    const content = customers.filter(({ id, state }) => state === 'completed' && !given.has(id))
    if (content.length === 0 || random.chance(0.8)) return
    const transfer = random.pick(content)
    given.add(transfer.id)
    void give(transfer)
  }
  let isAtWork = true

  return {
    asked,
    start: () => void at(nowMs() + lookEveryMs, look),
    goHome: () => {
      isAtWork = false
    },
    isAtRest: () => asked.every(({ answer }) => answer !== null),
  }
}
