import type { StellarTask } from './task.ts'
import type { Attempt, StellarTx } from './tx-store.ts'

/** A wish with all its attempts (one that was refused may have none), and each of those with all its signatures. */
export const selectTx = `
  select t.intent_key, t.task, t.status, t.code, t.detail, a.attempts
    from stellar_txs t
    cross join lateral (
      select coalesce(jsonb_agg(jsonb_build_object(
               'attempt', attempt, 'channel', channel, 'sequence', sequence::text, 'hash', hash, 'max_time', max_time::text,
               'balance_ids', balance_ids, 'built_ledger', built_ledger::text, 'built_hash', built_hash,
               'doubted_ledger', doubted_ledger::text, 'fate', fate, 'versions', v.versions) order by attempt), '[]') as attempts
        from stellar_attempts
        cross join lateral (
          select jsonb_agg(jsonb_build_object('version', e.version, 'hash', e.hash, 'bid', e.bid::text, 'ledger', e.ledger::text)
                           order by e.version) as versions
            from stellar_envelopes e where e.intent_key = stellar_attempts.intent_key and e.attempt = stellar_attempts.attempt
        ) v
       where intent_key = t.intent_key
    ) a`

export type TxRow = {
  intent_key: string
  task: StellarTask
  status: StellarTx['status']
  code: string | null
  detail: string | null
  attempts: AttemptJson[]
}

export type EnvelopeRow = { envelope: Buffer }

type Hash = `0x${string}`

type AttemptJson = {
  attempt: number
  channel: string
  sequence: string
  hash: Hash
  max_time: string
  balance_ids: string[]
  built_ledger: string
  built_hash: Hash
  doubted_ledger: string | null
  fate: Attempt['fate']
  versions: { version: number; hash: Hash; bid: string; ledger: string }[]
}

export const toTx = (row: TxRow): StellarTx => ({
  key: row.intent_key,
  task: row.task,
  status: row.status,
  code: row.code ?? undefined,
  detail: row.detail ?? undefined,
  attempts: row.attempts.map(json => attemptOf(row.intent_key, json)),
})

const attemptOf = (key: string, json: AttemptJson): Attempt => ({
  key,
  attempt: json.attempt,
  channel: json.channel,
  sequence: BigInt(json.sequence),
  hash: json.hash,
  maxTime: BigInt(json.max_time),
  balanceIds: json.balance_ids,
  builtLedger: BigInt(json.built_ledger),
  builtHash: json.built_hash,
  doubtedLedger: json.doubted_ledger === null ? undefined : BigInt(json.doubted_ledger),
  fate: json.fate,
  versions: json.versions.map(one => ({
    version: one.version,
    hash: one.hash,
    bid: BigInt(one.bid),
    ledger: BigInt(one.ledger),
  })),
})
