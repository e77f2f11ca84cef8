import type { EscrowEvent, Hash } from '../observation.ts'
import { type Look, payload, place } from './event.ts'
import { paymentIdOf } from './payment-id.ts'
import type { Movement } from './transaction.ts'
import { isOurs } from './watched.ts'

type Paid = Extract<Movement, { kind: 'paid' }>

/** Money that came or went without a balance. */
export const paymentMade = (movement: Paid, look: Look): EscrowEvent | undefined =>
  movement.to === look.watched.hot ? paymentReceived(movement, look) : paymentReturned(movement, look)

/**
 * What came: the memo, or the id in a muxed address, must say what it is for. Lumens are no token of ours, but whoever sends them under a ref
 * took them for one.
 */
const paymentReceived = (movement: Paid, look: Look): EscrowEvent | undefined => {
  const { transaction, watched, oddities } = look
  const { token, amount, fromAddress: payer, toAddress: payee } = movement
  const { type, value } = transaction.memo
  const concerns = watched.tokens.has(token) || (token === 'native' && type === 'hash')
  if (!concerns || isOurs(watched, movement.by)) return undefined
  const muxed = movement.muxedId === undefined ? undefined : { type: 'muxed', value: movement.muxedId.toString() }
  const label = type !== 'none' && value !== '' ? transaction.memo : muxed
  if (label === undefined) return undefined
  if (label.type === 'text' && label.value.includes('\\')) oddities.push({ reason: 'memo_unprintable', index: movement.index })
  return {
    ...place('depositReceived', movement, look),
    ...(label.type === 'hash' ? { escrowId: idOf(movement, movement.by, label.value as Hash, look) } : {}),
    ...{ ref: label.value, token, amount, payer, payee },
    payload: payload(look, { ref: label.value, memoType: label.type, muxedId: muxed?.value, token, amount, payer, payee }),
  }
}

/**
 * What the treasury pays back of a deposit that it has: a payment under a ref that stands alone in its transaction. What goes out together with
 * a claim is that one's business, and what is returned because no transfer took it has a memo of type return.
 */
const paymentReturned = (movement: Paid, look: Look): EscrowEvent | undefined => {
  const { transaction, watched } = look
  const { token, amount, by, to: payer } = movement
  const { memo, movements } = transaction
  if (by !== watched.hot || memo.type !== 'hash' || movements.length !== 1) return undefined
  if (!watched.tokens.has(token) || isOurs(watched, payer)) return undefined
  const ref = memo.value as Hash
  return {
    ...place('escrowRefunded', movement, look),
    escrowId: idOf(movement, payer, ref, look),
    ...{ ref, token, amount, payer },
    payload: payload(look, { ref, token, amount, payer, by }),
  }
}

const idOf = ({ token, amount }: Paid, payer: string, ref: Hash, { watched: { passphrase, hot } }: Look): Hash =>
  paymentIdOf({ ...{ passphrase, ref, token, amount, payer, hot } })
