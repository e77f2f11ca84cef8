import type { ClientBase } from 'pg'
import type { ChainId } from '../chains/chain.ts'
import { account } from '../ledger/chart.ts'
import type { StrayDeposit } from './stray-deposit.ts'

type Booked = Pick<StrayDeposit, 'id' | 'chain' | 'currency' | 'bookedMinor'>

/** What has reached the treasury and is not ours: owed to whoever sent it, until it has gone back. Once each, whoever asks. */
export const bookStray = async (
  client: ClientBase,
  { id, chain, currency, bookedMinor }: Booked,
  kind: 'strayDepositReceived' | 'strayDepositReturned',
): Promise<void> => {
  if (currency === null || bookedMinor === 0n) return
  const came = kind === 'strayDepositReceived'
  const { rows } = await client.query<{ position: string }>(
    'insert into ledger_entries (transfer_id, version, kind) values ($1, $2, $3) on conflict do nothing returning position',
    [id, came ? 1 : 2, kind],
  )
  if (rows[0] === undefined) return
  const [from, to] = [account.customerClearing(currency), account.treasury(chain as ChainId, currency)]
  await client.query(
    `insert into ledger_postings (entry, line, account_id, currency, layer, amount)
     values ($1, 0, $2, $4, 'posted', $5), ($1, 1, $3, $4, 'posted', -$5::numeric)`,
    [rows[0].position, came ? to : from, came ? from : to, currency, bookedMinor],
  )
}
