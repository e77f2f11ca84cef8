import type { Random } from '../../../scripts/fuzz/reorg/random.ts'
import { awaited } from '../awaited.ts'
import type { Faults } from '../faults.ts'
import type { Scheduler } from '../scheduler.ts'
import type { Settings } from '../settings.ts'

export type BankStatus = 'submitted' | 'settled' | 'rejected' | 'returned'

export type BankOrder = {
  readonly id: string
  readonly key: string
  readonly externalId: string
  /** What the order says it is for: the transfer. */
  readonly description: string
  readonly direction: 'debit' | 'credit'
  readonly amountMinor: bigint
  readonly currency: string
  readonly account: string
  readonly customer: string
  readonly takenAtMs: number
  status: BankStatus
  code: string | undefined
  settledAtMs: number | undefined
}

/** An order as it came in, taken or not: the law is about what was asked, too. */
export type Asked = {
  readonly key: string
  readonly body: string
  readonly order: WireOrder
  readonly atMs: number
  /** The version of its transfer when its sender last looked whether the house still wants it. */
  readonly wantedBy: number
}

export type WireOrder = {
  readonly key: string
  readonly externalId: string
  readonly description: string
  readonly direction: 'debit' | 'credit'
  readonly amountMinor: string
  readonly currency: string
  readonly account: string
  readonly counterparty: { readonly accountNumber: string }
}

export type BankEvent = {
  readonly order: BankOrder
  readonly type: BankStatus | 'return_reversed' | 'recalled'
  readonly atMs: number
}

export type BookedLine = { readonly order: BankOrder; readonly amountMinor: bigint }

export type Bank = {
  readonly asked: readonly Asked[]
  readonly orders: readonly BankOrder[]
  /** Lines of our own accounts, and of our partner's. Positive is money in. */
  readonly lines: readonly BookedLine[]
  readonly balanceMinor: (account: string) => bigint
  readonly ask: (order: WireOrder, wantedBy: number) => void
  /** Calls when a key is seen for the first time, whatever becomes of its order. */
  readonly onFirstAsked: (listener: (order: WireOrder) => void) => void
  /** Takes an order: once for each key, as long as the bank knows the key. */
  readonly take: (order: WireOrder) => BankOrder | 'conflict'
  /** The customer's bank takes a transfer's debit back, soon. */
  readonly takeBack: (transfer: string) => void
  /** The customer's bank takes the return of a transfer's debit back, soon: it was paid after all. */
  readonly takeReturnBack: (transfer: string) => void
  /** The bank of whom it pays sends a credit back. */
  readonly sendBack: (order: BankOrder) => void
  /** Gives an order up as its sender asks, unless it has gone further. Returns whether it is given up. */
  readonly giveUp: (order: BankOrder) => boolean
  readonly byKey: (key: string) => BankOrder | undefined
  readonly byExternalId: (externalId: string) => BankOrder | undefined
  /** The chain has released what a debit paid for; the debit may still come back. */
  readonly released: (transfer: string) => void
  readonly isAtRest: () => boolean
  readonly onEvent: (listener: (event: BankEvent) => void) => void
  /** Calls when money has moved on an account of ours, or of our partner's. */
  readonly onBooked: (listener: (line: BookedLine) => void) => void
}

const givenUp = 'CANC'
const returnCodes = ['R01', 'R02', 'R10', 'R29']

/** A bank with books of its own. Nothing in here knows what the service believes. */
export const openBank = (
  scheduler: Scheduler,
  random: Random,
  faults: Faults,
  { settleMs, bankKeepsKeysMs }: Settings,
  isReleased: (transfer: string) => boolean,
): Bank => {
  const orders: BankOrder[] = []
  const lines: BookedLine[] = []
  const bookedListeners: ((line: BookedLine) => void)[] = []
  const keys = new Map<string, { order: BankOrder; body: string; atMs: number }>()
  const asked: Asked[] = []
  const listeners: ((event: BankEvent) => void)[] = []
  const firstListeners: ((order: WireOrder) => void)[] = []
  const { nowMs } = scheduler
  const { soon, isAtRest } = awaited(scheduler)

  const tell = (order: BankOrder, type: BankEvent['type'] = order.status) => {
    for (const listener of listeners) listener({ order, type, atMs: nowMs() })
  }
  const book = (order: BankOrder, sign: bigint) => {
    const amountMinor = (order.direction === 'debit' ? sign : -sign) * order.amountMinor
    const line = { order, amountMinor }
    lines.push(line)
    for (const listener of bookedListeners) listener(line)
  }

  const settle = (order: BankOrder) => {
    if ((order.status !== 'submitted' && order.status !== 'rejected') || order.code === givenUp) return
    order.status = 'settled'
    order.settledAtMs = nowMs()
    book(order, 1n)
    tell(order)
    if (order.direction === 'debit' && faults.strikes('bank: is asked by the payer to recall a debit', order.description))
      soon(random.between(1, 300) * 1_000, () => {
        if (order.status === 'settled') tell(order, 'recalled')
      })
    if (order.direction === 'debit')
      soon(random.between(1, 120) * 1_000, () => {
        if (order.status === 'settled' && !isReleased(order.description))
          if (faults.strikes('bank: takes a debit back before the release', order.description)) giveBack(order)
      })
    else {
      const isTakenBack = faults.strikes('bank: takes the return of a credit back', order.description)
      if (isTakenBack || faults.strikes('bank: sends a credit back', order.description))
        soon(random.between(1, 300) * 1_000, () => giveBack(order, isTakenBack))
    }
  }
  const giveBack = (order: BankOrder, isTakenBack = false) => {
    if (order.status !== 'settled') return
    order.status = 'returned'
    order.code = random.pick(returnCodes)
    book(order, -1n)
    tell(order)
    if (isTakenBack || (order.direction === 'debit' && faults.strikes('bank: takes a return back', order.description)))
      soon(random.between(1, 900) * 1_000, () => {
        payAfterAll(order)
        // Nor need that be its last word.
        if (isTakenBack && faults.strikes('bank: sends a credit back', order.description))
          soon(random.between(1, 300) * 1_000, () => giveBack(order))
      })
  }
  const payAfterAll = (order: BankOrder) => {
    if (order.status !== 'returned') return
    order.status = 'settled'
    order.code = undefined
    book(order, 1n)
    tell(order, 'return_reversed')
  }
  const reject = (order: BankOrder) => {
    if (order.code === givenUp) return
    order.status = 'rejected'
    order.code = random.pick(returnCodes)
    tell(order)
    if (faults.strikes('bank: settles what it has rejected', order.description))
      soon(random.between(1, 200) * 1_000, () => settle(order))
  }

  const giveUp = (order: BankOrder): boolean => {
    if (order.code === givenUp) return true
    if (order.status !== 'submitted') return false
    order.status = 'rejected'
    order.code = givenUp
    tell(order)
    return true
  }

  const take = (wire: WireOrder): BankOrder | 'conflict' => {
    const body = JSON.stringify(wire)
    const known = keys.get(wire.key)
    if (known !== undefined && nowMs() - known.atMs <= bankKeepsKeysMs) return known.body === body ? known.order : 'conflict'
    const order: BankOrder = {
      id: `bt_${orders.length + 1}`,
      key: wire.key,
      externalId: wire.externalId,
      description: wire.description,
      direction: wire.direction,
      amountMinor: BigInt(wire.amountMinor),
      currency: wire.currency,
      account: wire.account,
      customer: wire.counterparty.accountNumber,
      takenAtMs: nowMs(),
      status: 'submitted',
      code: undefined,
      settledAtMs: undefined,
    }
    orders.push(order)
    keys.set(wire.key, { order, body, atMs: nowMs() })
    tell(order)
    const late = faults.strikes('bank: settles late', order.description) ? random.between(5, 30) : 1
    const bad = faults.strikes('bank: rejects an order later', order.description)
    soon(late * random.between(settleMs / 2, settleMs), () => (bad ? reject(order) : settle(order)))
    return order
  }

  return {
    asked,
    orders,
    lines,
    balanceMinor: account =>
      lines.reduce((sum, { order, amountMinor }) => (order.account === account ? sum + amountMinor : sum), 0n),
    ask: (order, wantedBy) => {
      const isFirst = !asked.some(({ key }) => key === order.key)
      asked.push({ key: order.key, body: JSON.stringify(order), order, atMs: nowMs(), wantedBy })
      if (isFirst) for (const listener of firstListeners) listener(order)
    },
    onFirstAsked: listener => void firstListeners.push(listener),
    take,
    takeBack: transfer => {
      for (const order of orders)
        if (order.description === transfer && order.direction === 'debit')
          soon(random.between(1, 30) * 1_000, () => giveBack(order))
    },
    takeReturnBack: transfer => {
      for (const order of orders)
        if (order.description === transfer && order.direction === 'debit')
          soon(random.between(1, 60) * 1_000, () => payAfterAll(order))
    },
    sendBack: giveBack,
    giveUp,
    byKey: key => {
      const known = keys.get(key)
      return known !== undefined && nowMs() - known.atMs <= bankKeepsKeysMs ? known.order : undefined
    },
    byExternalId: externalId => orders.find(order => order.externalId === externalId),
    released: transfer => {
      for (const order of orders)
        if (order.description === transfer && order.direction === 'debit' && order.status === 'settled')
          if (faults.strikes('bank: takes a debit back after the release', transfer))
            soon(random.between(1, 300) * 1_000, () => giveBack(order))
    },
    isAtRest,
    onEvent: listener => listeners.push(listener),
    onBooked: listener => void bookedListeners.push(listener),
  }
}
