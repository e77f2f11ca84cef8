import { Registry } from '@prometheus-io/client'
import pg from 'pg'
import { readConfig } from '../config.ts'
import { BridgeError } from '../errors.ts'
import { pausesOf } from '../operators/pauses.ts'
import { buildServer } from './server.ts'
import { transferTail } from './tail.ts'

/** The API's OpenAPI document. Nothing is connected to: the pool of this server never opens a connection. */
export const openapiDocument = async (): Promise<object> => {
  const pool = new pg.Pool()
  const unused = (): never => {
    throw new BridgeError('internal', { reason: 'this server only documents itself' })
  }
  const app = await buildServer({
    pool,
    config: readConfig({ DATABASE_URL: 'postgresql://unused', LOG_LEVEL: 'silent' }, ['api']),
    chains: new Map(),
    rails: new Map(),
    rates: { rateOf: unused },
    opener: { open: unused },
    tail: transferTail({ pool }),
    wakeSaga: unused,
    pauses: pausesOf(pool),
    readiness: unused,
    registry: new Registry(),
    nowMs: unused,
    newUuid: unused,
  })
  const document = app.swagger()
  await app.close()
  await pool.end()
  return document
}
