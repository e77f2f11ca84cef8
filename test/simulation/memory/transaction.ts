import type { Layer } from '../../../bridge-service/src/ledger/entry.ts'
import { databaseError, deadlock, shutDown } from './database-error.ts'
import { emptyTables, type Tables } from './tables.ts'

export type Mode = 'update' | 'share'

/** A transaction at the level `read committed`: it sees what was committed and what it wrote, and what it has locked is its own until it ends. */
export type MemoryTx = {
  /** Database time at its beginning. */
  readonly nowMs: number
  readonly get: <R>(table: ReadonlyMap<string, R>, key: string) => R | undefined
  /** `undefined` deletes. */
  readonly put: <R>(table: Map<string, R>, key: string, row: R | undefined) => void
  /** Adds to a balance at the commit: balances are sums, so two writers of one account need not wait for each other. */
  readonly add: (account: string, layer: Layer, amount: bigint) => void
  /** Takes the rows one after the other, each as soon as nobody else has it. Throws `40P01` where all would wait for ever. */
  readonly lock: (rows: Iterable<string>, mode?: Mode) => Promise<void>
  readonly isLockedByAnother: (row: string) => boolean
  /** Runs one statement: when it throws, nothing of the transaction will be committed. */
  readonly run: <T>(statement: () => T | Promise<T>) => Promise<T>
  readonly commit: () => void
  readonly rollback: () => void
  /** Its connection is gone, and so is all that it did; whatever it asks from now on fails. */
  readonly cut: () => void
}

type Holders = { update: object | undefined; readonly share: Set<object> }
type Waiting = { readonly ended: Promise<void>; waitsFor: Waiting | undefined }

export type MemoryDatabase = {
  readonly tables: Tables
  readonly nowMs: () => number
  readonly begin: () => MemoryTx
  /** Serial numbers go on whatever becomes of the transaction that drew one. */
  readonly nextPosition: () => number
  /** Changes with every commit that wrote. */
  readonly generation: () => number
}

export const memoryDatabase = (nowMs: () => number): MemoryDatabase => {
  const tables = emptyTables()
  const locks = new Map<string, Holders>()
  const waitings = new Map<object, Waiting>()
  let position = 0
  let generation = 0

  const begin = (): MemoryTx => {
    const me = {}
    const writes = new Map<Map<string, unknown>, Map<string, unknown>>()
    const sums: [account: string, layer: Layer, amount: bigint][] = []
    const held: string[] = []
    let state: 'open' | 'failed' | 'cut' | 'ended' = 'open'
    let end = () => {}
    const waiting: Waiting = { ended: new Promise<void>(resolve => (end = resolve)), waitsFor: undefined }
    waitings.set(me, waiting)

    const holderOf = (row: string, mode: Mode): object | undefined => {
      const holders = locks.get(row)
      if (holders === undefined) return undefined
      if (holders.update !== undefined && holders.update !== me) return holders.update
      if (mode === 'update') for (const other of holders.share) if (other !== me) return other
      return undefined
    }
    const take = (row: string, mode: Mode) => {
      const holders = locks.get(row) ?? { update: undefined, share: new Set() }
      locks.set(row, holders)
      held.push(row)
      if (mode === 'update') holders.update = me
      else holders.share.add(me)
    }
    const lock = async (rows: Iterable<string>, mode: Mode = 'update'): Promise<void> => {
      for (const row of rows) {
        for (let other = holderOf(row, mode); other !== undefined; other = holderOf(row, mode)) {
          const blocking = waitings.get(other)!
          for (let each: Waiting | undefined = blocking; each !== undefined; each = each.waitsFor)
            if (each === waiting) throw deadlock()
          waiting.waitsFor = blocking
          await blocking.ended
          waiting.waitsFor = undefined
          if (state === 'cut') throw shutDown()
        }
        take(row, mode)
      }
    }
    const finish = (how: 'ended' | 'cut') => {
      if (state === 'ended' || state === 'cut') return
      state = how
      for (const row of held) {
        const holders = locks.get(row)
        if (holders === undefined) continue
        if (holders.update === me) holders.update = undefined
        holders.share.delete(me)
        if (holders.update === undefined && holders.share.size === 0) locks.delete(row)
      }
      waitings.delete(me)
      end()
    }
    const apply = () => {
      for (const [table, rows] of writes)
        for (const [key, row] of rows) row === undefined ? table.delete(key) : table.set(key, row)
      for (const [account, layer, amount] of sums) {
        const balance = tables.ledger_balances.get(account) ?? { posted: 0n, pending: 0n }
        tables.ledger_balances.set(account, { ...balance, [layer]: balance[layer] + amount })
      }
      if (writes.size > 0) generation++
    }

    return {
      nowMs: nowMs(),
      get: <R>(table: ReadonlyMap<string, R>, key: string): R | undefined => {
        const written = writes.get(table as Map<string, unknown>)
        return written?.has(key) ? (written.get(key) as R | undefined) : table.get(key)
      },
      put: <R>(table: Map<string, R>, key: string, row: R | undefined) => {
        let written = writes.get(table as Map<string, unknown>)
        if (written === undefined) {
          written = new Map()
          writes.set(table as Map<string, unknown>, written)
        }
        written.set(key, row)
      },
      add: (account, layer, amount) => sums.push([account, layer, amount]),
      lock,
      isLockedByAnother: row => holderOf(row, 'update') !== undefined,
      run: async statement => {
        if (state === 'failed') throw databaseError('25P02', 'current transaction is aborted')
        if (state !== 'open') throw shutDown()
        try {
          return await statement()
        } catch (error) {
          if (state === 'open') state = 'failed'
          throw error
        }
      },
      commit: () => {
        if (state === 'cut') throw shutDown()
        if (state === 'open') apply()
        finish('ended')
      },
      rollback: () => finish('ended'),
      cut: () => finish('cut'),
    }
  }

  return { tables, nowMs, begin, nextPosition: () => ++position, generation: () => generation }
}
