import type { ClientBase } from 'pg'
import { IndexerError } from './errors.ts'
import { explain, type Log } from './log.ts'
import type { Metrics } from './metrics.ts'
import { backOffMs, pause } from './pause.ts'
import type { ChainStatus } from './status.ts'
import { becomeWriter } from './writer.ts'

/** A chain that is followed, whatever kind it is. */
export type Followed = {
  readonly databaseUrl: string
  readonly status: ChainStatus
  readonly metrics: Metrics
  readonly log: Log
}

/** What one kind of chain does in a turn. */
export type Turns<Held, Found> = {
  readonly pollMs: number
  /** What the tables hold. Undefined: not yet, or never when it has called `stopFor`. */
  readonly load: (db: ClientBase) => Promise<Held | undefined>
  /** The node's part of a turn: nothing here writes, so everything can simply be asked again. */
  readonly look: (held: Held) => Promise<Found>
  /** The tables' part. `more`: there is more to read at once. Undefined: the chain is halted. */
  readonly act: (db: ClientBase, held: Held, found: Found) => Promise<{ held: Held; more: boolean } | undefined>
  /** Between turns; may end early. */
  readonly rest: (signal: AbortSignal) => Promise<void>
}

// A node that stays silent this often in a row: give up the writer's place, a standby may have a better one.
const failuresBeforeYielding = 10

/** Turn after turn until `signal` fires, the chain is halted or its configuration is refused. Never throws: what fails is tried again. */
export const takeTurns = async <Held, Found>(
  followed: Followed,
  turns: Turns<Held, Found>,
  signal: AbortSignal,
): Promise<void> => {
  const { status, metrics, log } = followed
  const { chain } = status
  const ended = () => status.state === 'halted' || status.state === 'refused'
  let failures = 0

  const failed = (what: string, error: unknown) => {
    failures += 1
    metrics.failures.inc({ chain })
    status.state = 'retrying'
    status.reason = error instanceof IndexerError ? error.code : what
    log('warn', `${what}; trying again`, { chain, failures, ...explain(error) })
  }

  /** As the only writer. Returns when the chain needs no more following; throws when the database fails. */
  const write = async (db: ClientBase) => {
    let held: Held | undefined
    while (!signal.aborted) {
      let found: Found
      try {
        held ??= await turns.load(db)
        if (held === undefined) {
          if (ended()) return
          await pause(turns.pollMs, signal)
          continue
        }
        found = await turns.look(held)
      } catch (error) {
        if (signal.aborted) return
        failed('the node could not be read', error)
        if (failures % failuresBeforeYielding === 0) throw error
        await pause(backOffMs(failures, turns.pollMs), signal)
        continue
      }
      failures = 0
      const done = await turns.act(db, held, found)
      if (done === undefined) return
      held = done.held
      if (!done.more) await turns.rest(signal)
    }
  }

  while (!signal.aborted && !ended()) {
    try {
      const writer = await becomeWriter(followed.databaseUrl, chain, signal, () => {
        status.state = 'standby'
        status.reason = undefined
      })
      if (!writer) return
      try {
        await write(writer.db)
      } finally {
        await writer.release()
      }
    } catch (error) {
      failed('the chain could not be written', error)
      await pause(backOffMs(failures, 100), signal)
    }
  }
}

/** The chain is followed no further until a person has looked. */
export const stopFor = ({ status, log }: Followed, state: 'halted' | 'refused', reason: string): void => {
  status.state = state
  status.reason = reason
  log('error', `the chain is ${state}`, { chain: status.chain, reason })
}
