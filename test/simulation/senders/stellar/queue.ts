import { publicKeyOf } from '../../../../scripts/local/stellar/ledger/account-id.ts'
import { placeAlone } from '../../../../scripts/local/stellar/queue/place.ts'
import type { Refusal } from '../../../../scripts/local/stellar/transaction/outcome.ts'
import type { Transaction } from '../../../../scripts/local/stellar/transaction/transaction.ts'
import type { PooledTx, SimChain } from '../../chain/chain.ts'
import type { ReadEnvelope } from './envelope.ts'
import type { LedgerMarket } from './fee-market.ts'

/** A transaction of ours on its way into a ledger. */
export type Waiting = { readonly read: ReadEnvelope; readonly tx: PooledTx & Required<Pick<PooledTx, 'lane' | 'untilMs'>> }

export type QueueAnswer = 'pending' | 'duplicate' | 'notNow' | { readonly refused: Refusal }

/** So many ledgers long core does not want to see again what a ledger has. */
const bannedLedgers = 10
/** It takes nothing that could not wait for two of them. */
const leastLeftMs = 10_000

/**
 * Core's queue: one transaction of an account waits at a time, and only a fee bump of ten times its rate takes its place. All that it answers
 * is advice: what it takes may be lost yet, and what it refuses may be in a ledger.
 */
export const stellarQueue = (nowMs: () => number, chain: SimChain, market: LedgerMarket): ((waiting: Waiting) => QueueAnswer) => {
  /** The last one that was taken of each account. */
  const newest = new Map<string, Waiting>()

  const refusalOf = ({ read: { transaction }, tx: { lane, untilMs } }: Waiting): Refusal | undefined => {
    if (lane.maxFee < market.asked()) return 'txInsufficientFee'
    if (untilMs <= nowMs() + leastLeftMs) return 'txTooLate'
    if (lane.nonce !== chain.countOf(lane.sender, chain.height())) return 'txBadSeq'
    return signaturesRefusal(transaction)
  }

  return waiting => {
    const { read, tx } = waiting
    const { transaction } = read
    const mined = chain.minedAs(tx.hash)
    if (mined !== undefined && chain.height() < mined.height + bannedLedgers) return 'notNow'
    const before = newest.get(transaction.source)
    const isWaiting = before !== undefined && chain.isPooled(before.tx.hash)
    // What has been dropped for its time is banned, too.
    if (before?.tx.hash === tx.hash && !isWaiting && tx.untilMs <= nowMs()) return 'notNow'
    const place = placeAlone(transaction, isWaiting ? [before.read.transaction] : [])
    if (typeof place === 'string') return place
    if ('refused' in place) return { refused: place.refused }
    const refused = refusalOf(waiting)
    if (refused !== undefined) return { refused }
    newest.set(transaction.source, waiting)
    if (isWaiting) chain.replace(before.tx, tx)
    else chain.broadcast(tx)
    return 'pending'
  }
}

/** Every account that it is about has signed, each once, and nobody else has. */
const signaturesRefusal = (transaction: Transaction): 'txBadAuth' | 'txBadAuthExtra' | undefined => {
  if (transaction.kind === 'feeBump')
    return refusalOfSigners(transaction, new Set([transaction.feeSource])) ?? signaturesRefusal(transaction.inner)
  return refusalOfSigners(transaction, new Set([transaction.source, ...transaction.operations.map(({ source }) => source)]))
}

const refusalOfSigners = ({ signatures }: Transaction, needed: ReadonlySet<string>) => {
  const given = signatures.map(({ hint }) => Buffer.from(hint).toString('hex'))
  const hints = [...needed].map(account => Buffer.from(publicKeyOf(account).ed25519.value.slice(-4)).toString('hex'))
  if (hints.some(hint => !given.includes(hint))) return 'txBadAuth'
  return given.length > hints.length ? 'txBadAuthExtra' : undefined
}
