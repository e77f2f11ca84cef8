import { randomUUID } from 'node:crypto'
import pg from 'pg'
import { mintApiKey } from '../../bridge-service/src/http/api-key.ts'
import { apiClient } from './api-client.ts'
import type { World } from './world.ts'

export type ActionView = {
  readonly id: string
  readonly state: string
  readonly payloadHash: string
  readonly fourEyes: boolean
  readonly code?: string
}

/** Two persons who operate this world, each with a key of his own: the house's, so that it also shows the house's own transfers. */
export const operatorKeys = async ({ databaseUrl }: Pick<World, 'databaseUrl'>): Promise<{ anna: string; ben: string }> => {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 1 })
  const keyOf = async (person: string) =>
    (await mintApiKey(pool, { tenant: 'house', scopes: ['operator', 'transfers:read'], person })).key
  try {
    return { anna: await keyOf('anna'), ben: await keyOf('ben') }
  } finally {
    await pool.end()
  }
}

/** Has something done: Anna asks for it, and where it takes two Ben approves. Throws what the service says otherwise. */
export const openOperators = async (world: Pick<World, 'databaseUrl' | 'apiUrl'>) => {
  const { anna, ben } = await operatorKeys(world)
  const post = async (person: string, path: string, body: unknown): Promise<ActionView> => {
    const answer = await apiClient(world.apiUrl, person).call<ActionView>('POST', path, { key: randomUUID(), body })
    if (answer.status !== 202) throw new Error(`${path} was answered with ${answer.status}: ${JSON.stringify(answer.body)}`)
    return answer.body
  }
  return async (request: Readonly<Record<string, unknown>>): Promise<ActionView> => {
    const asked = await post(anna, '/v1/operator/actions', request)
    if (asked.state !== 'requested') return asked
    const { id, payloadHash } = asked
    return post(ben, `/v1/operator/actions/${id}/approval`, { decision: 'approve', payloadHash })
  }
}
