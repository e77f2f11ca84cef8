import type { ClientBase } from 'pg'
import { account } from './chart.ts'
import type { EscrowOnChain } from './escrow-law.ts'
import { type Law, minorTexts } from './law.ts'

// What the minter (the token contract itself, or the issuer) paid into escrows was minted for them; what was refunded to it was burned.
const issueSql = `
with minted as (
  select escrow_id, ref, div(amount, $7) as amount from chain_events
   where chain = $1 and canonical and type = 'escrowLocked' and lower(token) = lower($2) and lower(payer) = lower($6)
), outstanding as (
  select m.ref, sum(m.amount) as amount from minted m
   where not exists (select from chain_events e where e.chain = $1 and e.canonical and e.type = 'escrowRefunded' and e.escrow_id = m.escrow_id)
   group by m.ref
), booked as (
  select t.id, t.escrow_ref, -coalesce(sum(p.amount) filter (where p.account_id = $3 and p.layer = 'posted'), 0) as amount
    from transfers t left join ledger_entries e on e.transfer_id = t.id left join ledger_postings p on p.entry = e.position
   where t.state <> all($4) and t.terms->>'chain' = $1 and t.terms->'hold'->>'currency' = $5 and t.terms->>'funding' = 'mint' group by 1, 2
)
select (select -coalesce(sum(posted), 0) from ledger_balances where account_id = $3) as ledger,
       (select -coalesce(sum(p.amount), 0) from ledger_entries e join ledger_postings p on p.entry = e.position
         where e.transfer_id = 'opening:' || $3 and p.account_id = $3) as opening,
       (select coalesce(sum(amount), 0) from outstanding) as "onChain",
       (select coalesce(sum(coalesce(o.amount, 0) - b.amount), 0) from booked b left join outstanding o on o.ref = b.escrow_ref) as "inFlight"`

/**
 * What we owe as the issuer of a token equals what was minted into escrows and not burned on its way back, but for what open transfers have
 * on its way between the two, and on top of what there was when the books were opened.
 */
export const issueLaw = async (client: ClientBase, escrow: EscrowOnChain, terminalStates: readonly string[]): Promise<Law> => {
  const { chain, currency, token, minter, unitsPerMinor } = escrow
  const { rows } = await client.query<{ ledger: string; opening: string; onChain: string; inFlight: string }>(issueSql, [
    ...[chain, token, account.issued(chain, currency), terminalStates, currency, minter, unitsPerMinor],
  ])
  const row = rows[0]!
  const [ledger, opening, onChain, inFlight] = [row.ledger, row.opening, row.onChain, row.inFlight].map(BigInt) as [
    bigint,
    bigint,
    bigint,
    bigint,
  ]
  const unexplained = onChain + opening - ledger - inFlight
  return {
    name: `issued_equals_chain:${chain}:${currency}`,
    ok: unexplained === 0n,
    detail: minorTexts({ ledger, opening, onChain, inFlight, unexplained }),
  }
}
