import { BridgeError } from '../../../bridge-service/src/errors.ts'
import { nameOf, type Opening, type StoredAnswer } from '../../../bridge-service/src/saga/open.ts'
import { frozen } from './frozen.ts'
import type { Tables } from './tables.ts'
import type { MemoryTx } from './transaction.ts'

/** The openings whose key is new. Of two with one key in the same batch, the first. */
export const claimKeys = async (
  tx: MemoryTx,
  { idempotency_keys: keys }: Tables,
  openings: readonly Opening[],
): Promise<Opening[]> => {
  const first = [...new Map([...openings].reverse().map(opening => [nameOf(opening), opening])).values()]
  first.sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1))
  await tx.lock(first.map(opening => `key ${nameOf(opening)}`))
  return first.filter(opening => {
    const { unborn, key, route, requestHash, status, response, location } = opening
    if (tx.get(keys, nameOf(opening)) !== undefined) return false
    const answer = { status, response: frozen(response), location, created_at: tx.nowMs }
    tx.put(keys, nameOf(opening), { tenant: unborn.tenant, key, route, request_hash: Buffer.from(requestHash), ...answer })
    return true
  })
}

/** A quote serves one transfer, before it expires. Throws `quote_not_found`, `quote_used` or `quote_expired`. */
export const takeQuotes = async (tx: MemoryTx, { quotes }: Tables, fresh: readonly Opening[]): Promise<void> => {
  const wanted = fresh.filter(({ quoteId }) => quoteId !== undefined).sort((a, b) => (a.quoteId! < b.quoteId! ? -1 : 1))
  await tx.lock(wanted.map(({ quoteId }) => `quote ${quoteId}`))
  const ownOf = ({ quoteId, unborn }: Opening) => {
    const quote = tx.get(quotes, quoteId!)
    return quote?.tenant === unborn.tenant ? quote : undefined
  }
  for (const opening of wanted) {
    const quote = ownOf(opening)
    if (quote === undefined) throw new BridgeError('quote_not_found', { quoteId: opening.quoteId })
    if (quote.transfer_id !== null) throw new BridgeError('quote_used', { quoteId: opening.quoteId })
    if (quote.expires_at <= tx.nowMs) throw new BridgeError('quote_expired', { quoteId: opening.quoteId })
  }
  if (new Set(wanted.map(({ quoteId }) => quoteId)).size < wanted.length)
    throw new BridgeError('quote_used', { quoteId: wanted[0]!.quoteId })
  for (const opening of wanted) tx.put(quotes, opening.quoteId!, { ...ownOf(opening)!, transfer_id: opening.unborn.id })
}

export const storedAnswers = ({ idempotency_keys: keys }: Tables, openings: readonly Opening[]): StoredAnswer[] =>
  openings.flatMap(opening => {
    const row = keys.get(nameOf(opening))
    if (row === undefined) return []
    const { tenant, key, request_hash, status, response, location } = row
    return [{ tenant, key, requestHash: Buffer.from(request_hash), status, response, location }]
  })
