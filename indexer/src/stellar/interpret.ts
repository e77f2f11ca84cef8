import type { BlockRef } from '../canonical.ts'
import type { EscrowEvent, Hash } from '../observation.ts'
import { balanceMadeBy, type Created, deliveryOf, type KnownBalance, splitOf } from './balance.ts'
import { escrowIdOf } from './escrow-id.ts'
import type { Movement, StellarTransaction } from './transaction.ts'
import { isOurs, issuerOf, type Watched } from './watched.ts'

/** Something that concerns us and fits nothing that we know: for a person to look at. */
export type Oddity = {
  readonly reason: 'balance_shape_unknown' | 'claim_moved_on_unclear' | 'memo_unprintable'
  /** Index of the operation. */
  readonly index: number
}

export type Interpreted = { readonly events: readonly EscrowEvent[]; readonly oddities: readonly Oddity[] }

/**
 * What a transaction means to us. `known` must have the balances that it claims or claws back, as far as we know them, but not those that
 * it makes itself; claims of other balances are nobody's business.
 */
export const interpret = (
  transaction: StellarTransaction,
  block: BlockRef,
  watched: Watched,
  known: ReadonlyMap<string, KnownBalance>,
): Interpreted => {
  const made = new Map<string, KnownBalance>()
  const events: EscrowEvent[] = []
  const oddities: Oddity[] = []
  // What a release has moved on is no event of its own: neither twice released, nor a deposit.
  const spent = new Set<Movement>()
  const look: Look = { transaction, block, watched, spent, oddities, balanceOf: id => made.get(id) ?? known.get(id) }
  for (const movement of transaction.movements) {
    if (spent.has(movement)) continue
    const event = eventOf(movement, look)
    if (event === undefined) continue
    events.push(event)
    const balance = balanceMadeBy(event)
    if (balance) made.set(...balance)
  }
  return { events, oddities }
}

type Look = {
  readonly transaction: StellarTransaction
  readonly block: BlockRef
  readonly watched: Watched
  readonly spent: Set<Movement>
  readonly oddities: Oddity[]
  readonly balanceOf: (id: string) => KnownBalance | undefined
}

const eventOf = (movement: Movement, look: Look): EscrowEvent | undefined => {
  switch (movement.kind) {
    case 'balanceCreated':
      return created(movement, look)
    case 'paid':
      return paid(movement, look)
    case 'balanceClaimed': {
      const balance = look.balanceOf(movement.balanceId)
      return balance && claimed(movement, balance, look)
    }
    case 'balanceClawedBack': {
      const balance = look.balanceOf(movement.balanceId)
      return balance && ended('escrowClawedBack', movement, balance, look, { payer: balance.payer })
    }
  }
}

const created = (movement: Created, look: Look): EscrowEvent | undefined => {
  const { transaction, watched, oddities } = look
  const { balanceId, token, amount, by } = movement
  if (!watched.tokens.has(token) || !movement.claimants.some(({ account }) => account === watched.hot)) return undefined
  const split = splitOf(movement.claimants)
  const { memo } = transaction
  if (split?.before !== watched.hot || split.from === watched.hot || memo.type !== 'hash') {
    if (!isOurs(watched, by)) oddities.push({ reason: 'balance_shape_unknown', index: movement.index })
    return undefined
  }
  const ref = memo.value as Hash
  const terms = { payer: by, hot: split.before, cold: split.from, refundAfter: split.time }
  const type = split.from === watched.cold ? 'escrowLocked' : 'depositReceived'
  return {
    ...place(type, movement, look),
    escrowId: escrowIdOf({ passphrase: watched.passphrase, ref, token, amount, ...terms }),
    ...{ ref, token, amount, payer: by },
    payload: payload(look, { ...terms, balanceId, ref, token, amount, source: transaction.source }),
  }
}

/** Money that came without a balance: the memo, or the id in a muxed address, must say what it is for. */
const paid = (movement: Extract<Movement, { kind: 'paid' }>, look: Look): EscrowEvent | undefined => {
  const { transaction, watched, oddities } = look
  const { token, amount, fromAddress: payer, toAddress: payee } = movement
  if (movement.to !== watched.hot || !watched.tokens.has(token) || isOurs(watched, movement.by)) return undefined
  const { type, value } = transaction.memo
  const muxed = movement.muxedId === undefined ? undefined : { type: 'muxed', value: movement.muxedId.toString() }
  const label = type !== 'none' && value !== '' ? transaction.memo : muxed
  if (label === undefined) return undefined
  if (label.type === 'text' && label.value.includes('\\')) oddities.push({ reason: 'memo_unprintable', index: movement.index })
  return {
    ...place('depositReceived', movement, look),
    ...{ ref: label.value, token, amount, payer, payee },
    payload: payload(look, { ref: label.value, memoType: label.type, muxedId: muxed?.value, token, amount, payer, payee }),
  }
}

type Claimed = Extract<Movement, { kind: 'balanceClaimed' }>

const claimed = (movement: Claimed, balance: KnownBalance, look: Look): EscrowEvent => {
  const { hot } = look.watched
  const payer = { payer: balance.payer }
  switch (balance.kind) {
    case 'hold':
      return released(movement, balance, look) ?? ended('escrowRefunded', movement, balance, look, payer)
    case 'delivery': {
      const payee = balance.payee === undefined ? {} : { payee: balance.payee }
      return ended(movement.by === hot ? 'deliveryReclaimed' : 'deliveryClaimed', movement, balance, look, payee)
    }
    case 'deposit': {
      if (movement.by !== hot || paidBack(movement, balance, look)) return ended('escrowRefunded', movement, balance, look, payer)
      return ended('escrowReleased', movement, balance, look, { payee: hot })
    }
  }
}

const paidBack = (claim: Claimed, { token, amount, payer }: KnownBalance, { transaction, spent }: Look): boolean => {
  const back = transaction.movements.find(
    next =>
      next.kind === 'paid' && follows(claim, next, spent) && next.to === payer && next.token === token && next.amount === amount,
  )
  if (back) spent.add(back)
  return back !== undefined
}

/** The claim of a hold is a release when the same transaction moves just that amount on to somebody who is none of us. */
const released = (claim: Claimed, hold: KnownBalance, look: Look): EscrowEvent | undefined => {
  const { transaction, watched, spent, oddities } = look
  const onward = transaction.movements.flatMap(next => {
    if ((next.kind !== 'paid' && next.kind !== 'balanceCreated') || !follows(claim, next, spent) || next.token !== hold.token)
      return []
    const payee = recipientOf(next, hold, watched)
    return payee === undefined ? [] : [{ next, payee }]
  })
  const found = onward.find(({ next }) => next.amount === hold.amount)
  if (found === undefined) {
    if (onward.length > 0) oddities.push({ reason: 'claim_moved_on_unclear', index: claim.index })
    return undefined
  }
  const { next, payee } = found
  spent.add(next)
  const delivery = next.kind === 'balanceCreated' ? deliveryOf(next, watched) : undefined
  if (next.kind === 'balanceCreated' && delivery === undefined)
    oddities.push({ reason: 'balance_shape_unknown', index: next.index })
  return ended('escrowReleased', claim, hold, look, {
    payee: delivery?.payee ?? payee,
    ...(next.kind === 'balanceCreated' ? { balanceId: next.balanceId, reclaimableFrom: delivery?.reclaimableFrom } : {}),
  })
}

const follows = (claim: Claimed, next: Movement, spent: ReadonlySet<Movement>) =>
  next.index > claim.index && next.by === claim.by && !spent.has(next)

const recipientOf = (
  next: Extract<Movement, { token: string }>,
  hold: KnownBalance,
  { hot, cold }: Watched,
): string | undefined => {
  const isStranger = (account: string) => ![hold.payer, issuerOf(hold.token), hot, cold].includes(account)
  if (next.kind === 'paid') return isStranger(next.to) ? next.toAddress : undefined
  return next.claimants.map(({ account }) => account).find(isStranger)
}

type Ended = { payer?: string; payee?: string; balanceId?: string; reclaimableFrom?: bigint | undefined }

/** A balance that we knew is gone. */
const ended = (
  type: EscrowEvent['type'],
  movement: Claimed | Extract<Movement, { kind: 'balanceClawedBack' }>,
  { kind, escrowId, ref, token, amount, payer }: KnownBalance,
  look: Look,
  { balanceId, reclaimableFrom, ...who }: Ended,
): EscrowEvent => ({
  ...place(type, movement, look),
  ...{ escrowId, ref, token, amount, ...who },
  payload: payload(look, {
    ...{ balance: kind, endedBalanceId: movement.balanceId, by: movement.by, ref, token, amount, payer, ...who },
    ...{ balanceId, reclaimableFrom },
  }),
})

const place = (type: EscrowEvent['type'], { index }: Movement, { transaction, block }: Look) => ({
  ...{ type, txHash: transaction.hash, ordinal: index, blockNumber: block.number, blockHash: block.hash },
  logIndex: transaction.order * operationsInATransaction + index,
})

const operationsInATransaction = 100

const payload = ({ transaction }: Look, fields: Record<string, string | bigint | undefined>): Record<string, unknown> => {
  const all = { ...fields, feeBumpHash: transaction.feeBumpHash, sequence: '0' }
  return Object.fromEntries(
    Object.entries(all).flatMap(([name, value]) => (value === undefined ? [] : [[name, value.toString()]])),
  )
}
