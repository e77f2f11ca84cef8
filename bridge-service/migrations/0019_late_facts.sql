-- Why: what comes late, or never. Time that can be moved where it is simulated, the bank's statement as the last word on an order that nobody
-- answers for, and what customers owe as cases with an amount and a state.

-- Ahead of the machine's clock by so much. Only the owner writes it, and only in a local world or a test: 60 days of waiting in a second.
create table clock_offset (
  only_one boolean primary key default true check (only_one),
  ahead    interval not null
);
grant select on clock_offset to causeway_app, causeway_indexer;

create function causeway_now() returns timestamptz language sql stable as
  'select now() + coalesce((select ahead from clock_offset), interval ''0'')';
create function causeway_clock_timestamp() returns timestamptz language sql volatile as
  'select clock_timestamp() + coalesce((select ahead from clock_offset), interval ''0'')';

-- How far each account's statement has been read.
create table bank_statements (
  rail    text not null,
  account text not null,
  cursor  text,                              -- of the last line that was read
  read_at timestamptz not null default now(),
  primary key (rail, account)
);

create table bank_statement_lines (
  rail             text not null,
  account          text not null,
  cursor           text not null,
  bank_transfer_id text not null,
  external_id      key_text not null,
  currency         text not null,
  amount           numeric(38, 0) not null,  -- positive is money in
  at               timestamptz not null,     -- the bank's time
  intent_key       key_text,                 -- the order of ours that it is about
  verdict          text not null check (verdict in ('opening', 'settled', 'returned', 'returnReversed', 'mismatched', 'unexplained')),
  read_at          timestamptz not null default now(),
  primary key (rail, account, cursor)
);
create index bank_statement_lines_by_order on bank_statement_lines (rail, external_id);
create index bank_statement_doubts on bank_statement_lines (read_at) where verdict in ('mismatched', 'unexplained');

grant select, insert, update on bank_statements to causeway_app;
grant select, insert on bank_statement_lines to causeway_app;

-- What a customer owes us after a return that came too late to roll back: what its transfer has put on `receivable:…`, less what came of it.
create table receivables (
  transfer_id key_text not null,
  currency    text not null,
  tenant      text not null,
  payer       text not null,                 -- the customer's bank account, or his address
  owed        numeric(38, 0) not null,       -- as the machine booked it; a return that is taken back takes it to zero
  recovered   numeric(38, 0) not null default 0 check (recovered >= 0),
  written_off numeric(38, 0) not null default 0 check (written_off >= 0),
  state       text not null generated always as (
                case when owed < recovered + written_off then 'overpaid'
                     when owed = 0 then 'reversed'
                     when owed > recovered + written_off then case when recovered + written_off > 0 then 'partlyRecovered' else 'open' end
                     when written_off > 0 then 'writtenOff'
                     else 'recovered' end) stored,
  opened_at   timestamptz not null default now(),
  updated_at  timestamptz not null default now(),
  primary key (transfer_id, currency)
);
create index receivables_by_tenant on receivables (tenant, transfer_id);
create index receivables_open on receivables (tenant, payer) where state in ('open', 'partlyRecovered');
grant select, insert, update on receivables to causeway_app;

-- What was owed before there were cases.
insert into receivables (transfer_id, currency, tenant, payer, owed, opened_at)
select t.id, p.currency, t.tenant, coalesce(t.terms->'source'->'account'->>'accountNumber', t.terms->'source'->>'address'), sum(p.amount), min(e.at)
  from ledger_postings p join ledger_entries e on e.position = p.entry join transfers t on t.id = e.transfer_id
 where p.account_id like 'receivable:%' and p.layer = 'posted'
 group by t.id, p.currency, t.tenant, t.terms having sum(p.amount) <> 0;

-- Losses that were accepted.
insert into ledger_accounts (id, kind, currency, shards)
select 'bad_debt:' || a.currency, 'expense', a.currency, 1 from ledger_accounts a where a.id = 'receivable:' || a.currency
on conflict do nothing;
