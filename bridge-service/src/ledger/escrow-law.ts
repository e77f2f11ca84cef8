import type { ClientBase } from 'pg'
import type { ChainId } from '../chains/chain.ts'
import type { Currency } from '../money/currency.ts'
import { account } from './chart.ts'
import { type Law, minorTexts } from './law.ts'

/** An escrow contract's token, as the proof compares it with the account of the same chain and currency. */
export type EscrowOnChain = {
  readonly chain: ChainId
  readonly currency: Currency
  readonly token: string
  /** Only its locks are ours, the minter's, and those that transfers wait for: anyone may lock his tokens in the contract. */
  readonly treasury: string
  /** The payer of what is minted. */
  readonly minter: string
  /** Of the events' amounts. */
  readonly unitsPerMinor: bigint
}

type EscrowFacts = EscrowOnChain & {
  readonly ledger: bigint
  readonly onChain: bigint
  readonly onChainFinal: bigint
  /** On chain and not booked yet, or booked and gone: only of transfers that are not over. */
  readonly inFlight: bigint
  readonly height: string | null
  readonly halted: string | null
}

/** The escrow account equals the open escrows on chain, but for what open transfers have on its way between the two. */
export const escrowLaw = async (client: ClientBase, escrow: EscrowOnChain, terminalStates: readonly string[]): Promise<Law> =>
  escrowMatchesChain(await readEscrow(client, escrow, terminalStates))

// A deposit is the one whose terms the transfer has prepared: its customer may lock others under the same ref, and those are not ours.
const escrowSql = `
with ours as (
  select escrow_id, ref, div(amount, $7) as amount, block_number from chain_events
   where chain = $1 and canonical and type = 'escrowLocked' and lower(token) = lower($2) and lower(payer) = any($3)
   union all
  select e.escrow_id, e.ref, div(e.amount, $7), e.block_number
    from transfers t cross join lateral (select t.terms->'deposit'->'terms' as terms) d
    join chain_events e on e.ref = t.escrow_ref and e.chain = $1 and e.canonical and lower(e.token) = lower($2)
   where t.terms->'deposit'->>'chain' = $1 and d.terms->>'currency' = $6
     and (e.type = 'escrowLocked' or (e.type = 'depositReceived' and e.payload ? 'balanceId'))
     and lower(coalesce(e.payer, e.payload->>'payer')) = lower(d.terms->>'payer') and lower(d.terms->>'payer') <> all($3)
     and div(e.amount, $7) = (d.terms->>'amountMinor')::numeric
     and coalesce(e.payload->>'refundAfter', d.terms->>'refundAfter') = d.terms->>'refundAfter'
     and coalesce(e.payload->>'hardDeadline', d.terms->>'hardDeadline') = d.terms->>'hardDeadline'
), ended as (
  select e.escrow_id, e.block_number from chain_events e join ours using (escrow_id)
   where e.chain = $1 and e.canonical and e.type in ('escrowReleased', 'escrowRefunded', 'escrowClawedBack')
), head as (
  select cursor_height, finalized_height, halted_reason from chain_heads where chain = $1
), on_chain as (
  select o.ref, sum(o.amount) as amount from ours o
   where not exists (select from ended e where e.escrow_id = o.escrow_id) group by o.ref
), on_chain_final as (
  select coalesce(sum(o.amount), 0) as amount from ours o
   where o.block_number <= (select finalized_height from head)
     and not exists (select from ended e where e.escrow_id = o.escrow_id and e.block_number <= (select finalized_height from head))
), booked as (
  select t.id, t.escrow_ref, coalesce(sum(p.amount) filter (where p.account_id = $4 and p.layer = 'posted'), 0) as amount
    from transfers t left join ledger_entries e on e.transfer_id = t.id left join ledger_postings p on p.entry = e.position
   where t.state <> all($5)
     and ((t.terms->>'chain' = $1 and t.terms->'hold'->>'currency' = $6)
       or (t.terms->'deposit'->>'chain' = $1 and t.terms->'deposit'->'terms'->>'currency' = $6)) group by 1, 2
)
select (select coalesce(sum(posted), 0) from ledger_balances where account_id = $4) as ledger,
       (select coalesce(sum(amount), 0) from on_chain) as "onChain",
       (select amount from on_chain_final) as "onChainFinal",
       (select coalesce(sum(coalesce(c.amount, 0) - b.amount), 0) from booked b left join on_chain c on c.ref = b.escrow_ref) as "inFlight",
       (select cursor_height from head) as height,
       (select halted_reason from head) as halted`

const readEscrow = async (client: ClientBase, escrow: EscrowOnChain, terminalStates: readonly string[]): Promise<EscrowFacts> => {
  const { rows } = await client.query<{
    ledger: string
    onChain: string
    onChainFinal: string
    inFlight: string
    height: string | null
    halted: string | null
  }>(escrowSql, [
    escrow.chain,
    escrow.token,
    [escrow.treasury, escrow.minter].map(payer => payer.toLowerCase()),
    account.escrow(escrow.chain, escrow.currency),
    terminalStates,
    escrow.currency,
    escrow.unitsPerMinor,
  ])
  const row = rows[0]!
  return {
    ...escrow,
    ledger: BigInt(row.ledger),
    onChain: BigInt(row.onChain),
    onChainFinal: BigInt(row.onChainFinal),
    inFlight: BigInt(row.inFlight),
    height: row.height,
    halted: row.halted,
  }
}

const escrowMatchesChain = (facts: EscrowFacts): Law => {
  const { chain, currency, ledger, onChain, onChainFinal, inFlight, height, halted } = facts
  const unexplained = onChain - ledger - inFlight
  return {
    name: `escrow_equals_chain:${chain}:${currency}`,
    // A chain that nobody has read, or that is halted, proves nothing.
    ok: height !== null && halted === null && unexplained === 0n,
    detail: { ...minorTexts({ ledger, onChain, onChainFinal, inFlight, unexplained }), height, halted },
  }
}
