import type { Bank } from './bank/bank.ts'
import type { BankLine } from './bank/rail.ts'
import { ownToken } from './chain/brought.ts'
import type { Network } from './chain/networks.ts'
import type { Request } from './clients.ts'
import type { Staff } from './house/staff.ts'
import { haltOf, tokenOf } from './indexer/indexer.ts'
import { isOpenOrder } from './memory/deposit-store.ts'
import { parkedSubjects } from './memory/facts.ts'
import { isStrayMoney } from './memory/stray-cases.ts'
import type { Tables, TransferRow } from './memory/tables.ts'

type Watched = {
  readonly tables: Tables
  readonly requests: readonly Request[]
  readonly bank: Bank
  readonly bankWay: BankLine
  readonly mail: { readonly isAtRest: () => boolean }
  readonly networks: readonly Network[]
  readonly persons: Pick<Staff, 'isAtRest'>
  readonly arrivals: { readonly isAtRest: () => boolean }
  readonly isStatementRead: () => boolean
  readonly nowMs: () => number
  readonly keyRetentionMs: number
}

export const isOver = (state: string): boolean =>
  ['completed', 'compensated', 'canceled', 'failed', 'review', 'resolved'].includes(state)

/** Whether anything is still under way, in the house or around it. */
export const restOf = (watched: Watched) => {
  const {
    tables,
    requests,
    bank,
    bankWay,
    mail,
    networks,
    persons: staff,
    arrivals,
    isStatementRead,
    nowMs,
    keyRetentionMs,
  } = watched
  /**
   * Those of which nobody can say whether their order is under way: the bank does not know its key, or says nothing, and it is too late to
   * send it again. A person has to ask.
   */
  const persons = (): Set<string> =>
    new Set(
      [...tables.intents.values()]
        .filter(({ status, key, created_at }) => {
          if (status !== 'UNKNOWN' || nowMs() - created_at <= keyRetentionMs) return false
          return bankWay.isSilent(`CW${key.slice(0, 32)}`) || !bank.orders.some(order => order.key === key)
        })
        .map(row => row.transfer_id),
    )
  const waitingFacts = () => {
    const parked = new Set(parkedSubjects(tables))
    return [...tables.inbox.values()].filter(row => row.consumed < row.revision && !row.unmatched && !parked.has(row.subject))
  }
  /** Those of which a reorg took away for good what was final, as soon as a person is called. */
  const lost = (): Set<string> => new Set(networks.flatMap(({ chain }) => chain.lost().map(({ ref }) => ref)))
  const openTransfers = () => {
    const inHands = persons()
    const lostRefs = lost()
    const isLost = ({ escrow_ref, transfer }: TransferRow) =>
      lostRefs.has(escrow_ref ?? '') && transfer.progress.attention !== undefined
    return [...tables.transfers.values()]
      .filter(row => !isOver(row.transfer.state) && !inHands.has(row.transfer.id) && !isLost(row))
      .map(({ transfer }) => transfer)
  }
  /** But for those of which nobody can say what became of them, and those whose pool is empty. */
  const openRefunds = () =>
    [...tables.refunds.values()].filter(({ state, request, created_at, rail, currency, minor }) => {
      if (state !== 'requested' && state !== 'crediting') return false
      const pool = tables.liquidity_pools.get(`${rail}:${currency}`)
      if (state === 'requested') return pool === undefined || pool.total - pool.reserved >= minor
      if (nowMs() - created_at <= keyRetentionMs) return true
      return !bankWay.isSilent(request.externalId) && bank.orders.some(({ key }) => key === request.key)
    })
  const deskWork = () => [
    ...[...tables.stray_deposits.values()].filter(({ state }) => state === 'waiting' || state === 'returning'),
    ...[...tables.inbox.values()].filter(isStrayMoney),
    ...[...tables.deposit_orders.values()].filter(isOpenOrder),
  ]
  /** But for what a person has to see to, and dust, of which the house sends back five at most. */
  const liesSomething = ({ settings, chain }: Network) =>
    [...chain.state().addresses.values()].some(({ address, tokens }) =>
      [...tokens].some(([token, { lies }]) => {
        const name = token === ownToken ? tokenOf(token) : token
        const cases = [...tables.stray_deposits.values()].filter(
          row => row.chain === settings.id && row.fact.startsWith(`${address}:${name}:`),
        )
        return lies > 0n && cases.length < 5 && !cases.some(({ state }) => state === 'person')
      }),
    )
  const questions: Readonly<Record<string, () => boolean>> = {
    'a client waits': () => requests.some(request => !request.isAnswered),
    'the bank has something to do': () => !bank.isAtRest(),
    'a webhook is not taken': () => !mail.isAtRest(),
    'a line of the statement is not read': () => !isStatementRead(),
    'a transaction is open': () => networks.some(({ line, chain }) => !line.isAtRest() || !chain.isAtRest()),
    'the indexer is behind': () =>
      networks.some(({ tables: read, chain }) => haltOf(read) !== undefined || read.latest < chain.height() - 2),
    'a fact waits in the inbox': () => waitingFacts().length > 0,
    'a customer may still take something back': () =>
      networks.some(({ chain }) => [...chain.state().brought.values()].some(({ status }) => status === 'waiting')),
    'somebody means to transfer to an address': () => networks.some(({ remitters }) => !remitters.isAtRest()),
    'something lies at a deposit address': () => networks.some(liesSomething),
    'the desk has something to do': () => deskWork().length > 0,
    'money is between two banks': () => !arrivals.isAtRest(),
    'a person is at work': () => !staff.isAtRest(),
    'a refund is open': () => openRefunds().length > 0,
    'a transfer is open': () => openTransfers().length > 0,
  }
  return {
    isReached: () => !Object.values(questions).some(isOpen => isOpen()),
    /** What is still open, in words. */
    unrest: (): string[] => [
      ...Object.entries(questions).flatMap(([what, isOpen]) => (isOpen() ? [what] : [])),
      ...openTransfers().map(({ id, state }) => `${id} is ${state}`),
      ...waitingFacts().map(({ source, fact }) => `fact ${source} ${fact}`),
    ],
  }
}
