import type { Pool } from 'pg'
import { BridgeError } from '../../errors.ts'
import type { Refused } from '../../outcome.ts'
import { inTransaction } from '../../transaction.ts'
import type { Lease } from './channels.ts'
import type { StellarOrder, StellarTask } from './task.ts'
import { type EnvelopeRow, selectTx, type TxRow, toTx } from './tx-row.ts'

/** One signature around an attempt: 0 is the transaction itself, all others are fee bumps around it. */
export type Version = {
  readonly version: number
  readonly hash: `0x${string}`
  /** Stroops per operation. */
  readonly bid: bigint
  /** The newest ledger when it was signed. */
  readonly ledger: bigint
}

export type Attempt = {
  readonly key: string
  readonly attempt: number
  readonly channel: string
  readonly sequence: bigint
  /** Of the inner transaction. */
  readonly hash: `0x${string}`
  /** Unix seconds, inclusive. */
  readonly maxTime: bigint
  readonly balanceIds: readonly string[]
  readonly builtLedger: bigint
  readonly builtHash: `0x${string}`
  readonly doubtedLedger: bigint | undefined
  readonly fate: 'open' | 'succeeded' | 'failed' | 'dead'
  readonly versions: readonly Version[]
}

/**
 * `open`: its newest attempt is on its way. `waiting`: that one is dead, and another is to be made. `refused`: nothing came of it and
 * nothing will.
 */
export type StellarTx = {
  readonly key: string
  readonly task: StellarTask
  readonly status: 'open' | 'waiting' | 'succeeded' | 'refused'
  readonly code: string | undefined
  readonly detail: string | undefined
  /** Oldest first, at least one; none where it was refused before anything was built. */
  readonly attempts: readonly Attempt[]
}

export type NewAttempt = Omit<Attempt, 'fate' | 'doubtedLedger' | 'versions'> & {
  readonly envelope: Uint8Array
  readonly bid: bigint
}

/** What became of an attempt, and so of its wish. */
export type Ending =
  | { readonly fate: 'succeeded'; readonly ledger: bigint; readonly result: Uint8Array }
  | {
      readonly fate: 'failed'
      readonly ledger: bigint
      readonly result: Uint8Array
      readonly refusal?: { code: string; detail: string }
    }
  | { readonly fate: 'dead' }

/** Writes that are fenced say so when the lease is lost, and then have written nothing. */
export type TxStore = {
  readonly byKey: (key: string) => Promise<StellarTx | undefined>
  /** The lock of an escrow that was not refused. */
  readonly lockOf: (escrowId: string) => Promise<StellarTx | undefined>
  /** What was done to a deposit and was not refused. */
  readonly ofDeposit: (fact: string, actions: readonly StellarTask['action'][]) => Promise<StellarTx | undefined>
  readonly openOn: (channels: readonly string[]) => Promise<Attempt[]>
  readonly waiting: (limit: number) => Promise<StellarTx[]>
  readonly envelopeOf: (hash: string) => Promise<Uint8Array>
  /**
   * Stores the wish (when it has none), its next attempt and that one's envelope, before anyone has seen it. `taken`: another process has
   * stored an attempt for this key meanwhile. `doneAlready`: the same escrow is locked, or the same deposit claimed or returned, under
   * another key.
   */
  readonly begin: (lease: Lease, order: StellarOrder, escrowId: string | undefined, attempt: NewAttempt) => Promise<Begun>
  readonly bump: (lease: Lease, attempt: Attempt, version: Version, envelope: Uint8Array) => Promise<boolean>
  readonly doubt: (lease: Lease, attempt: Attempt, ledger: bigint) => Promise<boolean>
  readonly end: (lease: Lease, attempt: Attempt, ending: Ending) => Promise<boolean>
  /** A wish for which there is nothing (more) to build: one that nobody has stored yet, or one that waits. All others stay as they are. */
  readonly refuse: (order: StellarOrder, refusal: Refused) => Promise<void>
}

export type Begun = 'stored' | 'fenced' | 'taken' | 'doneAlready'

const oncePer: ReadonlySet<string> = new Set(['stellar_txs_one_lock', 'stellar_txs_one_claim', 'stellar_txs_one_return'])

export const txStore = (pool: Pool, chain: string): TxStore => {
  const read = async (name: string, where: string, values: unknown[]): Promise<StellarTx[]> =>
    (await pool.query<TxRow>({ name, text: `${selectTx} ${where}`, values })).rows.map(toTx)
  const fenced = async (name: string, text: string, lease: Lease, values: unknown[]): Promise<boolean> => {
    const { rows } = await pool.query<{ held: boolean }>({
      name,
      text,
      values: [chain, lease.channel, lease.owner, lease.epoch, ...values],
    })
    return rows[0]!.held
  }

  return {
    byKey: async key => {
      try {
        return (await read('stellar_tx_by_key', 'where t.intent_key = $1', [key]))[0]
      } catch (cause) {
        throw new BridgeError('database_unavailable', {}, { cause })
      }
    },
    lockOf: async escrowId =>
      (
        await read('stellar_lock_of', `where t.chain = $1 and t.escrow_id = $2 and t.action = 'lock' and t.status <> 'refused'`, [
          chain,
          escrowId,
        ])
      )[0],
    ofDeposit: async (fact, actions) =>
      (
        await read(
          'stellar_txs_of_deposit',
          `where t.chain = $1 and t.deposit_fact = $2 and t.action = any($3) and t.status <> 'refused'`,
          [chain, fact, actions],
        )
      )[0],
    openOn: async channels =>
      (
        await read(
          'stellar_txs_on',
          `where t.intent_key in (select intent_key from stellar_attempts where chain = $1 and channel = any($2) and fate = 'open')`,
          [chain, channels],
        )
      ).map(tx => tx.attempts.at(-1)!),
    waiting: limit =>
      read('stellar_txs_waiting', `where t.chain = $1 and t.status = 'waiting' order by t.created_at limit $2`, [chain, limit]),
    envelopeOf: async hash => {
      const { rows } = await pool.query<EnvelopeRow>('select envelope from stellar_envelopes where hash = $1', [hash])
      return rows[0]!.envelope
    },
    begin: async (lease, order, escrowId, attempt) => {
      try {
        return await inTransaction(pool, async tx => {
          const kept = await tx.query(useChannel, [chain, lease.channel, lease.owner, lease.epoch, attempt.sequence - 1n])
          if (kept.rowCount === 0) return 'fenced'
          const wish =
            attempt.attempt === 0
              ? await tx.query(insertTx, [
                  order.key,
                  chain,
                  order.task.action,
                  escrowId ?? null,
                  depositOf(order.task),
                  order.task,
                ])
              : await tx.query(reopenTx, [order.key])
          if (wish.rowCount === 0) return 'taken'
          await tx.query(insertAttempt, [
            ...[attempt.key, attempt.attempt, chain, attempt.channel, attempt.sequence, attempt.hash, attempt.maxTime],
            ...[attempt.balanceIds, attempt.builtLedger, attempt.builtHash],
          ])
          await tx.query(insertEnvelope, [
            attempt.key,
            attempt.attempt,
            0,
            attempt.hash,
            attempt.envelope,
            attempt.bid,
            attempt.builtLedger,
          ])
          return 'stored'
        })
      } catch (error) {
        const { constraint } = error as { constraint?: unknown }
        if (typeof constraint === 'string' && oncePer.has(constraint)) return 'doneAlready'
        if (constraint === 'stellar_attempts_one_in_flight') return 'fenced'
        throw error
      }
    },
    bump: (lease, { key, attempt }, { version, hash, bid, ledger }, envelope) =>
      fenced('stellar_bump', bumpSql, lease, [key, attempt, version, hash, envelope, bid, ledger]),
    doubt: (lease, { key, attempt }, ledger) => fenced('stellar_doubt', doubtSql, lease, [key, attempt, ledger]),
    end: (lease, { key, attempt }, ending) => {
      const refusal = ending.fate === 'failed' ? ending.refusal : undefined
      const status = ending.fate === 'succeeded' ? 'succeeded' : refusal ? 'refused' : 'waiting'
      const [ledger, result] = ending.fate === 'dead' ? [null, null] : [ending.ledger, ending.result]
      return fenced('stellar_end', endSql, lease, [
        ...[key, attempt, ending.fate, ledger, result],
        ...[status, refusal?.code ?? null, refusal?.detail ?? null],
      ])
    },
    refuse: async ({ key, task }, { code, detail }) => {
      await pool.query(refuseTx, [key, chain, task.action, task, code, detail])
    },
  }
}

const depositOf = (task: StellarTask) => ('deposit' in task ? (task.deposit ?? null) : null)

// Locks the row: whoever wants the channel for himself waits, and then sees what is open on it.
const useChannel = `
  update stellar_channels set sequence = $5
   where chain = $1 and account = $2 and lease_owner = $3 and lease_epoch = $4`

const insertTx = `
  insert into stellar_txs (intent_key, chain, action, escrow_id, deposit_fact, task) values ($1, $2, $3, $4, $5, $6) on conflict (intent_key) do nothing`

const refuseTx = `
  insert into stellar_txs as t (intent_key, chain, action, task, status, code, detail) values ($1, $2, $3, $4, 'refused', $5, $6)
  on conflict (intent_key) do update set status = 'refused', code = $5, detail = $6, updated_at = now() where t.status = 'waiting'`

const reopenTx = `update stellar_txs set status = 'open', updated_at = now() where intent_key = $1 and status = 'waiting'`

const insertAttempt = `
  insert into stellar_attempts (intent_key, attempt, chain, channel, sequence, hash, max_time, balance_ids, built_ledger, built_hash)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`

const insertEnvelope = `
  insert into stellar_envelopes (intent_key, attempt, version, hash, envelope, bid, ledger) values ($1, $2, $3, $4, $5, $6, $7)`

// The share lock makes a change of hands wait for this statement, and this statement see a change that was quicker.
const fence = `
  with fence as (
    select from stellar_channels where chain = $1 and account = $2 and lease_owner = $3 and lease_epoch = $4 for share
  )`

const bumpSql = `${fence}, bumped as (
    insert into stellar_envelopes (intent_key, attempt, version, hash, envelope, bid, ledger)
    select $5::key_text, $6::int, $7::int, $8::key_text, $9::bytea, $10::bigint, $11::bigint from fence
     where exists (select from stellar_attempts where intent_key = $5::key_text and attempt = $6::int and fate = 'open')
    on conflict do nothing
    returning 1
  )
  select exists (select from bumped) as held`

const doubtSql = `${fence}, doubted as (
    update stellar_attempts set doubted_ledger = $7
     where intent_key = $5 and attempt = $6 and fate = 'open' and doubted_ledger is null and exists (select from fence)
  )
  select exists (select from fence) as held`

const endSql = `${fence}, ended as (
    update stellar_attempts
       set fate = $7, ledger = $8::bigint, result = $9::bytea, ended_at = now()
     where intent_key = $5 and attempt = $6 and fate = 'open' and exists (select from fence)
    returning sequence
  ), freed as (
    update stellar_channels c
       set sequence = case when $7 = 'dead' then c.sequence else greatest(c.sequence, e.sequence) end, lease_until = now()
      from ended e where c.chain = $1 and c.account = $2
  ), moved as (
    update stellar_txs t set status = $10, code = $11, detail = $12, updated_at = now() from ended e where t.intent_key = $5
  )
  select exists (select from fence) as held`
