import { createHash, randomBytes } from 'node:crypto'
import type { Pool } from 'pg'

/** `operator` is for persons, since two of them must agree. */
export const scopes = ['transfers:read', 'transfers:write', 'ledger:read', 'chains:read', 'operator'] as const
export type Scope = (typeof scopes)[number]

/** Who calls: a tenant sees its own transfers only. `person` is who holds the key, by a name or by the key's own id. */
export type ApiKey = {
  readonly id: string
  readonly tenant: string
  readonly scopes: readonly Scope[]
  readonly person: string
}

/** Makes a key for a tenant. It is shown here and never again: the database keeps its SHA-256. */
export const mintApiKey = async (
  pool: Pool,
  { tenant, scopes, person }: { tenant: string; scopes: readonly Scope[]; person?: string | undefined },
): Promise<{ id: string; key: string }> => {
  const id = `ak_${randomBytes(10).toString('hex')}`
  const key = `ck_${randomBytes(32).toString('base64url')}`
  await pool.query('insert into api_keys (id, tenant, hash, scopes, person) values ($1, $2, $3, $4, $5)', [
    ...[id, tenant, hashOf(key), scopes, person ?? null],
  ])
  return { id, key }
}

export type ApiKeys = { readonly find: (key: string) => Promise<ApiKey | undefined> }

// A revoked key works for this long at most.
const trustedForMs = 2_000
const maxCached = 10_000

/** Keys by their secret. A valid one is remembered for two seconds, so a busy client costs one look-up in two seconds, not one a request. */
export const apiKeys = (pool: Pool, monotonicMs: () => number = () => performance.now()): ApiKeys => {
  const cache = new Map<string, { readonly untilMs: number; readonly found: Promise<ApiKey | undefined> }>()

  const read = async (hash: Buffer): Promise<ApiKey | undefined> => {
    const { rows } = await pool.query<ApiKey>({
      name: 'find_api_key',
      text: 'select id, tenant, scopes, coalesce(person, id) as person from api_keys where hash = $1 and revoked_at is null',
      values: [hash],
    })
    return rows[0]
  }

  return {
    find: key => {
      if (!/^ck_[\w-]{43}$/.test(key)) return Promise.resolve(undefined)
      const hash = hashOf(key)
      const name = hash.toString('base64')
      const known = cache.get(name)
      if (known !== undefined && known.untilMs > monotonicMs()) return known.found
      const found = read(hash)
      cache.delete(name)
      cache.set(name, { untilMs: monotonicMs() + trustedForMs, found })
      if (cache.size > maxCached) cache.delete(cache.keys().next().value!)
      // Neither a failure nor a stranger's guess is worth remembering.
      const forget = () => cache.get(name)?.found === found && cache.delete(name)
      found.then(apiKey => apiKey ?? forget(), forget)
      return found
    },
  }
}

const hashOf = (key: string): Buffer => createHash('sha256').update(key).digest()
