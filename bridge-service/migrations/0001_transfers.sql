-- Why: a transfer's state, its history and everything that a step promises must commit together, so they live in one schema.
-- Text ids are TypeIDs (prefix and UUIDv7), so they sort by time; "C" compares them by byte.

do $$ begin
  -- The service connects as causeway_app and the indexer as causeway_indexer: neither may rewrite history (see the grants).
  if not exists (select from pg_roles where rolname = 'causeway_app') then create role causeway_app; end if;
  if not exists (select from pg_roles where rolname = 'causeway_indexer') then create role causeway_indexer; end if;
exception when duplicate_object or unique_violation then null; -- another database of this cluster was quicker
end $$;

create domain key_text as text collate "C";

create table transfers (
  id            key_text primary key,
  tenant        text not null,
  route         text not null check (route in ('onramp', 'offramp', 'remittance', 'crosschain')),
  definition    int not null,                -- version of the machine that made it; an unknown one is refused
  state         text not null,
  version       int not null check (version > 0),
  terms         jsonb not null,              -- fixed at creation: legs, amounts, quote, policies, escrow terms
  progress      jsonb not null,              -- what has happened so far; the fold of transfer_events
  escrow_ref    key_text unique,             -- finds the transfer of a chain observation
  parked_reason text,                        -- a step of it threw: a person looks before it moves again
  created_at    timestamptz not null default now(),
  updated_at    timestamptz not null default now()
) with (fillfactor = 50, toast_tuple_target = 128);
-- The terms never change, so they go out of line once and a step copies a pointer; with the defaults every step of a grown transfer
-- compressed both again (60 µs a row instead of 10).
alter table transfers alter column terms set storage external, alter column progress set storage plain;
create index transfers_by_tenant on transfers (tenant, id);

create table transfer_events (
  transfer_id key_text not null,
  version     int not null,
  type        text not null,
  payload     jsonb not null,
  from_state  text not null,
  to_state    text not null,
  at          timestamptz not null default now(),
  primary key (transfer_id, version)
);

-- Serial ids commit out of order: a reader takes rows below pg_snapshot_xmin in the order (xid, position), or it loses late commits.
create table outbox (
  position    bigint generated always as identity (cache 32) primary key,
  xid         xid8 not null default pg_current_xact_id(),
  transfer_id key_text not null,
  version     int not null,
  type        text not null
);

-- Who or what caused each transition.
create table audit_log (
  transfer_id key_text not null,
  version     int not null,
  actor       text not null,                 -- 'saga', 'api:<key id>', 'operator:<name>'
  cause       text not null,                 -- the input: 'intent:<key>', 'fact:<source>/<fact>', 'deadline:<kind>', 'command:<name>'
  at          timestamptz not null default now(),
  primary key (transfer_id, version)
);

-- Durable timers, by database time.
create table deadlines (
  transfer_id key_text not null,
  kind        text not null,
  due_at      timestamptz not null,
  primary key (transfer_id, kind)
);
create index deadlines_due on deadlines (due_at);

-- A chain fact that a transfer waits for until it is final by the policy stored on the transfer.
create table finality_waits (
  transfer_id key_text not null,
  kind        text not null,                 -- 'lock', 'release', 'refund'
  chain       text not null,
  level       text not null check (level in ('latest', 'safe', 'finalized')),
  height      bigint not null,               -- final once the chain's height at this level has reached it
  fact        text not null,                 -- the inbox fact that must still be true then
  primary key (transfer_id, kind)
);
create index finality_waits_due on finality_waits (chain, level, height);

-- Facts from outside, handed to the saga: one row per fact, whose truth can change (included, orphaned, included again). Each change
-- raises the revision, so a re-mined transaction is news about the same fact and never a second fact.
create table inbox (
  source      text not null,                 -- 'evm:31337', 'bank:sim', 'command'
  fact        key_text not null,             -- chain: '<tx hash>:<ordinal in the tx>'; bank: the webhook's message id
  subject     key_text not null,             -- chain: the escrow's ref; bank: the order's external id; command: the transfer id
  kind        text not null,
  payload     jsonb not null,
  revision    int not null default 1,
  consumed    int not null default 0,
  unmatched   boolean not null default false, -- no transfer has this subject: kept for a person
  received_at timestamptz not null default now(),
  primary key (source, fact)
);
create index inbox_waiting on inbox (received_at) where consumed < revision and not unmatched;

-- Parked transfers are few: a reader of the inbox asks for all of them each time.
create index transfers_parked on transfers (id) where parked_reason is not null;

grant select, insert on transfer_events, outbox, audit_log to causeway_app;
grant select, insert, update on transfers, inbox to causeway_app;
grant select, insert, update, delete on deadlines, finality_waits to causeway_app;
grant usage on all sequences in schema public to causeway_app;
grant select, insert, update on inbox to causeway_indexer;
