-- Why: what the chain said, on every branch that we saw, so that a reorg is a mark on rows and not a loss of them, and so that
-- the saga and an auditor read the same truth. The indexer writes these tables, one writer per chain; the service only reads.

create table chain_heads (
  chain            key_text primary key,      -- 'evm:31337'
  escrow           key_text not null,         -- the contract that the events below come from; another one is refused
  cursor_height    bigint not null,           -- everything up to here is in the tables below
  cursor_hash      key_text not null,         -- and every write compares it first, so that a stale writer writes nothing
  safe_height      bigint not null,
  finalized_height bigint not null,           -- never falls; a reorg below it halts the chain
  finality_mode    text check (finality_mode in ('tags', 'depth')), -- null until the node has shown which: nothing is final yet
  halted_reason    text,                      -- a person looks before this chain moves again
  updated_at       timestamptz not null default now(),
  check (finalized_height <= safe_height)
);

create table chain_blocks (
  chain       key_text not null,
  hash        key_text not null,
  number      bigint not null,
  parent_hash key_text not null,
  time        timestamptz not null,
  canonical   boolean not null,               -- false: orphaned, kept as evidence
  primary key (chain, hash)
);
create unique index chain_blocks_canonical on chain_blocks (chain, number) where canonical;

create table chain_events (
  chain        key_text not null,
  block_hash   key_text not null,
  log_index    int not null,
  tx_hash      key_text not null,
  ordinal      int not null,                  -- position among the escrow's logs within the transaction: survives a re-mining
  fact         key_text not null generated always as (tx_hash || ':' || ordinal::text) stored,
  block_number bigint not null,
  type         text not null check (type in ('escrowLocked', 'escrowReleased', 'escrowRefunded')),
  escrow_id    key_text not null,
  ref          key_text not null,
  token        key_text not null,
  payer        key_text,
  payee        key_text,
  amount       numeric(78, 0) not null check (amount >= 0), -- uint256, in the token's minor units
  payload      jsonb not null,                -- every argument of the event, integers as decimal strings
  canonical    boolean not null,
  primary key (chain, block_hash, log_index)
);
-- One transaction is in one canonical block: the same fact can be true only once.
create unique index chain_events_canonical on chain_events (chain, fact) where canonical;
create index chain_events_by_height on chain_events (chain, block_number);
create index chain_events_by_escrow on chain_events (escrow_id);
create index chain_events_by_ref on chain_events (ref);

-- No delete for anyone: orphaned rows are marked.
grant select, insert, update on chain_heads, chain_blocks, chain_events to causeway_indexer;
grant select on chain_heads, chain_blocks, chain_events to causeway_app;
