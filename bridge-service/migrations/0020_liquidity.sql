-- Why: a pool has what its account has. What a deposit, a debit, a payout or a return moves on the account moves its pool in the same
-- statement, so what comes in can be promised again, and the two can be compared.

alter table liquidity_pools
  add column account_id text references ledger_accounts (id), -- that it stands for; a currency's bank accounts share one
  -- A return takes what was promised: that is a fact, and the pool is short. Only a promise is refused, by the trigger below.
  drop constraint liquidity_pools_total_check,
  drop constraint liquidity_pools_check;

create function liquidity_pools_guard() returns trigger language plpgsql as $$
begin
  if new.reserved > old.reserved and new.reserved > new.total then
    raise exception 'pool % has % and cannot promise %', new.id, new.total, new.reserved using errcode = 'check_violation';
  end if;
  return new;
end $$;
create trigger liquidity_pools_guard before update on liquidity_pools for each row execute function liquidity_pools_guard();

-- A transfer may reserve in several pools.
alter table reservations drop constraint reservations_pkey, add primary key (transfer_id, pool_id);
create index reservations_open on reservations (pool_id) where status = 'reserved';

update liquidity_pools l
   set account_id = a.id
  from ledger_accounts a
 where a.id = 'treasury:' || l.id
    or (a.id = 'bank_cash:' || l.currency and not exists (select from ledger_accounts t where t.id = 'treasury:' || l.id));

-- What each pool's account has, and what was locked out of it for a transfer that is not over. What strangers sent is owed back to them.
create view liquidity_accounts as
  select p.account_id, p.pools, p.total, p.reserved,
         (select coalesce(sum(b.posted), 0) from ledger_balances b where b.account_id = p.account_id) as posted,
         (select coalesce(sum(r.amount), 0) from reservations r join transfers t on t.id = r.transfer_id
           where r.pool_id = any(p.pools) and r.status = 'reserved'
             and t.progress ? 'lockBooked' and not t.progress ? 'holdEnded') as locked,
         (select coalesce(sum(s.amount), 0) from stray_deposits d
            join ledger_entries e on e.transfer_id = d.id join ledger_postings s on s.entry = e.position
           where s.account_id = p.account_id and s.layer = 'posted') as strangers,
         (select coalesce(sum(r.amount), 0) from reservations r where r.pool_id = any(p.pools) and r.status = 'reserved') as promised
    from (select account_id, array_agg(id order by id) as pools, sum(total) as total, sum(reserved) as reserved
            from liquidity_pools where account_id is not null group by account_id) p;

-- What came in before counts from now on. Where one currency has several bank accounts nobody can say any more in which: the first has it.
update liquidity_pools l
   set total = l.total + a.posted + a.locked - a.strangers - a.total
  from liquidity_accounts a
 where l.id = a.pools[1];

grant select on liquidity_accounts to causeway_app;

-- A pool that has less to promise than its low-water mark, until it has as much again as its clear mark.
create table liquidity_alerts (
  id              bigint generated always as identity primary key,
  pool_id         key_text not null,
  low_water       numeric(38, 0) not null,
  available       numeric(38, 0) not null,   -- when it was opened
  opened_at       timestamptz not null default now(),
  cleared_at      timestamptz,
  available_then  numeric(38, 0),            -- when it was cleared
  check ((cleared_at is null) = (available_then is null))
);
create unique index liquidity_alerts_one_open on liquidity_alerts (pool_id) where cleared_at is null;
grant select, insert, update on liquidity_alerts to causeway_app;
