import type { ClientBase } from 'pg'
import { BridgeError } from '../errors.ts'
import type { Currency } from '../money/currency.ts'
import { formatDecimal, type Money, money } from '../money/money.ts'
import { account } from './chart.ts'
import { move } from './entry.ts'

/** What a person has found out about a receivable: money that has come in at the bank, or that none will. */
export type Settlement = {
  readonly transferId: string
  readonly tenant: string
  readonly kind: 'recovered' | 'writtenOff'
  readonly amount: Money
  readonly actor: string
  readonly reason: string
}

/**
 * Books a settlement and takes it off what is owed. To be called in a transaction. Throws `receivable_not_found` and, for more than is still
 * owed, `receivable_exceeded`.
 */
export const settleReceivable = async (client: ClientBase, settlement: Settlement): Promise<void> => {
  const { transferId, tenant, kind, amount, actor, reason } = settlement
  const { currency, minor } = amount
  // The lock also keeps the numbers of its entries apart.
  const { rows } = await client.query<{ outstanding: string }>(
    `select owed - recovered - written_off as outstanding from receivables
      where transfer_id = $1 and tenant = $2 and currency = $3 for update`,
    [transferId, tenant, currency],
  )
  if (rows[0] === undefined) throw new BridgeError('receivable_not_found', { transferId, asset: currency })
  const outstanding = BigInt(rows[0].outstanding)
  if (minor > outstanding)
    throw new BridgeError('receivable_exceeded', { outstanding: formatDecimal(money(currency, outstanding)), asset: currency })
  await client.query(
    `update receivables set ${kind === 'recovered' ? 'recovered = recovered' : 'written_off = written_off'} + $3::numeric, updated_at = now()
      where transfer_id = $1 and currency = $2`,
    [transferId, currency, minor.toString()],
  )
  await book(client, `receivable:${transferId}`, kind, amount, actor, reason)
  // What has come in can be promised: the bank is the one that the transfer was debited at.
  if (kind === 'recovered')
    await client.query(
      `update liquidity_pools l set total = l.total + $3::numeric from transfers t
        where t.id = $1 and l.id = (t.terms->'source'->>'rail') || ':' || $2`,
      [transferId, currency, minor.toString()],
    )
}

const book = async (client: ClientBase, name: string, kind: Settlement['kind'], amount: Money, actor: string, reason: string) => {
  const to = targets[kind](amount.currency)
  const postings = move(account.receivable(amount.currency), to, amount)
  await client.query(
    `with entry as (
       insert into ledger_entries (transfer_id, version, kind)
       select $1::text, count(*) + 1, $2::text from ledger_entries where transfer_id = $1::text returning position, version
     ), audited as (
       insert into audit_log (transfer_id, version, actor, cause) select $1::text, version, $3::text, $4::text from entry
     )
     insert into ledger_postings (entry, line, account_id, currency, layer, amount)
     select entry.position, p.line - 1, p.account, $5::text, 'posted', p.amount
       from entry, unnest($6::text[], $7::numeric[]) with ordinality as p(account, amount, line)`,
    [
      ...[name, kind === 'recovered' ? 'receivableRecovered' : 'receivableWrittenOff', actor, `command:${kind}: ${reason}`],
      ...[amount.currency, postings.map(posting => posting.account), postings.map(posting => posting.amount.minor.toString())],
    ],
  )
}

const targets: Record<Settlement['kind'], (currency: Currency) => string> = {
  recovered: account.bankCash,
  writtenOff: account.badDebt,
}
