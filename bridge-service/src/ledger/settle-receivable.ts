import type { ClientBase } from 'pg'
import type { ChainId } from '../chains/chain.ts'
import { BridgeError } from '../errors.ts'
import { formatDecimal, type Money, money } from '../money/money.ts'
import { bookByHand, type HandEntry } from './book-by-hand.ts'
import { account } from './chart.ts'
import { move } from './entry.ts'

/** What a person has found out about a receivable: money that has come in where the transfer came from, or that none will. */
export type Settlement = {
  readonly transferId: string
  readonly kind: 'recovered' | 'writtenOff'
  readonly amount: Money
  readonly actor: string
  readonly reason: string
}

/** What is still owed, in minor units, and where it came from. */
export type Debt = { readonly outstanding: string; readonly rail: string | null; readonly chain: ChainId | null }

/** A debt of which so much may be settled. Throws `receivable_not_found` and, for more than is still owed, `receivable_exceeded`. */
export const settleable = ({ transferId, amount }: Pick<Settlement, 'transferId' | 'amount'>, debt: Debt | undefined): Debt => {
  const { currency, minor } = amount
  if (debt === undefined) throw new BridgeError('receivable_not_found', { transferId, asset: currency })
  const outstanding = BigInt(debt.outstanding)
  if (minor > outstanding)
    throw new BridgeError('receivable_exceeded', { outstanding: formatDecimal(money(currency, outstanding)), asset: currency })
  return debt
}

/** What a settlement books: into what holds the money where the debt came from, or into what nobody will pay. */
export const settlementEntry = (
  { transferId, kind, amount, actor, reason }: Settlement,
  { rail, chain }: Pick<Debt, 'rail' | 'chain'>,
): HandEntry => {
  const { currency } = amount
  const holding = rail === null ? account.treasury(chain!, currency) : account.bankCash(rail, currency)
  return {
    name: `receivable:${transferId}`,
    kind: kind === 'recovered' ? 'receivableRecovered' : 'receivableWrittenOff',
    postings: move(account.receivable(currency), kind === 'recovered' ? holding : account.badDebt(currency), amount),
    actor,
    cause: `command:${kind}: ${reason}`,
  }
}

/** Locks what is owed, and the pool that what is paid of it goes to. Throws as `settleable` does. */
export const lockReceivable = async (tx: ClientBase, wanted: Pick<Settlement, 'transferId' | 'amount'>): Promise<Debt> => {
  const wantedOf = [wanted.transferId, wanted.amount.currency]
  // The pool first, as the saga locks them: the other way round the two would wait for each other.
  await tx.query(
    `select from liquidity_pools where id = (
       select concat(coalesce(t.terms->'source'->>'rail', t.terms->'source'->>'chain'), ':', $2::text) from transfers t where t.id = $1
     ) for update`,
    wantedOf,
  )
  const { rows } = await tx.query<Debt>(
    `select r.owed - r.recovered - r.written_off as outstanding, t.terms->'source'->>'rail' as rail, t.terms->'source'->>'chain' as chain
       from receivables r join transfers t on t.id = r.transfer_id
      where r.transfer_id = $1 and r.currency = $2 for update of r`,
    wantedOf,
  )
  return settleable(wanted, rows[0])
}

/** Books a settlement and takes it off what is owed. To be called in a transaction. Throws as `settleable` does. */
export const settleReceivable = async (tx: ClientBase, settlement: Settlement): Promise<void> => {
  const { transferId, kind, amount } = settlement
  const debt = await lockReceivable(tx, settlement)
  await tx.query(
    `update receivables set ${kind === 'recovered' ? 'recovered = recovered' : 'written_off = written_off'} + $3::numeric, updated_at = now()
      where transfer_id = $1 and currency = $2`,
    [transferId, amount.currency, amount.minor.toString()],
  )
  await bookByHand(tx, settlementEntry(settlement, debt))
}
