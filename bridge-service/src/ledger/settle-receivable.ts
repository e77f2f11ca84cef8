import type { ClientBase } from 'pg'
import type { ChainId } from '../chains/chain.ts'
import { BridgeError } from '../errors.ts'
import { formatDecimal, type Money, money } from '../money/money.ts'
import { account } from './chart.ts'
import { move } from './entry.ts'

/** What a person has found out about a receivable: money that has come in where the transfer came from, or that none will. */
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
  const { transferId, tenant, kind, amount } = settlement
  const { currency, minor } = amount
  // The lock also keeps the numbers of its entries apart.
  const { rows } = await client.query<{ outstanding: string; rail: string | null; chain: ChainId | null }>(
    `select r.owed - r.recovered - r.written_off as outstanding, t.terms->'source'->>'rail' as rail, t.terms->'source'->>'chain' as chain
       from receivables r join transfers t on t.id = r.transfer_id
      where r.transfer_id = $1 and r.tenant = $2 and r.currency = $3 for update of r`,
    [transferId, tenant, currency],
  )
  if (rows[0] === undefined) throw new BridgeError('receivable_not_found', { transferId, asset: currency })
  const { rail, chain } = rows[0]
  const outstanding = BigInt(rows[0].outstanding)
  if (minor > outstanding)
    throw new BridgeError('receivable_exceeded', { outstanding: formatDecimal(money(currency, outstanding)), asset: currency })
  await client.query(
    `update receivables set ${kind === 'recovered' ? 'recovered = recovered' : 'written_off = written_off'} + $3::numeric, updated_at = now()
      where transfer_id = $1 and currency = $2`,
    [transferId, currency, minor.toString()],
  )
  const holding = rail === null ? account.treasury(chain!, currency) : account.bankCash(rail, currency)
  await book(client, kind === 'recovered' ? holding : account.badDebt(currency), settlement)
  // What has come in can be promised.
  if (kind === 'recovered')
    await client.query('update liquidity_pools set total = total + $2::numeric where id = $1', [
      ...[`${rail ?? chain}:${currency}`, minor.toString()],
    ])
}

const book = async (client: ClientBase, to: string, { transferId, kind, amount, actor, reason }: Settlement) => {
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
      ...[
        `receivable:${transferId}`,
        kind === 'recovered' ? 'receivableRecovered' : 'receivableWrittenOff',
        actor,
        `command:${kind}: ${reason}`,
      ],
      ...[amount.currency, postings.map(posting => posting.account), postings.map(posting => posting.amount.minor.toString())],
    ],
  )
}
