import type { Pool } from 'pg'
import type { Hash, Hex } from 'viem'
import { BridgeError } from '../../errors.ts'
import type { Call } from './call.ts'
import type { Fees } from './fees.ts'
import type { Lease } from './lanes.ts'

/** One signature for a nonce. */
export type TxVersion = {
  readonly version: number
  readonly hash: Hash
  readonly fees: Fees
  readonly signedAtMs: number
  readonly signedHead: bigint
}

type Inclusion = { readonly hash: Hash; readonly blockNumber: bigint; readonly blockHash: Hash }

/**
 * `allocated`: has a nonce, no signature yet. `signed`: on its way. `included` and `reverted`: in a block that may still be orphaned,
 * unless final. `usurped`: its nonce was consumed by a transaction that is none of ours.
 */
type TxStatus = 'allocated' | 'signed' | 'included' | 'reverted' | 'usurped'

/** One nonce and the call it was given out for. */
export type EvmTx = {
  readonly key: string
  readonly action: Call['action']
  readonly sender: Hex
  readonly nonce: number
  readonly to: Hex
  readonly data: Hex
  readonly gasLimit: bigint
  readonly status: TxStatus
  readonly inclusion?: Inclusion
  /** When a reorg last put it back on its way. */
  readonly pendingSinceMs?: number
  readonly final: boolean
  /** Oldest first; empty only while allocated. */
  readonly versions: readonly TxVersion[]
}

/** A call that the chain refused before it had a nonce. */
export type KeptRefusal = Pick<EvmTx, 'sender' | 'to' | 'data'> & { readonly code: string; readonly detail: string }

export type NewVersion = TxVersion & { readonly key: string; readonly raw: Hex }

/** What became of a transaction. */
export type Observation = {
  readonly key: string
  readonly status: TxStatus
  readonly inclusion?: Inclusion
  readonly final: boolean
}

export type TxStore = {
  readonly byKeys: (keys: readonly string[]) => Promise<Map<string, EvmTx>>
  readonly byKey: (key: string) => Promise<EvmTx | undefined>
  readonly refusalOf: (key: string) => Promise<KeptRefusal | undefined>
  /** Everything of a sender that is not final yet, in nonce order. */
  readonly open: (sender: Hex) => Promise<EvmTx[]>
  /** The hashes of what is final from this nonce on, in its order, a hundred at most. Some only where a reorg took back more than may be, or a node lags. */
  readonly finalFrom: (sender: Hex, nonce: number) => Promise<Hash[]>
  readonly rawOf: (hashes: readonly Hash[]) => Promise<Map<Hash, Hex>>
  /** First signatures. Where another process was quicker, its signature stays and this one is forgotten: it was never sent. */
  readonly storeFirst: (versions: readonly NewVersion[]) => Promise<void>
  /** The same for any version, fenced: false when the lease is lost and nothing was written. */
  readonly storeFenced: (lease: Lease, versions: readonly NewVersion[]) => Promise<boolean>
  /** Writes observations, fenced: false when the lease is lost and nothing was written. */
  readonly record: (lease: Lease, observations: readonly Observation[], nowMs: number) => Promise<boolean>
}

export const txStore = (pool: Pool, chain: string): TxStore => {
  const byKeys = async (keys: readonly string[]) => {
    const { rows } = await pool.query<TxRow>({ name: 'evm_txs_by_keys', text: txsByKeys, values: [keys] })
    return new Map(rows.map(row => [row.intent_key, toTx(row)]))
  }
  return {
    byKeys,
    byKey: async key => {
      try {
        return (await byKeys([key])).get(key)
      } catch (cause) {
        throw new BridgeError('database_unavailable', {}, { cause })
      }
    },
    refusalOf: async key => {
      try {
        const { rows } = await pool.query<RefusalRow>({ name: 'evm_refusal_of', text: refusalOf, values: [key] })
        return rows[0] && { ...rows[0], data: toHex(rows[0].data) }
      } catch (cause) {
        throw new BridgeError('database_unavailable', {}, { cause })
      }
    },
    open: async sender => {
      const { rows } = await pool.query<TxRow>({ name: 'evm_txs_open', text: txsOpen, values: [chain, sender] })
      return rows.map(toTx)
    },
    finalFrom: async (sender, nonce) => {
      const { rows } = await pool.query<{ hash: Hash }>({
        name: 'evm_final_from',
        text: finalFrom,
        values: [chain, sender, nonce],
      })
      return rows.map(({ hash }) => hash)
    },
    rawOf: async hashes => {
      const { rows } = await pool.query<{ hash: Hash; raw: Buffer }>(
        'select hash, raw from evm_tx_versions where hash = any($1)',
        [hashes],
      )
      return new Map(rows.map(row => [row.hash, toHex(row.raw)]))
    },
    storeFirst: async versions => {
      await pool.query({ name: 'evm_store_versions', text: storeVersions(false), values: columnsOf(versions) })
    },
    storeFenced: async (lease, versions) => {
      const values = [...columnsOf(versions), chain, lease.sender, lease.owner, lease.epoch]
      const { rows } = await pool.query<{ held: boolean }>({
        name: 'evm_store_versions_fenced',
        text: storeVersions(true),
        values,
      })
      return rows[0]!.held
    },
    record: async (lease, observations, nowMs) => {
      const values = [
        ...[chain, lease.sender, lease.owner, lease.epoch],
        observations.map(one => one.key),
        observations.map(one => one.status),
        observations.map(one => one.inclusion?.hash ?? null),
        observations.map(one => one.inclusion?.blockNumber ?? null),
        observations.map(one => one.inclusion?.blockHash ?? null),
        observations.map(one => one.final),
        nowMs,
      ]
      const { rows } = await pool.query<{ held: boolean }>({ name: 'evm_record', text: recordObservations, values })
      return rows[0]!.held
    },
  }
}

const selectTx = `
  select t.intent_key, t.action, t.sender, t.nonce, t.target, t.calldata, t.gas_limit, t.status, t.hash, t.block_number, t.block_hash,
         round(extract(epoch from t.pending_since) * 1000)::text as pending_since_ms, t.final_at is not null as final, coalesce(v.versions, '[]') as versions
    from evm_txs t
    left join lateral (
      select jsonb_agg(jsonb_build_object(
               'version', version, 'hash', hash, 'max_fee', max_fee_per_gas::text, 'max_tip', max_priority_fee_per_gas::text,
               'signed_at_ms', round(extract(epoch from signed_at) * 1000), 'signed_head', signed_head::text) order by version) as versions
        from evm_tx_versions where intent_key = t.intent_key
    ) v on true`

const txsByKeys = `${selectTx} where t.intent_key = any($1)`

const txsOpen = `${selectTx} where t.chain = $1 and t.sender = $2 and t.final_at is null order by t.nonce`

const finalFrom = `
  select hash from evm_txs where chain = $1 and sender = $2 and nonce >= $3 and final_at is not null and hash is not null order by nonce limit 100`

const refusalOf = 'select sender, target as "to", calldata as data, code, detail from evm_refusals where intent_key = $1'

// The share lock makes a change of hands wait for this statement, and this statement see a change that was quicker.
const fence = (first: number) => `
  fence as (
    select from nonce_lanes
     where chain = $${first} and sender = $${first + 1} and lease_owner = $${first + 2} and lease_epoch = $${first + 3}
       for share
  )`

const storeVersions = (fenced: boolean) => `
  with ${fenced ? `${fence(9)},` : ''}
  stored as (
    insert into evm_tx_versions
      (intent_key, version, hash, raw, max_fee_per_gas, max_priority_fee_per_gas, signed_at, signed_head)
    select key, version, hash, raw, max_fee, max_tip, to_timestamp(signed_at_ms / 1000.0), signed_head
      from unnest($1::text[], $2::int[], $3::text[], $4::bytea[], $5::numeric[], $6::numeric[], $7::bigint[], $8::bigint[])
           as fresh(key, version, hash, raw, max_fee, max_tip, signed_at_ms, signed_head)
     ${fenced ? 'where exists (select from fence)' : ''}
     order by key -- two processes that sign the same orders must not wait for each other in a circle
    on conflict (intent_key, version) do nothing
    returning intent_key
  ), signed as (
    update evm_txs t set status = 'signed', updated_at = now() from stored s where t.intent_key = s.intent_key and t.status = 'allocated'
  )
  select ${fenced ? 'exists (select from fence)' : 'true'} as held`

const recordObservations = `
  with ${fence(1)},
  seen as (
    update evm_txs t
       set status = o.status, hash = o.hash, block_number = o.block_number, block_hash = o.block_hash,
           pending_since = case when o.status = 'signed' then to_timestamp($11::bigint / 1000.0) else t.pending_since end,
           final_at = case when o.final then now() end, updated_at = now()
      from unnest($5::text[], $6::text[], $7::text[], $8::bigint[], $9::text[], $10::boolean[])
           as o(key, status, hash, block_number, block_hash, final)
     where t.intent_key = o.key and t.final_at is null and exists (select from fence)
  )
  select exists (select from fence) as held`

const columnsOf = (versions: readonly NewVersion[]) => [
  versions.map(one => one.key),
  versions.map(one => one.version),
  versions.map(one => one.hash),
  versions.map(one => Buffer.from(one.raw.slice(2), 'hex')),
  versions.map(one => one.fees.maxFeePerGas),
  versions.map(one => one.fees.maxPriorityFeePerGas),
  versions.map(one => one.signedAtMs),
  versions.map(one => one.signedHead),
]

type TxRow = {
  intent_key: string
  action: Call['action']
  sender: Hex
  nonce: string
  target: Hex
  calldata: Buffer
  gas_limit: string
  status: TxStatus
  hash: Hash | null
  block_number: string | null
  block_hash: Hash | null
  pending_since_ms: string | null
  final: boolean
  versions: { version: number; hash: Hash; max_fee: string; max_tip: string; signed_at_ms: number; signed_head: string }[]
}

type RefusalRow = Omit<KeptRefusal, 'data'> & { readonly data: Buffer }

const toTx = (row: TxRow): EvmTx => ({
  key: row.intent_key,
  action: row.action,
  sender: row.sender,
  nonce: Number(row.nonce),
  to: row.target,
  data: toHex(row.calldata),
  gasLimit: BigInt(row.gas_limit),
  status: row.status,
  ...(row.hash && row.block_number && row.block_hash
    ? { inclusion: { hash: row.hash, blockNumber: BigInt(row.block_number), blockHash: row.block_hash } }
    : {}),
  ...(row.pending_since_ms ? { pendingSinceMs: Number(row.pending_since_ms) } : {}),
  final: row.final,
  versions: row.versions.map(one => ({
    version: one.version,
    hash: one.hash,
    fees: { maxFeePerGas: BigInt(one.max_fee), maxPriorityFeePerGas: BigInt(one.max_tip) },
    signedAtMs: one.signed_at_ms,
    signedHead: BigInt(one.signed_head),
  })),
})

const toHex = (bytes: Buffer): Hex => `0x${bytes.toString('hex')}`
