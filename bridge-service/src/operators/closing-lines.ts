import type { ClientBase } from 'pg'
import { BridgeError } from '../errors.ts'
import { type OpenLine, openLines } from '../ledger/open-lines.ts'
import type { Resolution } from '../transfer/event.ts'
import type { TransferId } from '../transfer/id.ts'

/** Where a person may send what a transfer has left open: to the bank or the treasury, where he has moved it by hand, or to what is owed or lost. */
const destinations = /^(?:bank_cash|treasury|receivable|written_off|bad_debt|exposure):/
// What must be nothing at rest, and what a person may settle besides.
const mustClose = /^(?:customer_clearing|payout_partner|in_transit):/
const mayClose = /^exposure:/

export type WantedLine = { readonly account: string; readonly into: string }

/** What a transfer has left open, and what the accounts are. */
export type OpenBooks = {
  readonly open: readonly OpenLine[]
  readonly isRefundUnderWay: boolean
  /** Of an account by its id; undefined where there is none. */
  readonly currencyOf: (account: string) => string | undefined
}

/**
 * What a resolution closes: the whole balance that the transfer itself has on each account. Throws `resolution_incomplete` with what is
 * missing or may not be closed so, and `transfer_not_resolvable` while something is under way on a chain.
 */
export const closeLines = (
  wanted: readonly WantedLine[],
  { open, isRefundUnderWay, currencyOf }: OpenBooks,
): Resolution['closing'] => {
  if (isRefundUnderWay) throw new BridgeError('transfer_not_resolvable', { reason: 'a refund is under way' })
  const underWay = open.filter(({ account, layer }) => layer === 'pending' || account.startsWith('escrow:'))
  if (underWay.length > 0) throw new BridgeError('transfer_not_resolvable', { open: underWay })
  const forgotten = open.filter(({ account }) => mustClose.test(account) && !wanted.some(line => line.account === account))
  if (forgotten.length > 0) throw new BridgeError('resolution_incomplete', { open: forgotten })
  if (new Set(wanted.map(({ account }) => account)).size < wanted.length)
    throw new BridgeError('resolution_incomplete', { path: 'payload.closing', reason: 'an account twice' })
  return wanted.map(({ account, into }) => {
    const line = open.find(each => each.account === account)
    const may =
      line !== undefined && (mustClose.test(account) || mayClose.test(account)) && destinations.test(into) && into !== account
    if (!may || currencyOf(into) !== line.currency)
      throw new BridgeError('resolution_incomplete', { path: 'payload.closing', account, into, open })
    return { account, into, currency: line.currency, minor: line.minor }
  })
}

/** What a resolution closes of a transfer as its books stand. Throws as `closeLines` does. */
export const closingLines = async (
  tx: ClientBase,
  transferId: TransferId,
  wanted: readonly WantedLine[],
): Promise<Resolution['closing']> => {
  const open = await openLines(tx, transferId)
  const { rowCount } = await tx.query('select from refunds_unheard where refund_of = $1', [transferId])
  const known = await knownAccounts(
    tx,
    wanted.map(({ into }) => into),
  )
  return closeLines(wanted, { open, isRefundUnderWay: rowCount !== 0, currencyOf: account => known.get(account) })
}

const knownAccounts = async (tx: ClientBase, ids: readonly string[]): Promise<ReadonlyMap<string, string>> => {
  const { rows } = await tx.query<{ id: string; currency: string }>(
    'select id, currency from ledger_accounts where id = any($1::text[])',
    [ids],
  )
  return new Map(rows.map(({ id, currency }) => [id, currency]))
}
