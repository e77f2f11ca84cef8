import type { Pool } from 'pg'
import type { Hex } from 'viem'
import { BridgeError } from '../../errors.ts'
import type { Refused } from '../../outcome.ts'
import { inTransaction } from '../../transaction.ts'
import type { Call } from './call.ts'

export type Lease = { readonly sender: Hex; readonly owner: string; readonly epoch: number }

export type Wanted = Call & { readonly gasLimit: bigint }

export type Lanes = {
  /**
   * Gives each call that has none yet the next nonce of its sender's lane, without a gap, in one short transaction. `chainCount` is the
   * chain's transaction count, read before: where it is ahead, somebody used the key elsewhere, and the lane goes on from there.
   * A call that was refused gets none. Returns the nonce that the lane stood at when it had to be raised.
   */
  readonly allocate: (sender: Hex, chainCount: number, calls: readonly Wanted[]) => Promise<{ raisedFrom?: number }>
  /** Keeps for ever that the chain refused this call, unless it has been given a nonce or refused before. Throws `database_unavailable`. */
  readonly refuse: (call: Call, refusal: Refused) => Promise<void>
  /** Takes or keeps the lane for `leaseMs` (database time); undefined while another worker holds it, or before its first use. */
  readonly hold: (sender: Hex, leaseMs: number) => Promise<Lease | undefined>
}

export const nonceLanes = (pool: Pool, chain: string, owner: string): Lanes => ({
  allocate: (sender, chainCount, calls) =>
    inTransaction(pool, async tx => {
      await tx.query({ name: 'evm_open_lane', text: openLane, values: [chain, sender, chainCount] })
      const { rows } = await tx.query<{ next_nonce: string }>({ name: 'evm_lock_lane', text: lockLane, values: [chain, sender] })
      const stored = Number(rows[0]!.next_nonce)
      const start = Math.max(stored, chainCount)
      const columns = [
        calls.map(call => call.key),
        calls.map(call => call.action),
        calls.map(call => call.to),
        calls.map(call => Buffer.from(call.data.slice(2), 'hex')),
        calls.map(call => call.gasLimit),
      ]
      await tx.query({ name: 'evm_allocate', text: allocateNonces, values: [chain, sender, start, ...columns] })
      // Where nothing was given out, it was a refusal that opened the lane, without a word from the chain.
      return stored > 0 && start > stored ? { raisedFrom: stored } : {}
    }),
  refuse: (call, { code, detail }) =>
    inTransaction(pool, async tx => {
      await tx.query({ name: 'evm_open_lane', text: openLane, values: [chain, call.sender, 0] })
      await tx.query({ name: 'evm_lock_lane', text: lockLane, values: [chain, call.sender] })
      const calldata = Buffer.from(call.data.slice(2), 'hex')
      await tx.query({
        name: 'evm_refuse',
        text: insertRefusal,
        values: [call.key, chain, call.sender, call.to, calldata, code, detail],
      })
    }).catch(cause => {
      throw new BridgeError('database_unavailable', {}, { cause })
    }),
  hold: async (sender, leaseMs) => {
    const { rows } = await pool.query<{ lease_epoch: number }>({
      name: 'evm_hold_lane',
      text: holdLane,
      values: [chain, sender, owner, leaseMs],
    })
    return rows[0] && { sender, owner, epoch: rows[0].lease_epoch }
  },
})

const openLane = 'insert into nonce_lanes (chain, sender, next_nonce) values ($1, $2, $3) on conflict do nothing'

const lockLane = 'select next_nonce from nonce_lanes where chain = $1 and sender = $2 for no key update'

// A statement of its own after the lock, so that it sees what the lock's last holder gave out: one key never gets two nonces.
const allocateNonces = `
  with fresh as (
    select w.*, $3::bigint + row_number() over (order by w.position) - 1 as nonce
      from unnest($4::text[], $5::text[], $6::text[], $7::bytea[], $8::bigint[]) with ordinality
           as w(key, action, target, calldata, gas_limit, position)
     where not exists (select from evm_txs t where t.intent_key = w.key)
       and not exists (select from evm_refusals r where r.intent_key = w.key)
  ), placed as (
    insert into evm_txs (intent_key, chain, sender, nonce, action, target, calldata, gas_limit)
    select key, $1, $2, nonce, action, target, calldata, gas_limit from fresh
    returning 1
  )
  update nonce_lanes set next_nonce = $3::bigint + (select count(*) from placed) where chain = $1 and sender = $2`

// After the lock, too: what has a nonce by now may be mined, whatever the chain said a moment ago.
const insertRefusal = `
  insert into evm_refusals (intent_key, chain, sender, target, calldata, code, detail)
  select $1::text, $2, $3, $4, $5::bytea, $6, $7 where not exists (select from evm_txs where intent_key = $1)
  on conflict (intent_key) do nothing`

const holdLane = `
  update nonce_lanes
     set lease_owner = $3,
         lease_epoch = lease_epoch + case when lease_owner = $3 and lease_until > now() then 0 else 1 end,
         lease_until = now() + $4 * interval '1 millisecond'
   where chain = $1 and sender = $2 and (lease_owner = $3 or lease_until is null or lease_until <= now())
  returning lease_epoch`
