import type { ClientBase } from 'pg'
import { IndexerError } from './errors.ts'
import { explain, type Log } from './log.ts'
import type { Metrics } from './metrics.ts'
import { backOffMs, pause } from './pause.ts'
import { type Approval, readApproval, refuseResume } from './resume.ts'
import type { ChainStatus } from './status.ts'
import { readHead } from './store.ts'
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
  /** Operators have said how a halted chain goes on. Gives the reason why not, if it cannot. */
  readonly obey: (db: ClientBase, approval: Approval) => Promise<string | undefined>
  /** Between turns; may end early. */
  readonly rest: (signal: AbortSignal) => Promise<void>
}

// A node that stays silent this often in a row: give up the writer's place, a standby may have a better one.
const failuresBeforeYielding = 10
// How often a halted chain asks whether it may go on.
const approvalPollMs = 500

/**
 * Turn after turn until `signal` fires or the configuration is refused. A halted chain keeps its writer, so that no standby tries the same
 * again, and waits for an operator. Never throws: what fails is tried again.
 */
export const takeTurns = async <Held, Found>(
  followed: Followed,
  turns: Turns<Held, Found>,
  signal: AbortSignal,
): Promise<void> => {
  const { status, metrics, log } = followed
  const { chain } = status
  const refused = () => status.state === 'refused'
  let failures = 0

  const failed = (what: string, error: unknown) => {
    failures += 1
    metrics.failures.inc({ chain })
    status.state = 'retrying'
    status.reason = error instanceof IndexerError ? error.code : what
    log('warn', `${what}; trying again`, { chain, failures, ...explain(error) })
  }

  /** Until an operator lets it go on. */
  const waitForApproval = async (db: ClientBase) => {
    for (; !signal.aborted; await pause(approvalPollMs, signal)) {
      const approval = await readApproval(db, chain)
      if (!approval) continue
      let refusal: string | undefined
      try {
        refusal = await turns.obey(db, approval)
      } catch (error) {
        if (!(error instanceof IndexerError)) throw error
        log('warn', 'the chain cannot go on yet; trying again', { chain, ...approval, ...explain(error) })
        continue
      }
      if (refusal === undefined) {
        log('warn', 'an operator lets the chain go on', { chain, ...approval })
        status.state = 'starting'
        status.reason = undefined
        return
      }
      await refuseResume(db, approval, refusal)
      log('error', 'the chain cannot go on as the operator says', { chain, refusal, ...approval })
    }
  }

  /** As the only writer. Returns when the chain needs no more following; throws when the database fails. */
  const write = async (db: ClientBase) => {
    let held: Held | undefined
    while (!signal.aborted) {
      let done: { held: Held; more: boolean } | undefined
      let looking = false
      try {
        held ??= await turns.load(db)
        if (held === undefined) {
          if (refused()) return
          if (status.state === 'halted') await waitForApproval(db)
          else await pause(turns.pollMs, signal)
          continue
        }
        looking = true
        const found = await turns.look(held)
        looking = false
        done = await turns.act(db, held, found)
      } catch (error) {
        if (signal.aborted) return
        // What the node said is asked for again; what went wrong with the tables needs another connection.
        if (!looking && (!(error instanceof IndexerError) || error.code === 'cursor_moved')) throw error
        held = undefined
        failed('the node could not be read', error)
        if (failures % failuresBeforeYielding === 0) throw error
        await pause(backOffMs(failures, turns.pollMs), signal)
        continue
      }
      failures = 0
      held = done?.held
      if (done !== undefined && !done.more) await turns.rest(signal)
    }
  }

  while (!signal.aborted && !refused()) {
    try {
      const writer = await becomeWriter(followed.databaseUrl, chain, signal, async db => {
        // A halted chain is nobody's to take over.
        const reason = (await readHead(db, chain))?.haltedReason
        status.state = reason === undefined ? 'standby' : 'halted'
        status.reason = reason
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
