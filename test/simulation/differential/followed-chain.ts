import type { Pool } from 'pg'
import { finalFacts } from '../../../indexer/src/queries.ts'
import { type Approval, readApproval, refuseResume, resumeOurs } from '../../../indexer/src/resume.ts'
import * as resume from '../indexer/resume.ts'
import type { Standing } from '../memory/final-facts.ts'
import { inOneStatement } from '../memory/statement.ts'
import type { MemoryStore } from '../memory-store.ts'

/** A canonical event of the chain `evm:1`. Of a transaction that was mined again it is the last one that is told. */
export type Mined = {
  readonly txHash: string
  readonly type: string
  /** Of the end of a claimable balance. */
  readonly balance?: 'deposit'
  readonly escrowId: string
  readonly ref: string
  readonly height: number
}

export type Heads = { readonly latest: number; readonly safe: number; readonly finalized: number; readonly halted: boolean }

/** The chain as an indexer has it in its tables, and which waits are final by it. */
export type FollowedChain = {
  readonly mine: (event: Mined) => Promise<unknown>
  readonly setHeads: (heads: Heads) => Promise<unknown>
  /** Goes on as two operators say, if they do: with our branch, since there is no other one. Gives what they have said. */
  readonly obey: () => Promise<Pick<Approval, 'id' | 'branch'> | undefined>
  readonly finalFacts: () => Promise<unknown[]>
}

/** Why it is halted, when it is. */
export const haltedReason = 'a person looks'

export const followedInPostgres = (owner: Pool): FollowedChain => ({
  mine: ({ txHash, type, balance, escrowId, ref, height }) =>
    owner.query(
      `with left_behind as (update chain_events set canonical = false where chain = 'evm:1' and fact = $1 || ':0' and canonical returning 1)
       insert into chain_events (chain, block_hash, log_index, tx_hash, ordinal, block_number, type, escrow_id, ref, token, amount, payload, canonical)
       select 'evm:1', '0x' || (select count(*) from chain_events), 0, $1, 0, $2, $3, $4, $5, '0x', 1, $6, true
        where (select count(*) from left_behind) >= 0`,
      [txHash, height, type, escrowId, ref, { balance }],
    ),
  setHeads: ({ latest, safe, finalized, halted }) =>
    owner.query(
      `insert into chain_heads (chain, escrow, cursor_height, cursor_hash, safe_height, finalized_height, halted_reason)
       values ('evm:1', '0x', $1, '0x', $2, $3, $4)
       on conflict (chain) do update set cursor_height = $1, safe_height = $2, finalized_height = $3, halted_reason = $4`,
      [latest, safe, finalized, halted ? haltedReason : null],
    ),
  obey: async () => {
    const db = await owner.connect()
    try {
      const approval = await readApproval(db, 'evm:1')
      if (approval === undefined) return undefined
      if (approval.branch === 'ours') await resumeOurs(db, 'evm:1', approval)
      else await refuseResume(db, approval, 'no_common_ancestor')
      return { id: approval.id, branch: approval.branch }
    } finally {
      db.release()
    }
  },
  finalFacts: async () =>
    (await finalFacts(owner, 1_000)).map(({ transferId, kind, fact, escrowId }) => ({ transferId, kind, fact, escrowId })),
})

export const followedInMemory = (memory: MemoryStore): FollowedChain => {
  const events = new Map<string, Mined>()
  let heads: Heads = { latest: 0, safe: 0, finalized: 0, halted: true }
  const standing: Standing = ({ chain, level, fact }) => {
    if (heads.halted || chain !== 'evm:1') return undefined
    const event = events.get(fact)
    const commits = event?.balance === 'deposit' || event?.type === 'depositReceived'
    return { height: BigInt(heads[level]), event: event && { ...event, blockNumber: BigInt(event.height), commits } }
  }
  return {
    mine: async event => events.set(`${event.txHash}:0`, event),
    setHeads: async next => {
      heads = next
    },
    obey: async () => {
      const { tables } = memory.database
      const approval = heads.halted ? resume.readApproval(tables, 'evm:1', haltedReason) : undefined
      if (approval === undefined) return undefined
      const refusal = approval.branch === 'ours' ? null : 'no_common_ancestor'
      await inOneStatement(memory.database, undefined, tx => resume.endResume(tx, tables, approval, refusal))
      if (refusal === null) heads = { ...heads, halted: false }
      return approval
    },
    finalFacts: async () => memory.finalFacts(1_000, standing),
  }
}
