import type { EscrowEvent } from '../observation.ts'
import { type Look, payload, place } from './event.ts'
import type { Movement } from './transaction.ts'
import { isOurs } from './watched.ts'

/** Money that came without a balance: the memo, or the id in a muxed address, must say what it is for. */
export const paymentReceived = (movement: Extract<Movement, { kind: 'paid' }>, look: Look): EscrowEvent | undefined => {
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
