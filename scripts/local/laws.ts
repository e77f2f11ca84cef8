import pg from 'pg'
import { bankLaws } from './bank-laws.ts'
import { readEscrowLegs } from './escrow-legs.ts'
import { evmLaws } from './evm-laws.ts'
import { stellarLaws } from './stellar-laws.ts'
import type { World } from './world.ts'

export type Law = { readonly name: string; readonly ok: boolean; readonly detail: string }

/**
 * The laws of the house, checked from outside once everything is at rest: the bank's and the chain's own books beside ours. It asks the
 * database, the bank and the node directly and uses nothing of the service.
 */
export const checkLaws = async (
  world: Pick<World, 'databaseUrl' | 'bank' | 'evm' | 'contracts' | 'settlementToken' | 'chain' | 'secondEvm' | 'stellar'>,
): Promise<Law[]> => {
  const database = new pg.Pool({ connectionString: world.databaseUrl, max: 4 })
  const ask = async <R extends pg.QueryResultRow>(sql: string, values: unknown[] = []) =>
    (await database.query<R>(sql, values)).rows
  try {
    const laws: Law[] = []
    const law = (name: string, problems: readonly string[], fine: string) =>
      laws.push({ name, ok: problems.length === 0, detail: problems.length === 0 ? fine : problems.slice(0, 5).join('; ') })

    const sums = await ask<{ currency: string; layer: string; total: string }>(
      'select currency, layer, sum(amount) as total from ledger_postings group by 1, 2',
    )
    const entries = await ask<{ bad: string }>(
      'select count(*) as bad from (select from ledger_postings group by entry, currency, layer having sum(amount) <> 0) e',
    )
    const drift = await ask<{ account_id: string }>(
      `select account_id from (select account_id, sum(posted) as posted, sum(pending) as pending from ledger_balances group by 1) b
         full join (select account_id, coalesce(sum(amount) filter (where layer = 'posted'), 0) as posted,
                           coalesce(sum(amount) filter (where layer = 'pending'), 0) as pending from ledger_postings group by 1) p
         using (account_id) where b.posted is distinct from p.posted or b.pending is distinct from p.pending`,
    )
    law(
      'postings sum to zero',
      [
        ...sums.filter(sum => sum.total !== '0').map(sum => `${sum.currency} ${sum.layer} is ${sum.total}`),
        ...(entries[0]!.bad === '0' ? [] : [`${entries[0]!.bad} entries do not balance`]),
        ...drift.map(({ account_id }) => `the balance of ${account_id} is not the sum of its postings`),
      ],
      `${sums.length} currency layers, each zero`,
    )

    const posted = async (account: string) => {
      const [sum] = await ask<{ total: string }>(
        `select coalesce(sum(amount), 0) as total from ledger_postings where layer = 'posted' and account_id = $1`,
        [account],
      )
      return BigInt(sum!.total)
    }
    const legs = await readEscrowLegs(database)
    const { secondEvm } = world
    const onSecond = secondEvm ? await evmLaws(secondEvm, legs, database, posted) : []
    const findings = [
      ...(await bankLaws(world, database, posted)),
      ...(await evmLaws(world, legs, database, posted)),
      ...onSecond.map(finding => ({ ...finding, name: `${finding.name}, on ${secondEvm!.chain}` })),
      ...(world.stellar ? await stellarLaws(world.stellar, legs, posted) : []),
    ]
    for (const { name, problems, fine } of findings) law(name, problems, fine)

    const [rows] = await ask<{ events: string; told: string; audited: string; matched: string; gaps: string }>(
      `select (select count(*) from transfer_events) as events, (select count(*) from outbox) as told, (select count(*) from audit_log where transfer_id like 'tr\\_%') as audited,
              (select count(*) from transfer_events e join outbox o using (transfer_id, version) join audit_log a using (transfer_id, version)) as matched,
              (select count(*) from transfers t where t.version <> (select count(*) from transfer_events e where e.transfer_id = t.id)) as gaps`,
    )
    law(
      'every transition is told and audited once',
      rows!.events === rows!.told && rows!.events === rows!.audited && rows!.events === rows!.matched && rows!.gaps === '0'
        ? []
        : [JSON.stringify(rows)],
      `${rows!.events} events, outbox rows and audit rows`,
    )

    // What a person has in hands waits for him where it lies: in clearing, or in an escrow and its liquidity with it.
    const [stuck] = await ask<Record<string, string>>(
      `with calm as (select p.* from ledger_postings p join ledger_entries e on e.position = p.entry
                      where not exists (select from transfers t where t.id = e.transfer_id and t.state = 'review')),
            due as (select r.amount, t.state from reservations r join transfers t on t.id = r.transfer_id where r.status = 'reserved')
       select (select count(*) from intents where status not in ('SUCCEEDED', 'FAILED')) as intents,
              (select count(*) from inbox where consumed < revision) as facts,
              (select count(*) from refunds where state in ('requested', 'crediting')) as refunds,
              (select count(*) from deadlines) as deadlines, (select count(*) from finality_waits) as waits,
              (select count(*) from due where state <> 'review') as reservations,
              (select coalesce(sum(reserved), 0) from liquidity_pools) - (select coalesce(sum(amount), 0) from due) as reserved,
              (select count(*) from transfers where parked_reason is not null) as parked,
              (select coalesce(sum(abs(amount)), 0) from (select sum(amount) as amount from calm p
                 join ledger_accounts a on a.id = p.account_id where a.kind = 'clearing' group by account_id, layer) c) as clearing,
              (select coalesce(sum(abs(amount)), 0) from (select sum(amount) as amount from calm where layer = 'pending' group by account_id) h) as holds`,
    )
    law(
      'nothing is stuck at rest',
      Object.entries(stuck!).flatMap(([what, number]) => (number === '0' ? [] : [`${number} ${what}`])),
      'no intent, refund, fact, timer, wait, reservation or clearing balance is left',
    )
    return laws
  } finally {
    await database.end()
  }
}
