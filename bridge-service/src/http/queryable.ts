import type { Pool } from 'pg'
import type { Queryable } from '../../../indexer/src/queries.ts'

/** The pool as the indexer's queries take it. */
export const queryable = (pool: Pool): Queryable => pool as unknown as Queryable
