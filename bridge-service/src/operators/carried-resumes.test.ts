import { afterEach, beforeEach, expect, it } from 'vitest'
import { databaseBefore } from '../../../test/support/database-before.ts'

let database: Awaited<ReturnType<typeof databaseBefore>>
beforeEach(async () => {
  database = await databaseBefore('0026')
})
afterEach(() => database.drop())

it('what operators said of halts before is kept as actions, with every word; what still waited has expired', async () => {
  await database.owner.query(`
    insert into chain_resumes (chain, halted_reason, branch, reason, requested_by, requested_at, approved_by, approved_at, approval_reason,
                               obeyed_at, refusal)
    values ('evm:1', 'x', 'ours', 'looked', 'api:a', '2026-01-01', 'api:b', '2026-01-03', 'me too', '2026-01-04', null),
           ('evm:1', 'y', 'theirs', 'looked', 'api:a', '2026-02-01', 'api:b', '2026-02-01', null, null, 'no ancestor'),
           ('evm:1', 'y', 'ours', 'looked', 'api:b', '2026-02-02', null, null, null, null, null)`)
  await database.migrate()
  const { rows: actions } = await database.owner.query(
    `select type, scope, payload, four_eyes, decided_by, obeyed_at is not null as obeyed, refusal,
            decision is null and expires_at <= now() as expired from operator_actions order by requested_at`,
  )
  expect(actions).toMatchObject([
    { type: 'resumeChain', scope: 'chain:evm:1', payload: { branch: 'ours', haltedReason: 'x' }, obeyed: true, expired: false },
    { payload: { branch: 'theirs', haltedReason: 'y' }, decided_by: 'api:b', refusal: 'no ancestor', obeyed: false },
    { payload: { branch: 'ours', haltedReason: 'y' }, decided_by: null, expired: true },
  ])
  const { rows: words } = await database.owner.query(
    `select l.event, l.actor, l.reason from operator_audit l join operator_actions a on a.id = l.action_id order by a.requested_at, l.position`,
  )
  expect(words.map(({ event, actor, reason }) => `${event} ${actor} ${reason ?? ''}`)).toEqual([
    ...['requested api:a looked', 'approved api:b me too', 'obeyed indexer '],
    ...['requested api:a looked', 'approved api:b ', 'refused indexer no ancestor', 'requested api:b looked'],
  ])
})
