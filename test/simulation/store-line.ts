import type { CrashPoint } from './catalogue.ts'
import type { Faults } from './faults.ts'
import type { AroundAddresses } from './memory/address-store.ts'
import type { Around } from './memory/connection.ts'
import { databaseError, lostConnection, serializationFailure } from './memory/database-error.ts'
import type { AroundDeposits } from './memory/deposit-store.ts'
import type { AroundRefunds } from './memory/refund-store.ts'
import type { AroundStatements } from './memory/statement-store.ts'
import type { Process } from './process.ts'

const slowMs = 700

/** How calls of a port are named. Names are kept: they are looked up at every call, and a string that was just made is hashed anew. */
const callsOf = <P extends string>(port: P) => {
  const known = new Map<string, string>()
  return <N extends string>(call: N): `${P}.${N}` => {
    const name = known.get(call) ?? `${port}.${call}`
    known.set(call, name)
    return name as `${P}.${N}`
  }
}
const inStore = callsOf('store')
const atDesk = callsOf('deposits')
const atAddresses = callsOf('addresses')
const inStatements = callsOf('statements')
const ofRefunds = callsOf('refunds')
const ofOperators = callsOf('operators')

/**
 * What happens between one process and the database: connections that are lost before a statement was done and after it, a server that is not
 * up, statements that it will not serialize, and the end of the process at any of them.
 */
export const storeLine = (process: Process, faults: Faults, isUp: () => boolean): Around => {
  const ask = asking(process, faults, isUp)
  return ({ name, transfers }, effect) => ask(inStore(name), transfers.length === 1 ? transfers[0] : undefined, effect)
}

export const depositLine = (process: Process, faults: Faults, isUp: () => boolean): AroundDeposits => {
  const ask = asking(process, faults, isUp)
  return (name, about, effect) => ask(atDesk(name), about, effect)
}

export const addressLine = (process: Process, faults: Faults, isUp: () => boolean): AroundAddresses => {
  const ask = asking(process, faults, isUp)
  return (name, about, effect) => ask(atAddresses(name), about, effect)
}

export const statementLine = (process: Process, faults: Faults, isUp: () => boolean): AroundStatements => {
  const ask = asking(process, faults, isUp)
  return (name, effect) => ask(inStatements(name), undefined, effect)
}

export const refundLine = (process: Process, faults: Faults, isUp: () => boolean): AroundRefunds => {
  const ask = asking(process, faults, isUp)
  return (name, about, effect) => ask(ofRefunds(name), about, effect)
}

/** The transactions of the operators' API. */
export const operatorLine = (process: Process, faults: Faults, isUp: () => boolean) => {
  const ask = asking(process, faults, isUp)
  return <T>(name: 'ask' | 'decide', about: string | undefined, effect: () => Promise<T>) => ask(ofOperators(name), about, effect)
}

const asking =
  (process: Process, faults: Faults, isUp: () => boolean) =>
  <T>(point: CrashPoint, about: string | undefined, effect: () => Promise<T>): Promise<T> =>
    process.call(
      point,
      about,
      async () => {
        if (!isUp()) throw databaseError('57P03', 'the database system is starting up')
        if (faults.strikes('database: a connection is lost before a statement is done', about)) throw lostConnection()
        if (point === 'store.commitSteps' && faults.strikes('database: a serialization failure', about))
          throw serializationFailure()
        const answer = await effect()
        if (faults.strikes('database: a connection is lost after a statement was done', about)) throw lostConnection()
        return answer
      },
      faults.strikes('database: is slow', about) ? slowMs : 0,
    )
