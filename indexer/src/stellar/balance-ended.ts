import type { EscrowEvent } from '../observation.ts'
import { deliveryOf, type KnownBalance } from './balance.ts'
import { type Look, payload, place } from './event.ts'
import type { Movement } from './transaction.ts'
import { issuerOf, type Watched } from './watched.ts'

type Claimed = Extract<Movement, { kind: 'balanceClaimed' }>
type ClawedBack = Extract<Movement, { kind: 'balanceClawedBack' }>

/** The issuer took the money. */
export const balanceClawedBack = (movement: ClawedBack, balance: KnownBalance, look: Look): EscrowEvent =>
  ended('escrowClawedBack', movement, balance, look, { payer: balance.payer })

/** The end of a balance that we know, by a claim. */
export const balanceClaimed = (movement: Claimed, balance: KnownBalance, look: Look): EscrowEvent => {
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

/** A deposit that we claim only to give it back, in the same transaction, was never ours. */
const paidBack = (claim: Claimed, { token, amount }: KnownBalance, { transaction, watched, spent }: Look): boolean => {
  const ours = [watched.hot, watched.cold, issuerOf(token)]
  const back = transaction.movements.find(
    next =>
      next.kind === 'paid' &&
      follows(claim, next, spent) &&
      !ours.includes(next.to) &&
      next.token === token &&
      next.amount === amount,
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
  movement: Claimed | ClawedBack,
  { kind, escrowId, ref, token, amount, payer, madeBy }: KnownBalance,
  look: Look,
  { balanceId, reclaimableFrom, ...who }: Ended,
): EscrowEvent => ({
  ...place(type, movement, look),
  ...{ escrowId, ref, token, amount, ...who },
  payload: payload(look, {
    ...{ balance: kind, endedBalanceId: movement.balanceId, madeBy, by: movement.by, ref, token, amount, payer, ...who },
    ...{ balanceId, reclaimableFrom },
  }),
})
