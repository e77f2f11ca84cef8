import { expect } from 'vitest'
import { type Random, randomFrom } from '../../../scripts/fuzz/reorg/random.ts'
import { endAction, takeTheFloor } from '../memory/action-store.ts'
import { closingLines } from '../memory/closing-lines.ts'
import { explainLine } from '../memory/explain-line.ts'
import { hearRefund } from '../memory/refunds.ts'
import { settleReceivable } from '../memory/settle-receivable.ts'
import { inOneStatement } from '../memory/statement.ts'
import type { MemoryTx } from '../memory/transaction.ts'
import { type MemoryStore, memoryStore } from '../memory-store.ts'
import { canonical } from './canonical.ts'
import { followedInMemory } from './followed-chain.ts'
import { type Side, virtualPostgres } from './virtual-postgres.ts'

export type Asked = { readonly answer?: unknown; readonly error?: string }

export type Twins = {
  readonly memory: MemoryStore
  readonly nowMs: () => number
  readonly pass: (ms: number) => Promise<void>
  /** Asks both the same, with the same dice, and compares what they answer or throw, and all that they then hold. */
  readonly ask: (name: string, seed: number, call: (side: Side, random: Random) => Promise<unknown>) => Promise<Asked>
  readonly close: () => Promise<void>
}

/** The two stores side by side, at the same time of day. `spoil` makes one of them a liar. */
export const startTwins = async (startMs: number, spoil: (side: Side) => Side = side => side): Promise<Twins> => {
  let nowMs = startMs
  const postgres = await virtualPostgres()
  await postgres.setTime(nowMs)
  const memory = memoryStore(() => nowMs)
  const inTx = <T>(work: (tx: MemoryTx) => T | Promise<T>) => inOneStatement(memory.database, undefined, work)
  const inMemory = spoil({
    ...memory,
    store: memory.connect().store,
    deposits: memory.deposits(),
    addresses: memory.addresses(),
    statements: memory.statements(),
    refunds: memory.refunds(),
    openRefund: async request => {
      const { id, currency, minor } = await memory.openRefund(request)
      return { id, currency, minor: String(minor) }
    },
    hearRefund: (rail, said) => inTx(tx => hearRefund(memory.database, tx, rail, said)),
    explainLine: explanation => inTx(tx => explainLine(memory.database, tx, explanation)),
    settleReceivable: settlement => inTx(tx => settleReceivable(memory.database, tx, settlement)),
    onFloor: work => inTx(async tx => work(await takeTheFloor(tx, memory.database.tables))),
    endAction: (id, refusal) => inTx(tx => endAction(tx, memory.database.tables, id, refusal)),
    closingLines: async (transferId, wanted) => closingLines(memory.database.tables, transferId, wanted),
    chain: followedInMemory(memory),
  })

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
            (answer): Asked => ({ answer }),
            (error: unknown): Asked => ({ error: codeOf(error) }),
          ),
        ),
      )
      same(`the answer of ${name}`, made, real)
      const postgresHolds = await postgres.dump()
      for (const [table, rows] of Object.entries(held(memory)))
        same(`${table} after ${name}`, texts(rows), texts(postgresHolds[table]!))
      return real!
    },
    close: postgres.close,
  }
}

/** What memory holds, without what only it numbers. */
const held = (memory: MemoryStore) => {
  const dump = memory.dump()
  const entries = new Map(dump.ledger_entries.map(({ position, transfer_id, version }) => [position, { transfer_id, version }]))
  return {
    ...dump,
    outbox: dump.outbox.map(({ position: _position, ...row }) => row),
    ledger_entries: dump.ledger_entries.map(({ position: _position, ...row }) => row),
    ledger_postings: dump.ledger_postings.map(({ entry, ...row }) => ({ ...row, ...entries.get(entry) })),
  }
}

/** Of several laws that a statement breaks at once, it is nobody's promise which is named. */
const codeOf = (error: unknown): string => {
  const { code } = error as { code?: unknown }
  if (typeof code !== 'string') return String(error)
  return /^23/.test(code) ? 'a law is broken' : code
}

const texts = (rows: readonly unknown[]) => rows.map(canonical).sort()

const same = (what: string, made: unknown, real: unknown) => {
  const [ours, theirs] = [canonical(made), canonical(real)]
  if (ours !== theirs) expect(JSON.parse(ours), what).toEqual(JSON.parse(theirs))
}
