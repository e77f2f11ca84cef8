import { isDeepStrictEqual } from 'node:util'
import { expect } from 'vitest'
import { type Random, randomFrom } from '../../../scripts/fuzz/reorg/random.ts'
import { type MemoryStore, memoryStore } from '../memory-store.ts'
import { type Side, virtualPostgres } from './virtual-postgres.ts'

export type Twins = {
  readonly memory: MemoryStore
  readonly nowMs: () => number
  readonly pass: (ms: number) => Promise<void>
  /** Asks both the same, with the same dice, and compares what they answer or throw, and all that they then hold. */
  readonly ask: (name: string, seed: number, call: (side: Side, random: Random) => Promise<unknown>) => Promise<unknown>
  readonly close: () => Promise<void>
}

/** The two stores side by side, at the same time of day. `spoil` makes one of them a liar. */
export const startTwins = async (startMs: number, spoil: (side: Side) => Side = side => side): Promise<Twins> => {
  let nowMs = startMs
  const postgres = await virtualPostgres()
  await postgres.setTime(nowMs)
  const memory = memoryStore(() => nowMs)
  const inMemory = spoil({ ...memory, store: memory.connect().store })

  return {
    memory,
    nowMs: () => nowMs,
    pass: async ms => {
      nowMs += ms
      await postgres.setTime(nowMs)
    },
    ask: async (name, seed, call) => {
      const [real, made] = await Promise.all(
        [postgres, inMemory].map(side =>
          call(side, randomFrom(seed)).then(
            answer => plain({ answer }),
            (error: unknown) => ({ error: codeOf(error) }),
          ),
        ),
      )
      same(`the answer of ${name}`, made, real)
      same(`what ${name} has left`, held(memory), rows(await postgres.dump()))
      return real
    },
    close: postgres.close,
  }
}

/** A value as JSON knows it: maps and sets are lists in some order, bigints and times are strings. */
const plain = (value: unknown): unknown => {
  if (typeof value === 'bigint') return String(value)
  if (value instanceof Date) return value.toISOString()
  if (Buffer.isBuffer(value)) return value.toString('hex')
  if (value instanceof Map) return sorted([...value].map(plain))
  if (value instanceof Set) return sorted([...value].map(plain))
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, part]) => (part === undefined ? [] : [[key, plain(part)] as const])),
  )
}

/** A list whose order is nobody's promise. */
export const sorted = <T>(list: readonly T[]): T[] =>
  list
    .map(each => [stable(each), each] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, each]) => each)

const stable = (value: unknown): string =>
  JSON.stringify(plain(value), (_, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  )

const rows = (tables: Record<string, readonly unknown[]>) =>
  Object.fromEntries(Object.entries(tables).map(([table, list]) => [table, sorted(list.map(plain))]))

/** What memory holds, without what only it numbers. */
const held = (memory: MemoryStore) => {
  const dump = memory.dump()
  const entries = new Map(dump.ledger_entries.map(({ position, transfer_id, version }) => [position, { transfer_id, version }]))
  return rows({
    ...dump,
    outbox: dump.outbox.map(({ position: _position, ...row }) => row),
    ledger_entries: dump.ledger_entries.map(({ position: _position, ...row }) => row),
    ledger_postings: dump.ledger_postings.map(({ entry, ...row }) => ({ ...row, ...entries.get(entry) })),
  })
}

const codeOf = (error: unknown): string => {
  const { code } = error as { code?: unknown }
  return typeof code === 'string' ? code : String(error)
}

const same = (what: string, made: unknown, real: unknown) => {
  if (!isDeepStrictEqual(made, real)) expect(made, what).toEqual(real)
}
