import { keccak256, toHex } from 'viem'
import { describe, expect, test } from 'vitest'
import type { History, Seen, WireLog } from './history.ts'
import type { Committed, InboxWrite, ReorgWrite } from './journal.ts'
import { judge } from './oracle.ts'
import { factsOf } from './truth.ts'

type Hex = `0x${string}`
const word = (value: bigint | number) => value.toString(16).padStart(64, '0')
const hash = (name: string): Hex => keccak256(toHex(name))
const someone = 0xaan

const committed = (block: string, number: number, tx: string): WireLog => ({
  address: '0x00000000000000000000000000000000000000ee',
  topics: [hash('Committed(bytes32,bytes32,address,uint40)'), hash('escrow'), hash('ref'), `0x${word(0xccn)}`],
  data: `0x${word(7)}`,
  ...{ blockNumber: toHex(number), blockHash: hash(block), transactionHash: hash(tx), logIndex: '0x0' },
})
const block = (name: string, number: number, parent: string, txs: readonly string[] = []): Seen => ({
  ...{ number, hash: hash(name), parentHash: hash(parent), receipts: [], logs: txs.map(tx => committed(name, number, tx)) },
  block: { number: toHex(number), hash: hash(name), parentHash: hash(parent), timestamp: '0x1' },
})
const historyOf = (...seen: Seen[]): History => {
  const byHash = new Map<string, Seen>(seen.map(one => [one.hash, one]))
  return {
    byHash,
    record: async () => seen[0]!,
    pathFrom: function* (from) {
      for (let at = byHash.get(from); at !== undefined; at = byHash.get(at.parentHash)) yield at
    },
  }
}

// a0 ─ a1 ─ a2(x)         x is mined again in b3
//        └─ b2 ─ b3(x)
const history = historyOf(
  block('a0', 0, 'none'),
  ...[block('a1', 1, 'a0'), block('a2', 2, 'a1', ['x']), block('b2', 2, 'a1'), block('b3', 3, 'b2', ['x'])],
)
const head = (name: string, height: number, more: { finalized?: number; halted?: string } = {}): Committed['head'] => ({
  ...{ hash: hash(name), height, finalized: more.finalized ?? 0, halted: more.halted ?? null },
})
const told = (name: string, revision: number, status = 'included', change: Record<string, unknown> = {}): InboxWrite => {
  const [fact, truth] = [...factsOf(history.byHash.get(hash(name))!)][0]!
  return { fact, ...truth, payload: { ...truth.payload, status, ...change }, revision }
}
/** A commit that announces what it tells. */
type Step = { head: Committed['head']; inbox: InboxWrite[]; reorgs?: ReorgWrite[]; announced?: string[] }
const journalOf = (steps: readonly Step[]): Committed[] =>
  [{ head: head('a0', 0), inbox: [] } as Step, ...steps].map(({ head, inbox, reorgs = [], announced }) => ({
    ...{ head, inbox, reorgs },
    announced: announced ?? inbox.map(({ fact, revision }) => `${fact} ${revision}`),
  }))
const kinds = (...steps: Step[]) => judge(journalOf(steps), history).findings.map(({ kind }) => kind)
const rolledBack = (from: string, depth: number, orphanedEvents: number): ReorgWrite => ({
  ...{ deep: false, depth, ancestor: hash('a1'), from: hash(from), orphanedBlocks: depth, orphanedEvents },
})

describe('the oracle', () => {
  test('is content with the truth, told once at each change', () => {
    const journal: Step[] = [
      { head: head('a1', 1), inbox: [] },
      { head: head('a2', 2), inbox: [told('a2', 1)] },
      { head: head('b2', 2), inbox: [told('a2', 2, 'orphaned')], reorgs: [rolledBack('a2', 1, 1)] },
      { head: head('b3', 3), inbox: [told('b3', 3)] },
      { head: head('a2', 2), inbox: [told('a2', 4)], reorgs: [rolledBack('b3', 2, 1)] },
    ]
    expect(judge(journalOf(journal), history)).toMatchObject({ findings: [], reorgs: 2, halted: false, cursor: hash('a2') })
  })

  test('takes an orphaning and a return in one commit as one change', () => {
    expect(
      kinds(
        { head: head('a2', 2), inbox: [told('a2', 1)] },
        { head: head('b3', 3), inbox: [told('b3', 2)], reorgs: [rolledBack('a2', 1, 1)] },
      ),
    ).toEqual([])
  })

  test('counts halts and resumes, and lets finality fall at a resume only', () => {
    const journal: Step[] = [
      { head: head('a2', 2, { finalized: 2 }), inbox: [told('a2', 1)] },
      { head: head('a2', 2, { finalized: 2, halted: 'x' }), inbox: [] },
      { head: head('a1', 1, { finalized: 1 }), inbox: [told('a2', 2, 'orphaned')], reorgs: [rolledBack('a2', 1, 1)] },
    ]
    expect(judge(journalOf(journal), history)).toMatchObject({
      findings: [],
      halts: 1,
      resumes: 1,
      halted: false,
      cursor: hash('a1'),
    })
  })

  test.each<[string, string[], Step[]]>([
    ['a fact that is not told', ['missed'], [{ head: head('a2', 2), inbox: [] }]],
    [
      'an orphaning that is not told',
      ['missed'],
      [
        { head: head('a2', 2), inbox: [told('a2', 1)] },
        { head: head('b2', 2), inbox: [], reorgs: [rolledBack('a2', 1, 1)] },
      ],
    ],
    ['a fact of another branch', ['phantom'], [{ head: head('b2', 2), inbox: [told('a2', 1)] }]],
    ['a block that never was', ['phantom', 'wrong'], [{ head: head('c1', 1), inbox: [] }]],
    ['a cursor at another height than its block', ['phantom'], [{ head: head('a1', 2), inbox: [] }]],
    [
      'the same truth again',
      ['twice'],
      [
        { head: head('a2', 2), inbox: [told('a2', 1)] },
        { head: undefined, inbox: [told('a2', 2)] },
      ],
    ],
    ['a revision too many', ['twice'], [{ head: head('a2', 2), inbox: [told('a2', 2)] }]],
    ['two writes of one change', ['twice'], [{ head: head('a2', 2), inbox: [told('a2', 1), told('a2', 2)] }]],
    ['another sequence', ['wrong'], [{ head: head('a2', 2), inbox: [told('a2', 1, 'included', { sequence: '8' })] }]],
    [
      'finality that falls',
      ['finality'],
      [
        { head: head('a1', 1, { finalized: 1 }), inbox: [] },
        { head: head('a2', 2), inbox: [told('a2', 1)] },
      ],
    ],
    [
      'a move after a halt',
      ['halt'],
      [
        { head: head('a0', 0, { halted: 'x' }), inbox: [] },
        { head: head('a1', 1, { halted: 'x' }), inbox: [] },
      ],
    ],
  ])('finds %s', (_name, expected, journal) => {
    expect(kinds(...journal)).toEqual(expected)
  })
})

describe('the reading of logs', () => {
  test('goes word by word, and counts every log of the contract', () => {
    const outcome = committed('a2', 2, 'y')
    const unknown: WireLog = { ...outcome, topics: [hash('Skipped(bytes32,bytes32,address,bytes)')] }
    const released: WireLog = {
      ...outcome,
      topics: [hash('Released(bytes32,bytes32,address,address,uint256,uint40)'), ...outcome.topics.slice(1)],
      data: `0x${word(someone)}${word(5n)}${word(9)}`,
    }
    const facts = factsOf({ logs: [unknown, released] })
    expect([...facts]).toEqual([
      [
        `${hash('y')}:1`,
        {
          kind: 'escrowReleased',
          subject: hash('ref'),
          payload: expect.objectContaining({ payee: '0x00000000000000000000000000000000000000AA', amount: '5', sequence: '9' }),
        },
      ],
    ])
  })
})
