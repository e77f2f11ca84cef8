import { expect, test } from 'vitest'
import type { Block } from '../chain/chain.ts'
import type { Faults } from '../faults.ts'
import { takeTheFloor } from '../memory/action-store.ts'
import { inOneStatement } from '../memory/statement.ts'
import { memoryStore } from '../memory-store.ts'
import { commitBlocks, emptyChainTables, type Halt, haltOf } from './indexer.ts'
import { type Approval, readApproval } from './resume.ts'

const noFaults: Faults = { strikes: () => false, calm: () => {}, struck: new Map() }

/** Three blocks, of which two are final; in the first that may differ a lock is mined. */
const chainOf = (branch: string) => {
  const block = (height: number, name: string): Block => ({
    ...{ height, hash: `0x${name}${height}`, timeMs: height, mined: [] },
    events:
      height === 2
        ? [
            {
              ...{ fact: `lock ${name}`, txHash: `0x${name}`, kind: 'escrowLocked', escrowId: `0x${name}` },
              terms: { ref: '0x01', payer: '0x02', payee: '0x03', currency: 'USDC', amountMinor: '1', refundAfter: 9 },
            } as Block['events'][number],
          ]
        : [],
  })
  const blocks = [block(1, 'a'), block(2, branch), block(3, branch)]
  return { blocks, height: () => 3, safeHeight: () => 2, finalHeight: () => 2 }
}

test('what contradicts final blocks halts the chain, and is followed by the word of operators alone', async () => {
  const store = memoryStore(() => 0)
  const tables = emptyChainTables()
  const commit = (branch: string, approved?: { readonly halt: Halt; readonly approval: Approval }) =>
    commitBlocks('evm:1', store, tables, chainOf(branch), noFaults, () => 7, approved)
  const told = () => Object.fromEntries([...store.database.tables.inbox.values()].map(row => [row.fact, row.payload.status]))
  const reason = "reorg_below_finality: the node's block 2 is 0xb2"
  await commit('a')
  await commit('b')
  expect(haltOf(tables)).toEqual({ why: 'reorgBelowFinality', reason, fromMs: 7, untilMs: undefined, by: undefined })
  expect(tables.hashes).toEqual(['0xa1', '0xa2', '0xa3'])
  expect(told()).toEqual({ 'lock a': 'included' })

  const say = async (person: string, decision?: 'approve') =>
    inOneStatement(store.database, undefined, async tx => {
      const floor = await takeTheFloor(tx, store.database.tables)
      const operator = { by: `api:${person}`, person }
      if (decision !== undefined) return floor.decide('oa_1', decision, null, operator)
      const payload = { branch: 'theirs', haltedReason: reason } as const
      const asked = { type: 'resumeChain', transferId: null, scope: 'chain:evm:1', reason: 'looked', payload } as const
      return floor.insert({ ...asked, id: 'oa_1', payloadHash: '', fourEyes: true, ttlMs: 1 }, operator)
    })
  const approval = () => readApproval(store.database.tables, 'evm:1', reason)
  await say('ann')
  expect(approval()).toBeUndefined()
  await expect(say('ann', 'approve')).rejects.toMatchObject({ code: '23514' })
  await say('ben', 'approve')
  expect(approval()).toEqual({ id: 'oa_1', branch: 'theirs' })
  await commit('b', { halt: haltOf(tables)!, approval: approval()! })
  expect(approval()).toBeUndefined()
  expect(tables.halts).toMatchObject([{ untilMs: 7, by: 'oa_1' }])
  expect(tables.hashes).toEqual(['0xa1', '0xb2', '0xb3'])
  expect(told()).toEqual({ 'lock a': 'orphaned', 'lock b': 'included' })
})
