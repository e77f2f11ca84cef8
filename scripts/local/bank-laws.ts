import type pg from 'pg'
import type { Finding } from './finding.ts'
import type { World } from './world.ts'

type BankTransfer = {
  id: string
  account: string
  externalId: string
  direction: 'debit' | 'credit'
  status: string
  amount: string
  description?: string
}
type Transfer = {
  id: string
  route: string
  state: string
  source_minor: string
  destination_minor: string
  payout_account: string | null
}
type Refund = { reference: string; kind: 'owed' | 'goodwill' }

const nothing = '0 debits, 0 returned, 0 credits'
const kept = '1 debits, 0 returned, 0 credits'
const takenBack = '0 debits, 1 returned, 0 credits'
const paidBack = '1 debits, 0 returned, 1 credits'
// The debit came back after the release or beside our credit, or the credit did not arrive: a person decides.
const inHands = [takenBack, kept, '0 debits, 1 returned, 1 credits']

/** What the bank may hold of a transfer that has ended so. */
const endings: Record<string, readonly string[]> = {
  completed: [kept],
  compensated: [paidBack, takenBack],
  failed: [nothing, takenBack],
  canceled: [nothing],
  review: inHands,
  resolved: inHands,
}

/** How often the payout of a transfer that has ended so has settled. */
const payouts: Record<string, readonly number[]> = {
  completed: [1],
  compensated: [0],
  failed: [0],
  canceled: [0],
  review: [0, 1],
  resolved: [0, 1],
}

/** What must hold between the bank's own books and ours, once all is at rest. It asks bank and database, and uses nothing of the service. */
export const bankLaws = async (
  { bank }: Pick<World, 'bank'>,
  database: pg.Pool,
  posted: (account: string) => Promise<bigint>,
): Promise<Finding[]> => {
  const moved = ((await (await fetch(`${bank.url}/admin/transfers`)).json()) as { data: BankTransfer[] }).data
  const books = (await (await fetch(`${bank.url}/admin/books`)).json()) as {
    balances: Record<string, string>
    totals: Record<string, string>
  }
  const { rows: transfers } = await database.query<Transfer>(
    `select id, route, state, terms->'sourceAmount'->>'minor' as source_minor, terms->'destinationAmount'->>'minor' as destination_minor,
            terms->>'payoutAccount' as payout_account from transfers`,
  )
  const { rows: refunds } = await database.query<Refund>(`select request->>'externalId' as reference, kind from refunds`)
  const kindOf = new Map(refunds.map(({ reference, kind }) => [reference, kind]))

  const ofTransfer = ({ id }: Transfer, direction: string, status: string) =>
    moved.filter(each => each.description === id && each.direction === direction && each.status === status)
  const payoutsOf = (transfer: Transfer) =>
    ofTransfer(transfer, 'credit', 'settled').filter(
      ({ account, externalId }) => account === transfer.payout_account && !kindOf.has(externalId),
    )

  const ended = transfers.flatMap(transfer => {
    const { id, route, state, source_minor, payout_account } = transfer
    if (route !== 'onramp' && route !== 'remittance') return []
    const debits = ofTransfer(transfer, 'debit', 'settled').map(({ amount }) => amount)
    const returned = ofTransfer(transfer, 'debit', 'returned')
    const back = ofTransfer(transfer, 'credit', 'settled')
    const whole = back
      .filter(({ account, externalId }) => account !== payout_account && !kindOf.has(externalId))
      .map(({ amount }) => amount)
    // What is owed may be paid back in parts, which are one credit when they are all there. What is a gift pays nothing back.
    const parts = back.filter(({ externalId }) => kindOf.get(externalId) === 'owed')
    const inParts = parts.reduce((sum, { amount }) => sum + BigInt(amount), 0n)
    const credits = inParts === BigInt(source_minor) ? [...whole, inParts.toString()] : whole
    const found = `${debits.length} debits, ${returned.length} returned, ${credits.length} credits`
    const allowed = [...(endings[state] ?? []), ...(parts.length > 0 ? [paidBack] : [])]
    if (!allowed.includes(found)) return [`${id} is ${state} with ${found}`]
    if (inParts > BigInt(source_minor)) return [`${id}: ${inParts} paid back in parts, of ${source_minor}`]
    return [...debits, ...credits]
      .filter(amount => amount !== source_minor)
      .map(amount => `${id}: the bank moved ${amount}, not ${source_minor}`)
  })

  const paying = transfers.filter(({ payout_account }) => payout_account !== null)
  const arrived = paying.flatMap(transfer => {
    const { id, state, destination_minor } = transfer
    const paid = payoutsOf(transfer)
    if (!payouts[state]?.includes(paid.length)) return [`${id} is ${state} with ${paid.length} payouts`]
    return paid
      .filter(({ amount }) => amount !== destination_minor)
      .map(({ amount }) => `${id}: the bank paid out ${amount}, not ${destination_minor}`)
  })

  const effects = Map.groupBy(moved, ({ externalId }) => externalId)
  const { rows: wished } = await database.query<{ reference: string }>(
    `select 'CW' || left(key, 32) as reference from intents where request->>'kind' = 'rail'`,
  )
  const known = new Set([...wished.map(({ reference }) => reference), ...kindOf.keys()])

  const { rows: kept } = await database.query<{ id: string }>(
    `select id from ledger_accounts where id like 'bank_cash:bank:two:%'`,
  )
  const cash = await Promise.all(
    [
      ...Object.entries(bank.accounts).map(([currency, id]) => ({ ledger: `bank_cash:bank:sim:${currency}`, currency, id })),
      ...Object.entries(bank.secondAccounts).map(([currency, id]) => ({
        ledger: `bank_cash:bank:two:${currency}`,
        currency,
        id,
      })),
    ]
      .filter(({ ledger }) => ledger.startsWith('bank_cash:bank:sim:') || kept.some(({ id }) => id === ledger))
      .map(async ({ ledger, currency, id }) => ({
        currency,
        atBank: books.balances[id],
        inLedger: (await posted(ledger)).toString(),
      })),
  )
  return [
    {
      name: 'every debit ends once',
      problems: ended,
      fine: `${transfers.length} transfers: delivered, refunded, in a person’s hands or never debited`,
    },
    {
      name: 'every payout arrives once, or not at all',
      problems: arrived,
      fine: `${paying.length} transfers that pay fiat out`,
    },
    {
      name: 'one bank effect per key',
      problems: [
        ...[...effects].filter(([, all]) => all.length > 1).map(([id, all]) => `${id} moved ${all.length} times`),
        ...[...effects.keys()].filter(id => !known.has(id)).map(id => `the bank has ${id}, we never wished for it`),
      ],
      fine: `${effects.size} orders at the bank, each once`,
    },
    {
      name: 'bank cash is the bank statement',
      problems: [
        ...cash
          .filter(({ atBank, inLedger }) => atBank !== inLedger)
          .map(({ currency, atBank, inLedger }) => `${currency}: ledger ${inLedger}, bank ${atBank}`),
        ...Object.entries(books.totals).flatMap(([currency, total]) =>
          total === '0' ? [] : [`the bank's ${currency} sum to ${total}`],
        ),
      ],
      fine: `${cash.map(({ currency, atBank }) => `${atBank} ${currency} cents`).join(' and ')} at the bank and in the ledger`,
    },
  ]
}
