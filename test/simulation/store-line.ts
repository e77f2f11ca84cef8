import type { CrashPoint } from './catalogue.ts'
import type { Faults } from './faults.ts'
import type { Around } from './memory/connection.ts'
import { databaseError, lostConnection, serializationFailure } from './memory/database-error.ts'
import type { Process } from './process.ts'

const slowMs = 700

/**
 * What happens between one process and the database: connections that are lost before a statement was done and after it, a server that is not
 * up, statements that it will not serialize, and the end of the process at any of them.
 */
export const storeLine =
  (process: Process, faults: Faults, isUp: () => boolean): Around =>
  ({ name, transfers }, effect) => {
    const about = transfers.length === 1 ? transfers[0] : undefined
    return process.call(
      `store.${name}` satisfies CrashPoint,
      about,
      async () => {
        if (!isUp()) throw databaseError('57P03', 'the database system is starting up')
        if (faults.strikes('database: a connection is lost before a statement is done', about)) throw lostConnection()
        if (name === 'commitSteps' && faults.strikes('database: a serialization failure', about)) throw serializationFailure()
        const answer = await effect()
        if (faults.strikes('database: a connection is lost after a statement was done', about)) throw lostConnection()
        return answer
      },
      faults.strikes('database: is slow', about) ? slowMs : 0,
    )
  }
