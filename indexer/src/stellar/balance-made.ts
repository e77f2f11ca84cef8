import type { EscrowEvent, Hash } from '../observation.ts'
import { type Created, splitOf } from './balance.ts'
import { escrowIdOf } from './escrow-id.ts'
import { type Look, payload, place } from './event.ts'
import { isOurs } from './watched.ts'

/** A hold of ours, or what a customer brings: what hot may claim before a time, and the other side from it on. */
export const balanceMade = (movement: Created, look: Look): EscrowEvent | undefined => {
  const { transaction, watched } = look
  const { balanceId, token, amount, by, claimants } = movement
  const ours = isOurs(watched, by)
  const { memo } = transaction
  const concerns = watched.tokens.has(token) || (token === 'native' && memo.type === 'hash' && !ours)
  if (!concerns || !claimants.some(({ account }) => account === watched.hot)) return undefined
  const split = splitOf(claimants)
  if (split?.before !== watched.hot || split.from === watched.hot || memo.type !== 'hash')
    return ours ? undefined : unlikeAny(movement, look)
  const ref = memo.value as Hash
  const terms = { payer: by, hot: split.before, cold: split.from, refundAfter: split.time }
  const type = split.from === watched.cold ? 'escrowLocked' : 'depositReceived'
  if (type === 'depositReceived' && ours) return undefined
  return {
    ...place(type, movement, look),
    escrowId: escrowIdOf({ passphrase: watched.passphrase, ref, token, amount, ...terms }),
    ...{ ref, token, amount, payer: by },
    payload: payload(look, { ...terms, balanceId, ref, token, amount, source: transaction.source }),
  }
}

/**
 * A customer's money that hot might claim, in a shape that is none of ours: told without an id, since no terms can mean it, so that it finds its
 * way back. Without a memo nobody can say what it was for.
 */
const unlikeAny = (movement: Created, look: Look): EscrowEvent | undefined => {
  const { balanceId, token, amount, by: payer } = movement
  const { type: memoType, value: ref } = look.transaction.memo
  if (memoType === 'none' || ref === '') {
    look.oddities.push({ reason: 'balance_shape_unknown', index: movement.index })
    return undefined
  }
  return {
    ...place('depositReceived', movement, look),
    ...{ ref, token, amount, payer },
    payload: payload(look, { balanceId, ref, memoType, token, amount, payer, source: look.transaction.source }),
  }
}
