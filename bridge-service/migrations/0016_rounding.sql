-- Why: what rounding leaves over in whole minor units is booked, not lost in the exchange account, and fees are taken in whatever currency a
-- transfer comes from. Books that were opened before lack the accounts; new ones get them from the chart.
insert into ledger_accounts (id, kind, currency, shards)
select part.name || ':' || a.currency, 'income', a.currency, a.shards
  from ledger_accounts a, (values ('fee_income'), ('rounding')) as part(name)
 where a.id = 'exchange:' || a.currency
on conflict do nothing;
