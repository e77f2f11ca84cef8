-- Why: the house moves its own money between its pools, as transfers like any other: between two banks by a route of its own, seen to its end
-- on both statements, and to or from a chain by the routes that customers use, with a liquidity provider in the customer's place.

alter table transfers drop constraint transfers_route_check,
  add constraint transfers_route_check check (route in ('onramp', 'offramp', 'remittance', 'crosschain', 'rebalance'));

alter table bank_statement_lines drop constraint bank_statement_lines_verdict_check,
  add constraint bank_statement_lines_verdict_check check (verdict in
    ('opening', 'settled', 'returned', 'returnReversed', 'arrived', 'arrivalReversed', 'mismatched', 'unexplained'));

-- What an alert asked for by itself, so that it asks once.
alter table liquidity_alerts add column refill_action key_text references operator_actions (id);

insert into ledger_accounts (id, kind, currency, shards)
select 'in_transit:' || a.currency, 'clearing', a.currency, 1 from ledger_accounts a where a.id = 'payout_partner:' || a.currency
on conflict do nothing;
