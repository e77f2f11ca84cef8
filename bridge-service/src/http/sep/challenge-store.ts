import type { Pool } from 'pg'
import { BridgeError } from '../../errors.ts'
import type { Answered } from './challenge.ts'

/**
 * Takes the answer to a challenge, once. Throws `challenge_used`. What has long expired is forgotten on the way: it would be refused before it
 * came here, even by a clock that is off by an hour.
 */
export const takeAnswer = async (pool: Pool, { challenge, expiresAtMs }: Answered): Promise<void> => {
  const { rowCount } = await pool.query({
    name: 'take_web_auth_answer',
    text: `with forgotten as (delete from web_auth_answered where expires_at < now() - interval '1 hour')
           insert into web_auth_answered (challenge, expires_at) values ($1, $2)
           on conflict do nothing`,
    values: [Buffer.from(challenge, 'hex'), new Date(expiresAtMs)],
  })
  if (rowCount !== 1) throw new BridgeError('challenge_used')
}
