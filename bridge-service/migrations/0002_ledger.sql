-- Why: the database itself refuses an unbalanced entry, an update and a delete, whoever asks.
-- Amounts are integers in minor units; numeric, because a token with 18 decimals overflows bigint at nine units.

create table ledger_accounts (
  id         key_text primary key,           -- 'bank_cash:USD', 'escrow:evm:31337:USDC'
  kind       text not null check (kind in ('asset', 'liability', 'income', 'expense', 'equity', 'clearing')),
  currency   text not null,
  shards     int not null default 1 check (shards between 1 and 64),
  created_at timestamptz not null default now()
);

create table ledger_entries (
  position    bigint generated always as identity (cache 32) primary key,
  xid         bigint not null default (pg_current_xact_id()::text::bigint),
  transfer_id key_text not null,             -- or the name of what is not a transfer, e.g. 'opening'
  version     int not null,                  -- the event that booked it: at most one entry per event, so a repeat is refused
  kind        key_text not null,             -- that event's type: 'debitSettled', …
  at          timestamptz not null default now(),
  unique (transfer_id, version)
);
-- Append-ordered, so BRIN finds the tail after a snapshot at almost no cost to writers.
create index ledger_entries_by_xid on ledger_entries using brin (xid);

create table ledger_postings (
  entry      bigint not null,
  line       smallint not null,
  account_id key_text not null,
  currency   text not null,
  layer      text not null check (layer in ('posted', 'pending')), -- a hold is pending, then posted or voided
  amount     numeric(38, 0) not null check (amount <> 0),          -- debit positive, credit negative
  primary key (entry, line)
);
create index ledger_postings_by_account on ledger_postings (account_id, entry);

-- The running snapshot: one row per account and shard, so that writers of a hot account do not queue on one row.
create table ledger_balances (
  account_id key_text not null,
  shard      int not null,
  posted     numeric(38, 0) not null,
  pending    numeric(38, 0) not null,
  primary key (account_id, shard)
) with (fillfactor = 50);

-- A fixed point below which the proof need not add up again: sums over all entries of transactions before through_xid.
create table ledger_snapshots (
  account_id  key_text not null,
  through_xid bigint not null,
  posted      numeric(38, 0) not null,
  pending     numeric(38, 0) not null,
  taken_at    timestamptz not null default now(),
  primary key (account_id, through_xid)
);

-- One trigger per statement, not per row: a deferred per-row constraint trigger costs 62 % of the rate, this one 10 %. It asks that an
-- entry's postings come in one statement, as they should. It also does the foreign keys' work, set-wise: a key per row would take a
-- share lock on every hot account.
create function ledger_postings_guard() returns trigger language plpgsql security definer set search_path = public as $$
declare
  bad record;
begin
  select f.entry, f.currency, f.layer, sum(f.amount) as total into bad
    from fresh f group by f.entry, f.currency, f.layer having sum(f.amount) <> 0 limit 1;
  if found then
    raise exception 'entry % does not balance in % (%): %', bad.entry, bad.currency, bad.layer, bad.total
      using errcode = 'check_violation', constraint = 'ledger_net_zero';
  end if;

  select f.account_id, f.currency into bad
    from (select distinct account_id, currency from fresh) f
    left join ledger_accounts a on a.id = f.account_id and a.currency = f.currency
   where a.id is null limit 1;
  if found then
    raise exception 'no account % in %', bad.account_id, bad.currency
      using errcode = 'foreign_key_violation', constraint = 'ledger_account_currency';
  end if;

  -- Of this transaction: what is added to an old entry would lie below a snapshot that does not have it.
  select f.entry into bad
    from (select distinct entry from fresh) f
    left join ledger_entries e on e.position = f.entry and e.xid = pg_current_xact_id()::text::bigint
   where e.position is null limit 1;
  if found then
    raise exception 'entry % is not of this transaction', bad.entry
      using errcode = 'foreign_key_violation', constraint = 'ledger_own_entry';
  end if;

  -- Sorted, so that two writers that share rows never wait for each other in a circle.
  insert into ledger_balances as b (account_id, shard, posted, pending)
  select f.account_id, mod(pg_backend_pid(), a.shards),
         coalesce(sum(f.amount) filter (where f.layer = 'posted'), 0),
         coalesce(sum(f.amount) filter (where f.layer = 'pending'), 0)
    from fresh f join ledger_accounts a on a.id = f.account_id
   group by 1, 2 order by 1, 2
  on conflict (account_id, shard) do update
     set posted = b.posted + excluded.posted, pending = b.pending + excluded.pending;
  return null;
end $$;

create trigger net_zero after insert on ledger_postings
  referencing new table as fresh for each statement execute function ledger_postings_guard();

create function refuse_rewriting() returns trigger language plpgsql as $$
begin
  raise exception '% is append only', tg_table_name using errcode = 'insufficient_privilege', constraint = 'append_only';
end $$;

create trigger append_only before update or delete or truncate on ledger_entries for each statement execute function refuse_rewriting();
create trigger append_only before update or delete or truncate on ledger_postings for each statement execute function refuse_rewriting();
create trigger append_only before update or delete or truncate on ledger_snapshots for each statement execute function refuse_rewriting();
create trigger append_only before update or delete or truncate on transfer_events for each statement execute function refuse_rewriting();
create trigger append_only before update or delete or truncate on audit_log for each statement execute function refuse_rewriting();
-- The outbox may be trimmed behind its readers, but never edited.
create trigger append_only before update on outbox for each statement execute function refuse_rewriting();

create function ledger_take_snapshot() returns bigint language sql security definer set search_path = public as $$
  with edge as (select pg_snapshot_xmin(pg_current_snapshot())::text::bigint as xid),
  last as (select coalesce(max(through_xid), 0) as xid from ledger_snapshots),
  tail as (
    select p.account_id,
           coalesce(sum(p.amount) filter (where p.layer = 'posted'), 0) as posted,
           coalesce(sum(p.amount) filter (where p.layer = 'pending'), 0) as pending
      from ledger_entries e join ledger_postings p on p.entry = e.position
     where e.xid >= (select xid from last) and e.xid < (select xid from edge)
     group by p.account_id
  ), base as (
    select account_id, posted, pending from ledger_snapshots where through_xid = (select xid from last)
  )
  , taken as (
    insert into ledger_snapshots (account_id, through_xid, posted, pending)
    select account_id, (select xid from edge), coalesce(b.posted, 0) + coalesce(t.posted, 0), coalesce(b.pending, 0) + coalesce(t.pending, 0)
      from base b full join tail t using (account_id)
    on conflict do nothing
    returning 1
  )
  select count(*) from taken
$$;

grant select, insert on ledger_accounts, ledger_entries, ledger_postings to causeway_app;
grant select on ledger_balances, ledger_snapshots to causeway_app;
grant usage on all sequences in schema public to causeway_app;
