import type { Pool } from 'pg'
import { eventChainSql, type TransferEventRow } from './transfer-event-json.ts'

/** Tells listeners what happens to their transfers: one reader per process, however many listen. */
export type TransferTail = {
  /** Every event behind version `after`, in order and without gaps, until the returned function is called. */
  readonly listen: (transferId: string, after: number, hear: (events: readonly TransferEventRow[]) => void) => () => void
  /** These transfers have moved: read them now. To be given to whoever commits steps, as `onMoved`. */
  readonly wake: (moved: readonly { readonly id: string }[]) => void
  readonly stop: () => void
}

export type TailOptions = {
  readonly pool: Pool
  /** How often the moves of other processes are looked for. */
  readonly pollMs?: number
  readonly onError?: (error: unknown) => void
}

type Listener = { after: number; readonly hear: (events: readonly TransferEventRow[]) => void }

/**
 * Reads by (transfer, version), which has no gaps and commits in order, so nothing is missed and no position in the outbox is needed.
 * It polls only while somebody listens.
 */
export const transferTail = ({ pool, pollMs = 1_000, onError = () => {} }: TailOptions): TransferTail => {
  const listeners = new Map<string, Set<Listener>>()
  const due = new Set<string>()
  let reading = false
  let timer: NodeJS.Timeout | undefined

  const read = async (): Promise<void> => {
    if (reading || due.size === 0) return
    reading = true
    const ids = [...due].filter(id => listeners.has(id))
    due.clear()
    try {
      const rows = await readEvents(
        pool,
        ids,
        ids.map(id => Math.min(...[...listeners.get(id)!].map(({ after }) => after))),
      )
      deliver(Map.groupBy(rows, row => row.transferId))
    } catch (error) {
      onError(error) // the next poll asks for all again
    } finally {
      reading = false
      if (due.size > 0) setImmediate(() => void read())
    }
  }

  const deliver = (news: ReadonlyMap<string, readonly TransferEventRow[]>) => {
    for (const [id, events] of news)
      for (const listener of listeners.get(id) ?? []) {
        const fresh = events.filter(({ version }) => version > listener.after)
        // Who began to listen while this was being read, from further back, is served by the read that follows.
        if (fresh[0]?.version !== listener.after + 1) continue
        listener.after = fresh.at(-1)!.version
        listener.hear(fresh)
      }
  }

  const poll = () => {
    for (const id of listeners.keys()) due.add(id)
    void read()
  }

  const stop = () => {
    clearInterval(timer)
    timer = undefined
  }

  return {
    listen: (transferId, after, hear) => {
      const listener: Listener = { after, hear }
      const together = listeners.get(transferId) ?? new Set()
      listeners.set(transferId, together.add(listener))
      timer ??= setInterval(poll, pollMs)
      due.add(transferId)
      setImmediate(() => void read())
      return () => {
        together.delete(listener)
        if (together.size === 0 && listeners.get(transferId) === together) listeners.delete(transferId)
        if (listeners.size === 0) stop()
      }
    },
    wake: moved => {
      for (const { id } of moved) if (listeners.has(id)) due.add(id)
      void read()
    },
    stop,
  }
}

const readEvents = async (pool: Pool, ids: readonly string[], after: readonly number[]): Promise<TransferEventRow[]> => {
  if (ids.length === 0) return []
  const { rows } = await pool.query<TransferEventRow>({
    name: 'tail_transfer_events',
    text: `select e.transfer_id as "transferId", e.version, e.type, e.payload, e.from_state as "fromState", e.to_state as "toState", e.at,
                  ${eventChainSql} as chain
             from unnest($1::text[], $2::int[]) as l(id, after)
             join transfer_events e on e.transfer_id = l.id and e.version > l.after
             join transfers t on t.id = l.id
            order by e.transfer_id, e.version`,
    values: [ids, after],
  })
  return rows
}
