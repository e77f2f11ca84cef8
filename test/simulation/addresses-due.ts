import { judgeAddress } from '../../bridge-service/src/deposits/at-address.ts'
import { depositOf } from '../../bridge-service/src/transfer/hold.ts'
import { holdingOf } from './chain/address-port.ts'
import { ownToken } from './chain/brought.ts'
import type { Network } from './chain/networks.ts'
import { tokenOf } from './indexer/indexer.ts'
import { watchedOf } from './memory/address-store.ts'
import type { Tables } from './memory/tables.ts'

/**
 * When a look at the deposit addresses may find something, in ms since the epoch. They are looked at every second, and hardly ever there is any
 * news: so long nobody looks. What the desk ought to see and does not, still lies there in the end.
 */
export const addressesDueMs = (networks: ReadonlyMap<string, Network>, tables: Tables, nowMs: number): number => {
  let ms = Number.POSITIVE_INFINITY
  for (const row of tables.deposit_addresses.values()) {
    const state = networks.get(row.chain)!.chain.state()
    const { terms, dueAt } = depositOf(tables.transfers.get(row.transfer_id)!.transfer.terms)!
    const wasNever = !state.addresses.has(terms.payer) && row.seen === 0n
    if (row.look_at === null || wasNever) continue
    const watched = watchedOf(tables, row, nowMs)
    const holding = holdingOf(state, terms.payer)
    const awaited = { token: tokenOf(ownToken), units: BigInt(terms.amountMinor) }
    const { lock, strays, seen } = judgeAddress(watched, holding, awaited)
    if (lock || strays.length > 0 || seen !== row.seen) ms = Math.min(ms, row.look_at)
    else for (const laterMs of [Date.parse(dueAt), terms.refundAfter * 1_000]) if (laterMs > nowMs) ms = Math.min(ms, laterMs)
  }
  return ms
}
