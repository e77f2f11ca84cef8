import { parseArgs } from 'node:util'
import pg from 'pg'
import { mintApiKey, type Scope, scopes } from '../bridge-service/src/http/api-key.ts'

// `npm run key -- --tenant NAME --scopes transfers:read,operator [--person NAME] [--json]`: a new API key in the database that DATABASE_URL names.
const usage = `npm run key -- --tenant NAME --scopes SCOPE,… [--person NAME] [--json]; the scopes are ${scopes.join(', ')}`
const fail = (message: string): never => {
  console.error(message)
  process.exit(1)
}
const text = { type: 'string' } as const
const wanted = () => {
  try {
    return parseArgs({ options: { tenant: text, scopes: text, person: text, json: { type: 'boolean' } } }).values
  } catch (error) {
    return fail(`${(error as Error).message}\n${usage}`)
  }
}
const isScope = (name: string): name is Scope => (scopes as readonly string[]).includes(name)

const { tenant = '', scopes: list = '', person, json } = wanted()
const names = [...new Set(list.split(',').map(name => name.trim()))]
const granted = names.filter(isScope)
if (tenant.trim() === '' || granted.length !== names.length) fail(usage)
const connectionString =
  process.env.DATABASE_URL ?? fail('DATABASE_URL is not set: say in which database the key is to be known.')

const pool = new pg.Pool({ connectionString, max: 1 })
const { id, key } = await mintApiKey(pool, {
  tenant: tenant.trim(),
  scopes: granted,
  person: person?.trim() || undefined,
}).finally(() => pool.end())
if (json) console.log(JSON.stringify({ id, tenant: tenant.trim(), scopes: granted, key }))
else {
  console.error(
    `${id} of ${tenant.trim()} may ${granted.join(', ')}. The database keeps its hash only: this is the one time that it is shown.`,
  )
  console.log(key)
}
