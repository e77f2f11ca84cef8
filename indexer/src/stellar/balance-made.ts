import type { EscrowEvent, Hash } from '../observation.ts'
import { type Created, splitOf } from './balance.ts'
import { escrowIdOf } from './escrow-id.ts'
import { type Look, payload, place } from './event.ts'
import { isOurs } from './watched.ts'

/** A hold of ours, or a customer's deposit: what hot may claim before a time, and the other side from it on. */
export const balanceMade = (movement: Created, look: Look): EscrowEvent | undefined => {
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
  if (type === 'depositReceived' && isOurs(watched, by)) return undefined
  return {
    ...place(type, movement, look),
    escrowId: escrowIdOf({ passphrase: watched.passphrase, ref, token, amount, ...terms }),
    ...{ ref, token, amount, payer: by },
    payload: payload(look, { ...terms, balanceId, ref, token, amount, source: transaction.source }),
  }
}
