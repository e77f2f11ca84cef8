import type { ClientBase } from 'pg'
import type { ChainId } from '../chains/chain.ts'
import { BridgeError } from '../errors.ts'
import { formatDecimal, type Money, money } from '../money/money.ts'
import { bookByHand } from './book-by-hand.ts'
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

type Owed = { readonly outstanding: string; readonly rail: string | null; readonly chain: ChainId | null }

/** Locks what is owed. Throws `receivable_not_found` and, for more than is still owed, `receivable_exceeded`. */
export const lockReceivable = async (tx: ClientBase, { transferId, amount }: Pick<Settlement, 'transferId' | 'amount'>) => {
  const { currency, minor } = amount
  const { rows } = await tx.query<Owed>(
    `select r.owed - r.recovered - r.written_off as outstanding, t.terms->'source'->>'rail' as rail, t.terms->'source'->>'chain' as chain
       from receivables r join transfers t on t.id = r.transfer_id
      where r.transfer_id = $1 and r.currency = $2 for update of r`,
    [transferId, currency],
  )
  if (rows[0] === undefined) throw new BridgeError('receivable_not_found', { transferId, asset: currency })
  const outstanding = BigInt(rows[0].outstanding)
  if (minor > outstanding)
    throw new BridgeError('receivable_exceeded', { outstanding: formatDecimal(money(currency, outstanding)), asset: currency })
  return rows[0]
}

/** Books a settlement and takes it off what is owed. To be called in a transaction. Throws as `lockReceivable` does. */
export const settleReceivable = async (tx: ClientBase, settlement: Settlement): Promise<void> => {
  const { transferId, kind, amount, actor, reason } = settlement
  const { currency, minor } = amount
  const { rail, chain } = await lockReceivable(tx, settlement)
  await tx.query(
    `update receivables set ${kind === 'recovered' ? 'recovered = recovered' : 'written_off = written_off'} + $3::numeric, updated_at = now()
      where transfer_id = $1 and currency = $2`,
    [transferId, currency, minor.toString()],
  )
  const holding = rail === null ? account.treasury(chain!, currency) : account.bankCash(rail, currency)
  await bookByHand(tx, {
    name: `receivable:${transferId}`,
    kind: kind === 'recovered' ? 'receivableRecovered' : 'receivableWrittenOff',
    postings: move(account.receivable(currency), kind === 'recovered' ? holding : account.badDebt(currency), amount),
    actor,
    cause: `command:${kind}: ${reason}`,
  })
}
