import pg from 'pg'
import { readEscrowLegs } from './escrow-legs.ts'
import { evmLaws } from './evm-laws.ts'
import { stellarLaws } from './stellar-laws.ts'
import type { World } from './world.ts'

export type Law = { readonly name: string; readonly ok: boolean; readonly detail: string }

type BankTransfer = {
  id: string
  account: string
  externalId: string
  direction: 'debit' | 'credit'
  status: string
  amount: string
  description?: string
}

const nothing = '0 debits, 0 returned, 0 credits'
const kept = '1 debits, 0 returned, 0 credits'
const takenBack = '0 debits, 1 returned, 0 credits'
const paidBack = '1 debits, 0 returned, 1 credits'

/** What the bank may hold of a transfer that has ended so. */
const endings: Record<string, readonly string[]> = {
  completed: [kept],
  compensated: [paidBack, takenBack],
  failed: [nothing, takenBack],
  canceled: [nothing],
  // The debit came back after the release or beside our credit, or the credit did not arrive: a person decides.
  review: [takenBack, kept, '0 debits, 1 returned, 1 credits'],
}

/** How often the payout of a transfer that has ended so has settled. */
const payouts: Record<string, readonly number[]> = {
  completed: [1],
  compensated: [0],
  failed: [0],
  canceled: [0],
  review: [0, 1],
}

/**
 * The laws of the house, checked from outside once everything is at rest: the bank's and the chain's own books beside ours. It asks the
 * database, the bank and the node directly and uses nothing of the service.
 */
export const checkLaws = async (
  world: Pick<World, 'databaseUrl' | 'bank' | 'evm' | 'contracts' | 'settlementToken' | 'chain' | 'stellar'>,
): Promise<Law[]> => {
  const database = new pg.Client({ connectionString: world.databaseUrl })
  await database.connect()
  const ask = async <R extends pg.QueryResultRow>(sql: string, values: unknown[] = []) =>
    (await database.query<R>(sql, values)).rows
  try {
    const bank = ((await (await fetch(`${world.bank.url}/admin/transfers`)).json()) as { data: BankTransfer[] }).data
    const books = (await (await fetch(`${world.bank.url}/admin/books`)).json()) as {
      balances: Record<string, string>
      totals: Record<string, string>
    }
    const transfers = await ask<{
      id: string
      route: string
      state: string
      source_minor: string
      destination_minor: string
      payout_account: string | null
    }>(
      `select id, route, state, terms->'sourceAmount'->>'minor' as source_minor, terms->'destinationAmount'->>'minor' as destination_minor,
              terms->>'payoutAccount' as payout_account from transfers`,
    )
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

    const ofTransfer = (id: string, direction: string, status: string, isOurs: (t: BankTransfer) => boolean = () => true) =>
      bank.filter(t => t.description === id && t.direction === direction && t.status === status && isOurs(t))
    law(
      'every debit ends once',
      transfers.flatMap(({ id, route, state, source_minor, payout_account }) => {
        if (route !== 'onramp' && route !== 'remittance') return []
        const debits = ofTransfer(id, 'debit', 'settled')
        const returned = ofTransfer(id, 'debit', 'returned')
        const credits = ofTransfer(id, 'credit', 'settled', ({ account }) => account !== payout_account)
        const found = `${debits.length} debits, ${returned.length} returned, ${credits.length} credits`
        if (!endings[state]?.includes(found)) return [`${id} is ${state} with ${found}`]
        return [...debits, ...credits]
          .filter(t => t.amount !== source_minor)
          .map(t => `${id}: the bank moved ${t.amount}, not ${source_minor}`)
      }),
      `${transfers.length} transfers: delivered, refunded, in a person’s hands or never debited`,
    )

    law(
      'every payout arrives once, or not at all',
      transfers.flatMap(({ id, state, destination_minor, payout_account }) => {
        if (payout_account === null) return []
        const paid = ofTransfer(id, 'credit', 'settled', ({ account }) => account === payout_account)
        if (!payouts[state]?.includes(paid.length)) return [`${id} is ${state} with ${paid.length} payouts`]
        return paid
          .filter(t => t.amount !== destination_minor)
          .map(t => `${id}: the bank paid out ${t.amount}, not ${destination_minor}`)
      }),
      `${transfers.filter(each => each.payout_account !== null).length} transfers that pay fiat out`,
    )

    const posted = async (account: string) => {
      const [sum] = await ask<{ total: string }>(
        `select coalesce(sum(amount), 0) as total from ledger_postings where layer = 'posted' and account_id = $1`,
        [account],
      )
      return BigInt(sum!.total)
    }
    const legs = await readEscrowLegs(database)
    const onChains = [
      ...(await evmLaws(world, legs, database, posted)),
      ...(world.stellar ? await stellarLaws(world.stellar, legs, posted) : []),
    ]
    for (const { name, problems, fine } of onChains) law(name, problems, fine)

    const effects = Map.groupBy(bank, t => t.externalId)
    const intents = await ask<{ reference: string }>(
      `select 'CW' || left(key, 32) as reference from intents where request->>'kind' = 'rail'`,
    )
    const known = new Set(intents.map(({ reference }) => reference))
    law(
      'one bank effect per key',
      [
        ...[...effects].filter(([, all]) => all.length > 1).map(([id, all]) => `${id} moved ${all.length} times`),
        ...bank.filter(t => !known.has(t.externalId)).map(t => `the bank has ${t.externalId}, we never wished for it`),
      ],
      `${effects.size} orders at the bank, each once`,
    )
    const cash = await Promise.all(
      Object.entries(world.bank.accounts).map(async ([currency, id]) => ({
        currency,
        atBank: books.balances[id],
        inLedger: (await posted(`bank_cash:bank:sim:${currency}`)).toString(),
      })),
    )
    law(
      'bank cash is the bank statement',
      [
        ...cash
          .filter(({ atBank, inLedger }) => atBank !== inLedger)
          .map(({ currency, atBank, inLedger }) => `${currency}: ledger ${inLedger}, bank ${atBank}`),
        ...Object.entries(books.totals).flatMap(([currency, total]) =>
          total === '0' ? [] : [`the bank's ${currency} sum to ${total}`],
        ),
      ],
      `${cash.map(({ currency, atBank }) => `${atBank} ${currency} cents`).join(' and ')} at the bank and in the ledger`,
    )

    const [rows] = await ask<{ events: string; told: string; audited: string; matched: string; gaps: string }>(
      `select (select count(*) from transfer_events) as events, (select count(*) from outbox) as told, (select count(*) from audit_log) as audited,
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
      'no intent, fact, timer, wait, reservation or clearing balance is left',
    )
    return laws
  } finally {
    await database.end()
  }
}
