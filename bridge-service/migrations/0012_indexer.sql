-- Why: what the chain says moves money, so the indexer now also keeps why it may be believed: which node said it, how far a second
-- reading has confirmed it, what the contract's own numbers prove, every reorg, and who let a halted chain go on.

alter table chain_heads
  add column genesis_hash    key_text,       -- of block 0, where nodes must agree; null: a chain without one
  add column verified_height bigint,         -- a second reading agrees up to here, and `finalized` counts for payouts only so far; null:
                                             -- a chain whose ledgers need no second reading
  add column begun_midway    boolean not null default false, -- the contract was there before our first block: its earlier events are unknown
  add column alarm           text;           -- set: the events are in doubt; nothing becomes final until it is over

-- After each block with events of a token: the number of its last event, and what the events say is locked.
create table chain_token_states (
  chain        key_text not null,
  block_hash   key_text not null,
  token        key_text not null,
  block_number bigint not null,
  sequence     bigint not null,
  since        bigint not null,              -- the number of its first event that we know: 1, or the index began midway
  locked       numeric(78, 0) not null,      -- relative to the first comparison where the index began in the middle of a token's life
  canonical    boolean not null,
  primary key (chain, token, block_hash)
);
create index chain_token_states_canonical on chain_token_states (chain, token, block_number) where canonical;
create index chain_token_states_by_height on chain_token_states (chain, block_number) where canonical;

-- What was locked before the first event that the index knows, as the first comparison has found it; no row: nothing.
create table chain_token_baselines (
  chain  key_text not null,
  token  key_text not null,
  locked numeric(78, 0) not null,
  primary key (chain, token)
);

-- Second readings of final blocks, by another node where there is one.
create table chain_checks (
  chain       key_text not null,
  from_height bigint not null,
  to_height   bigint not null,
  endpoint    text not null,                 -- who gave the second reading
  events      int not null,
  digest      key_text not null,             -- SHA-256 over the events; the same from the tables and from the reading
  totals      jsonb not null,                -- by token: {"height", "locked"} as the contract itself says
  at          timestamptz not null default now(),
  primary key (chain, to_height, from_height)
);

-- Blocks whose stored events a later reading has set right.
create table chain_repairs (
  id         bigint generated always as identity primary key,
  chain      key_text not null,
  height     bigint not null,
  block_hash key_text not null,
  cause      text not null,                  -- 'sequence_gap', 'second_reading'
  added      int not null,
  removed    int not null,
  at         timestamptz not null default now()
);

create table chain_reorgs (
  id              bigint generated always as identity primary key,
  chain           key_text not null,
  at              timestamptz not null default now(),
  deep            boolean not null,          -- below finality: nothing was rolled back, the chain is halted
  depth           int not null,              -- our blocks that the rival branch contradicts; of a deep one as far as it was read
  ancestor_height bigint,                    -- null: deep, the ancestor lies below what was read
  ancestor_hash   key_text,
  from_height     bigint not null,           -- our newest block before
  from_hash       key_text not null,
  to_height       bigint not null,           -- the newest block of the other branch that was read
  to_hash         key_text not null,
  orphaned_blocks int not null,
  orphaned_events int not null
);
create index chain_reorgs_by_chain on chain_reorgs (chain, id);

-- An operator's word that a halted chain may go on. The indexer obeys the newest approved one that answers the halt that there is.
create table chain_resumes (
  id            bigint generated always as identity primary key,
  chain         key_text not null,
  halted_reason text not null,               -- as it stands in chain_heads: another halt needs another word
  branch        text not null check (branch in ('ours', 'theirs')), -- 'theirs': what we hold above the common ancestor is orphaned
  reason        text not null check (length(trim(reason)) > 0),
  requested_by  key_text not null,
  requested_at  timestamptz not null default now(),
  approved_by   key_text check (approved_by <> requested_by), -- four eyes
  approved_at   timestamptz,
  obeyed_at     timestamptz,                 -- by the indexer
  refusal       text,                        -- by the indexer: why it could not
  check ((approved_by is null) = (approved_at is null)),
  check (obeyed_at is null or approved_by is not null)
);
create index chain_resumes_open on chain_resumes (chain) where obeyed_at is null and refusal is null;

-- The nodes as the writer sees them, renewed every few seconds. By host, since a URL may hold a key.
create table chain_endpoints (
  chain         key_text not null,
  endpoint      key_text not null,
  standing      text not null check (standing in ('good', 'lagging', 'forked', 'lying', 'limited', 'silent', 'foreign')),
  head_height   bigint,
  latency_ms    int,                         -- a moving average
  requests      bigint not null,
  failures      bigint not null,
  disagreements bigint not null,
  updated_at    timestamptz not null default now(),
  primary key (chain, endpoint)
);

-- What the rest of the world is told, in the transaction that makes it true. An observation names its inbox row's revision, and where the
-- event itself stands in chain_events, on whichever branch: to copy it would cost as much as to insert it.
create table chain_outbox (
  position   bigint generated always as identity (cache 32) primary key,
  xid        xid8 not null default pg_current_xact_id(), -- readers go by (xid, position) below pg_snapshot_xmin, as with `outbox`
  chain      key_text not null,
  type       text not null check (type in ('observationChanged', 'chainReorganized', 'chainHalted', 'chainResumed', 'alarmRaised', 'alarmCleared')),
  fact       key_text,
  revision   int,
  status     text check (status in ('included', 'orphaned')),
  block_hash key_text,
  log_index  int,
  details    jsonb,                          -- of everything but an observation
  at         timestamptz not null default now(),
  check ((type = 'observationChanged') = (fact is not null and revision is not null and status is not null))
);

-- Which blocks count as final for which amount. What a version says never changes; the transfer's terms name theirs.
create table finality_policies (
  chain   key_text not null,
  version key_text not null,                 -- taken from what the tiers say
  tiers   jsonb not null,                    -- [{"uptoMinor", "requirement"}], smallest first
  since   timestamptz not null default now(),
  primary key (chain, version)
);

grant select, insert on finality_policies to causeway_app;
grant select, insert, update on chain_token_states to causeway_indexer;
grant select, insert, update on chain_token_baselines to causeway_indexer;
grant select, insert on chain_checks, chain_repairs, chain_reorgs, chain_outbox to causeway_indexer;
grant select, insert, update, delete on chain_endpoints to causeway_indexer;
grant select, update (obeyed_at, refusal) on chain_resumes to causeway_indexer;
grant select on chain_token_states, chain_token_baselines, chain_checks, chain_repairs, chain_reorgs, chain_outbox, chain_endpoints to causeway_app;
grant select, insert, update (approved_by, approved_at) on chain_resumes to causeway_app;
