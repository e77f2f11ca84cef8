-- Why: two banks of one currency shared one account, so nobody could say from the books what each of them owes us. Now each of our accounts
-- at a bank has its own, 'bank_cash:<rail>:<currency>', as each treasury has; and its pool is named by the same place and currency.

-- What is promised back and not booked yet: it may have left the bank.
create view refunds_unheard as
  select r.* from refunds r
   where r.state in ('requested', 'crediting')
      or r.state = 'completed' and not exists (select from transfers t where t.id = r.refund_of and t.progress->'refunds' ? r.id);
grant select on refunds_unheard to causeway_app;

-- A bank names a refund by our reference.
create unique index refunds_by_reference on refunds (rail, (request->>'externalId'));

-- What stands on an old account is carried to the accounts of its pools. Postings are for ever, so it is an entry; its name is that of the
-- new account's opening, which must not be booked a second time. A pool has what its account has (0020), so where several shared one, what
-- each has says how to share. Where pools and account disagree, or nobody stands for what is there, no machine can know whose it is: prove
-- the ledger and set it right first.
do $$
declare
  old record;
  pool record;
  carried bigint;
begin
  for old in
    select a.id, a.currency, a.shards, coalesce(sum(b.posted), 0) as posted, coalesce(sum(b.pending), 0) as pending
      from ledger_accounts a left join ledger_balances b on b.account_id = a.id
     where a.id = 'bank_cash:' || a.currency group by a.id
  loop
    if old.pending <> 0 or old.posted <> (select coalesce(sum(total), 0) from liquidity_pools where account_id = old.id) then
      raise exception '% has %, and its pools have something else: nobody can say at which bank it is', old.id, old.posted
        using hint = 'make liquidity_equals_account hold for it (GET /v1/ledger/proof), and migrate again';
    end if;
    for pool in select id, total from liquidity_pools where account_id = old.id order by id loop
      insert into ledger_accounts (id, kind, currency, shards) values ('bank_cash:' || pool.id, 'asset', old.currency, old.shards);
      update liquidity_pools set account_id = 'bank_cash:' || pool.id where id = pool.id;
      insert into ledger_entries (transfer_id, version, kind) values ('opening:bank_cash:' || pool.id, 1, 'carriedOver')
        returning position into carried;
      insert into ledger_postings (entry, line, account_id, currency, layer, amount)
      select carried, line, account, old.currency, 'posted', amount
        from (values (0, 'bank_cash:' || pool.id, pool.total), (1, old.id, -pool.total)) as p(line, account, amount) where amount <> 0;
    end loop;
    delete from ledger_accounts where id = old.id and not exists (select from ledger_postings where account_id = old.id);
  end loop;
end $$;
