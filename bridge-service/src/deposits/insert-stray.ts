import type { ClientBase } from 'pg'
import type { StrayDeposit } from './stray-deposit.ts'

const onConflict = {
  /** One whose block had left the chain, and that has come again. */
  reopen: `on conflict (chain, fact) do update
              set state = 'waiting', look_at = now(), updated_at = now() where stray_deposits.state = 'gone'`,
  nothing: 'on conflict do nothing',
} as const

/** Makes a case; the id of the one that is open now, undefined when there was one already. */
export const insertStray = async (
  client: ClientBase,
  stray: StrayDeposit,
  otherwise: keyof typeof onConflict,
): Promise<string | undefined> => {
  const { rows } = await client.query<{ id: string }>({
    name: `open_stray_deposit_or_${otherwise}`,
    text: `insert into stray_deposits (id, chain, fact, ref, transfer_id, tenant, escrow_id, balance_id, token, currency, units, booked, payer,
                                       reason, state, reclaim_after, address_terms)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, 'waiting', $15, $16)
           ${onConflict[otherwise]}
           returning id`,
    values: [
      ...[stray.id, stray.chain, stray.fact, stray.ref, stray.transferId, stray.tenant, stray.escrowId, stray.balanceId],
      ...[stray.token, stray.currency, stray.units, stray.bookedMinor, stray.payer, stray.reason, stray.refundAfter],
      stray.address,
    ],
  })
  return rows[0]?.id
}
