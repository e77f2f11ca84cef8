import { createHash, randomUUID } from 'node:crypto'
import { type Accounts, orderableAccounts } from './accounts.ts'
import type { Books } from './books.ts'
import type { Faults } from './faults.ts'
import { type BankRail, type Order, orderSchema } from './order.ts'
import { Problem } from './problem.ts'
import type { BankRecord, EntryLine, Plan, Transfer } from './record.ts'
import { subjectOf } from './subject.ts'
import type { Timers } from './timers.ts'

/** Milliseconds from acceptance to settlement; 0 settles within the request, `manual` waits for `POST /admin/settle`. */
export type SettlementDelays = Record<BankRail, number | 'manual'>

type Held = { transfer: Transfer; readonly plan: Plan; willReturn?: { readonly code: string; readonly at: string } }
type Dependencies = {
  readonly books: Books
  readonly accounts: Accounts
  readonly faults: Faults
  readonly timers: Timers
  readonly commit: (record: BankRecord) => void
  readonly delays: SettlementDelays
}

/**
 * The bank's transfers: taken once per key and once per external id, settled or rejected later, returned perhaps.
 * Every method runs to its end without waiting, so two requests never see each other halfway.
 */
export const openTransfers = ({ books, accounts, faults, timers, commit, delays }: Dependencies) => {
  const byId = new Map<string, Held>()
  const byKey = new Map<string, { readonly id: string; readonly fingerprint: string }>()
  const byExternalId = new Map<string, { readonly id: string; readonly fingerprint: string }>()
  /** What credits on their way will take, by account. */
  const promised = new Map<string, bigint>()
  const now = () => new Date().toISOString()

  const held = (id: string): Held => byId.get(id) ?? notFound(id)

  const apply = (record: BankRecord) => {
    switch (record.type) {
      case 'transferAccepted': {
        const { transfer, plan, key, fingerprint } = record
        byId.set(transfer.id, { transfer, plan })
        byKey.set(key, { id: transfer.id, fingerprint })
        byExternalId.set(transfer.externalId, { id: transfer.id, fingerprint })
        promise(transfer, 1n)
        return
      }
      case 'keyAliased':
        byKey.set(record.key, { id: record.id, fingerprint: record.fingerprint })
        return
      case 'transferSettled': {
        const entry = held(record.id)
        promise(entry.transfer, -1n)
        entry.transfer = { ...entry.transfer, status: 'settled', updatedAt: record.at }
        if (record.willReturn) entry.willReturn = record.willReturn
        return
      }
      case 'transferReturnReversed': {
        const entry = held(record.id)
        const { returnCode: _gone, ...transfer } = entry.transfer
        entry.transfer = { ...transfer, status: 'settled', returnReversed: true, updatedAt: record.at }
        return
      }
      case 'transferRejected':
      case 'transferReturned': {
        const entry = held(record.id)
        if (record.type === 'transferRejected') promise(entry.transfer, -1n)
        const status = record.type === 'transferRejected' ? 'rejected' : 'returned'
        entry.transfer = { ...entry.transfer, status, returnCode: record.code, updatedAt: record.at }
      }
    }
  }

  /** The transfer that this key, or this order under another key, already made. */
  const recall = (key: string, body: unknown): Transfer | undefined => {
    const parsed = orderSchema.safeParse(body)
    const fingerprint = parsed.success ? fingerprintOf(parsed.data) : undefined
    const known = byKey.get(key)
    if (known && known.fingerprint !== fingerprint)
      throw new Problem(409, 'idempotency_conflict', 'The Idempotency-Key was used with another body.')
    if (known) return held(known.id).transfer
    const same = parsed.success ? byExternalId.get(parsed.data.externalId) : undefined
    if (same && same.fingerprint !== fingerprint)
      throw new Problem(409, 'idempotency_conflict', 'The externalId was used with another body.')
    if (!same || fingerprint === undefined) return undefined
    commit({ type: 'keyAliased', at: now(), key, fingerprint, id: same.id })
    return held(same.id).transfer
  }

  /** Takes an order. Throws a `Problem` when nothing was taken. */
  const accept = (key: string, body: unknown): { transfer: Transfer; replayed: boolean } => {
    const known = recall(key, body)
    if (known) return { transfer: known, replayed: true }
    const order = parse(body)
    if (!orderableAccounts.has(order.account)) throw new Problem(422, 'account_unknown', `There is no account ${order.account}.`)
    if (books.account(order.account)?.currency !== order.currency || !railCarries(order.rail, order.currency))
      throw new Problem(422, 'currency_mismatch', `${order.account} or ${order.rail} does not carry ${order.currency}.`)
    if (order.direction === 'credit' && available(order.account) < BigInt(order.amount))
      throw new Problem(422, 'insufficient_funds', `${order.account} has less than ${order.amount} ${order.currency}.`)

    accounts.counterparty(order)
    const at = now()
    const transfer: Transfer = { ...order, id: `bt_${randomUUID()}`, status: 'submitted', createdAt: at, updatedAt: at }
    commit({ type: 'transferAccepted', at, key, fingerprint: fingerprintOf(order), transfer, plan: planFor(transfer) })
    schedule(transfer.id)
    return { transfer: held(transfer.id).transfer, replayed: false }
  }

  const planFor = (transfer: Transfer): Plan => {
    const delay = delays[transfer.rail]
    const reject = faults.take('reject', subjectOf(transfer))
    const giveBack = faults.take('return_after_settlement', subjectOf(transfer))
    return {
      settleAt: delay === 'manual' ? null : new Date(Date.parse(transfer.createdAt) + delay).toISOString(),
      ...(reject ? { rejectCode: reject.code } : {}),
      ...(giveBack ? { returnAfter: { code: giveBack.code, ms: giveBack.ms } } : {}),
    }
  }

  /** Does what is due, and sets a timer for what will be. */
  const schedule = (id: string): void => {
    const { transfer, plan, willReturn } = held(id)
    if (transfer.status === 'submitted' && plan.settleAt !== null) whenDue(plan.settleAt, () => settle(id))
    if (transfer.status === 'settled' && willReturn && !transfer.returnReversed)
      whenDue(willReturn.at, () => giveBack(id, willReturn.code))
  }

  const whenDue = (at: string, act: () => void) => {
    const ms = Date.parse(at) - Date.now()
    if (ms <= 0) act()
    else timers.after(ms, act)
  }

  const settle = (id: string): Transfer => {
    const { transfer, plan } = held(id)
    if (transfer.status !== 'submitted') return transfer
    const rejectCode = plan.rejectCode ?? faults.take('reject', subjectOf(transfer))?.code ?? missingFundsCode(transfer)
    if (rejectCode !== undefined) return reject(id, rejectCode)
    const at = now()
    const giveBack = plan.returnAfter ?? faults.take('return_after_settlement', subjectOf(transfer))
    const willReturn = giveBack && { code: giveBack.code, at: new Date(Date.parse(at) + giveBack.ms).toISOString() }
    commit({ type: 'transferSettled', at, id, entry: movement(transfer, 1n), ...(willReturn ? { willReturn } : {}) })
    schedule(id)
    return held(id).transfer
  }

  const reject = (id: string, code: string): Transfer => {
    commit({ type: 'transferRejected', at: now(), id, code })
    return held(id).transfer
  }

  /** Sends a settled transfer's money back. */
  const giveBack = (id: string, code: string): Transfer => {
    const { transfer } = held(id)
    if (transfer.status === 'returned') return transfer
    if (transfer.status !== 'settled' || transfer.returnReversed)
      throw new Problem(409, 'not_returnable', `The transfer is ${transfer.status}.`)
    commit({ type: 'transferReturned', at: now(), id, code, entry: movement(transfer, -1n) })
    return held(id).transfer
  }

  /** Takes a return back: the transfer stands, and is not returned again. */
  const reverseReturn = (id: string): Transfer => {
    const { transfer } = held(id)
    if (transfer.returnReversed) return transfer
    if (transfer.status !== 'returned') throw new Problem(409, 'not_returned', `The transfer is ${transfer.status}.`)
    commit({ type: 'transferReturnReversed', at: now(), id, entry: movement(transfer, 1n) })
    return held(id).transfer
  }

  /** Passes on that the payer's bank asks for a settled transfer back. */
  const recallFunds = (id: string): Transfer => {
    const { transfer } = held(id)
    if (transfer.status !== 'settled') throw new Problem(409, 'not_recallable', `The transfer is ${transfer.status}.`)
    commit({ type: 'transferRecalled', at: now(), id })
    return transfer
  }

  const cancel = (id: string): Transfer => {
    const { transfer } = held(id)
    if (transfer.status === 'rejected' && transfer.returnCode === 'CANC') return transfer
    if (transfer.status !== 'submitted') throw new Problem(409, 'not_cancelable', `The transfer is ${transfer.status}.`)
    return reject(id, 'CANC')
  }

  const movement = (transfer: Transfer, sign: 1n | -1n): EntryLine[] => {
    const { account, currency, amount, direction } = transfer
    const inward = BigInt(amount) * sign * (direction === 'debit' ? 1n : -1n)
    return [
      { accountId: account, currency, amountMinor: String(inward) },
      { accountId: accounts.counterparty(transfer), currency, amountMinor: String(-inward) },
    ]
  }

  const missingFundsCode = (transfer: Transfer): string | undefined => {
    const payer = transfer.direction === 'debit' ? accounts.counterparty(transfer) : transfer.account
    if (books.balance(payer) >= BigInt(transfer.amount)) return undefined
    return transfer.rail === 'ach' ? 'R01' : 'AM04'
  }

  const promise = ({ direction, account, amount }: Transfer, sign: 1n | -1n) => {
    if (direction === 'credit') promised.set(account, (promised.get(account) ?? 0n) + sign * BigInt(amount))
  }

  /** The balance without what credits on their way will take. */
  const available = (accountId: string): bigint => books.balance(accountId) - (promised.get(accountId) ?? 0n)

  return {
    apply,
    recall,
    accept,
    settle,
    giveBack,
    reverseReturn,
    recallFunds,
    cancel,
    available,
    get: (id: string): Transfer => held(id).transfer,
    findByKey: (key: string) => lookUp(byKey.get(key)),
    findByExternalId: (externalId: string) => lookUp(byExternalId.get(externalId)),
    list: (): Transfer[] => [...byId.values()].map(({ transfer }) => transfer),
    planOf: (id: string): Plan => held(id).plan,
    /** After a restart: what fell due meanwhile happens now, the rest at its time. */
    resume: () => {
      for (const id of byId.keys()) schedule(id)
    },
  }

  function lookUp(found: { readonly id: string } | undefined): Transfer[] {
    return found ? [held(found.id).transfer] : []
  }
}

export type Transfers = ReturnType<typeof openTransfers>

const notFound = (id: string): never => {
  throw new Problem(404, 'transfer_not_found', `There is no transfer ${id}.`)
}

const parse = (body: unknown): Order => {
  const parsed = orderSchema.safeParse(body)
  if (parsed.success) return parsed.data
  const detail = parsed.error.issues.map(issue => `${issue.path.join('.') || 'body'}: ${issue.message}`).join('; ')
  throw new Problem(422, 'validation_failed', detail)
}

const railCarries = (rail: BankRail, currency: string) =>
  rail === 'ach' ? currency === 'USD' : rail === 'sepa' || rail === 'sepa_inst' ? currency === 'EUR' : true

/** The schema has put the fields in its own order, so the same order always gives the same text. */
const fingerprintOf = (order: Order) => createHash('sha256').update(JSON.stringify(order)).digest('hex')
