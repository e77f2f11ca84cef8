import { BridgeError } from '../../../bridge-service/src/errors.ts'
import { done, type Outcome, refused, unknown } from '../../../bridge-service/src/outcome.ts'
import type { Rail, RailOrder, RailTransfer } from '../../../bridge-service/src/rails/rail.ts'
import type { Random } from '../../../scripts/fuzz/reorg/random.ts'
import type { Faults } from '../faults.ts'
import type { Process } from '../process.ts'
import type { Scheduler } from '../scheduler.ts'
import type { Settings } from '../settings.ts'
import type { Bank, BankOrder } from './bank.ts'
import type { BankStatement } from './statement.ts'

export type BankLine = {
  /** `wantedBy` says of a key at which version of its transfer the process last looked whether the house still wants it. */
  readonly railFor: (process: Process, verifyWebhook: Rail['verifyWebhook'], wantedBy: (key: string) => number) => Rail
  /** Orders about which the bank says nothing until it has forgotten them: their webhooks do not come either. */
  readonly isSilent: (externalId: string) => boolean
  /** Orders of whose money only the statement tells: no webhook does, and whoever asks is told for long that it is under way. */
  readonly isUntold: (externalId: string) => boolean
  /** Orders that it has refused at once. One that was on its way for long may arrive after that, and is taken all the same. */
  readonly wasRefused: (externalId: string) => boolean
}

/** The way to the bank, on which orders, answers and patience get lost. One bank, whoever calls. */
export const bankLine = (
  { nowMs, at }: Scheduler,
  random: Random,
  faults: Faults,
  bank: Bank,
  statement: BankStatement,
  { leaseMs, bankKeepsKeysMs }: Settings,
): BankLine => {
  const silentUntilMs = new Map<string, number>()
  const untoldUntilMs = new Map<string, number>()
  const refusedAtOnce = new Set<string>()
  let downUntilMs = 0

  bank.onEvent(({ order, type }) => {
    if (type === 'submitted' && faults.strikes('bank: only its statement tells what becomes of an order', order.description))
      untoldUntilMs.set(order.externalId, nowMs() + random.between(10, 180) * 60_000)
  })

  const known = ({ externalId, status }: BankOrder): BankOrder['status'] =>
    status !== 'rejected' && nowMs() < (untoldUntilMs.get(externalId) ?? 0) ? 'submitted' : status

  const show = (order: BankOrder, status = known(order)): RailTransfer => ({
    bankTransferId: order.id,
    externalId: order.externalId,
    status,
    ...(order.code === undefined || status === 'submitted' ? {} : { rawCode: order.code }),
  })

  const isDown = (about: string) => {
    if (faults.strikes('bank: is down for a while', about)) downUntilMs = nowMs() + random.between(10, 300) * 1_000
    return nowMs() < downUntilMs
  }

  const takeNow = (order: RailOrder): Outcome<RailTransfer> => {
    const taken = bank.take(order)
    return taken === 'conflict' ? unknown('409 idempotency_conflict') : done(show(taken))
  }

  const submit = async (order: RailOrder, wantedBy: number): Promise<Outcome<RailTransfer>> => {
    bank.ask(order, wantedBy)
    const about = order.description
    const silent = silentUntilMs.get(order.externalId)
    if (silent !== undefined) {
      if (nowMs() < silent) return unknown('time-out')
      // By now it has forgotten the key: whoever sends it again moves the money again.
      return takeNow(order)
    }
    if (faults.strikes('bank: is silent about an order until its key is forgotten', about)) {
      silentUntilMs.set(order.externalId, nowMs() + bankKeepsKeysMs + 60_000)
      if (random.chance(0.5)) bank.take(order)
      return unknown('time-out')
    }
    if (isDown(about) || faults.strikes('bank: an order is lost on its way', about)) return unknown('time-out')
    if (order.direction === 'credit' && faults.strikes('bank: takes a debit back while it is asked to pay', about)) {
      bank.takeBack(about)
      return unknown('time-out')
    }
    if (faults.strikes('bank: answers with a server error before it takes an order', about)) return unknown('500')
    if (faults.strikes('bank: an order arrives long after its sender gave up', about)) {
      at(nowMs() + random.between(1, 200) * 1_000, () => bank.take(order))
      return unknown('time-out')
    }
    if (faults.strikes('bank: its adapter throws', about)) {
      if (random.chance(0.5)) bank.take(order)
      throw new Error('the adapter broke')
    }
    // A bank refuses what it does not hold yet; what it holds is simply what it holds.
    if (bank.byKey(order.key) === undefined && faults.strikes('bank: refuses an order at once', about)) {
      refusedAtOnce.add(order.externalId)
      return refused('account_unknown', 'no')
    }
    const answer = takeNow(order)
    if (faults.strikes('bank: the answer to an order is lost after it was taken', about)) return unknown('time-out')
    if (faults.strikes('bank: answers with a server error after it has taken an order', about)) return unknown('502')
    if (faults.strikes('bank: answers with another order', about)) return unknown('the bank answered with another order')
    return answer
  }

  const query = async ({ key, externalId }: { key: string; externalId: string }): Promise<Outcome<RailTransfer>> => {
    const silent = silentUntilMs.get(externalId)
    if (silent !== undefined) return nowMs() < silent ? unknown('time-out') : refused('not_found', 'never seen')
    const order = bank.byKey(key) ?? bank.byExternalId(externalId)
    const about = order?.description ?? aboutOf(externalId)
    if ((about !== undefined && isDown(about)) || faults.strikes('bank: does not answer a question', about)) return unknown('503')
    if (order === undefined) return refused('not_found', 'never seen')
    if (nowMs() - order.takenAtMs < 30_000 && faults.strikes('bank: does not find what it has just taken', about))
      return refused('not_found', 'a replica that lags')
    if (order.status !== 'submitted' && faults.strikes('bank: shows the status of a while ago', about))
      return done(show(order, 'submitted'))
    return done(show(order))
  }

  const aboutOf = (externalId: string) => bank.asked.find(({ order }) => order.externalId === externalId)?.order.description

  return {
    isSilent: externalId => silentUntilMs.has(externalId),
    isUntold: externalId => untoldUntilMs.has(externalId),
    wasRefused: externalId => refusedAtOnce.has(externalId),
    railFor: (process, verifyWebhook, wantedBy) => ({
      id: 'bank:sim',
      capabilities: { schemes: ['ach', 'sepa', 'sepa_inst', 'wire', 'book'], currencies: ['USD', 'EUR'] },
      submit: order => {
        const slow = faults.strikes('bank: takes longer to answer than a lease lasts', order.description)
        // As it was when the order left: it may be long on its way.
        const wanted = wantedBy(order.key)
        return process.call('rail.submit', order.description, () => submit(order, wanted), slow ? 2 * leaseMs : 0)
      },
      query: reference => process.call('rail.query', aboutOf(reference.externalId), () => query(reference)),
      cancel: id => {
        const order = bank.orders.find(each => each.id === id)
        return process.call('rail.cancel', order?.description, async () => {
          if (order === undefined) return refused('not_found', 'never seen')
          if (isDown(order.description)) return unknown('503')
          return bank.giveUp(order) ? done(show(order)) : refused('not_cancelable', 'it is too late')
        })
      },
      balance: async account => ({ amountMinor: bank.balanceMinor(account).toString(), currency: 'USD' }),
      entries: (account, after) =>
        process.call('rail.entries', undefined, async () => {
          if (faults.strikes('statement: cannot be read')) throw new BridgeError('rail_unavailable', { account })
          return statement.entries(account, after)
        }),
      verifyWebhook,
    }),
  }
}
