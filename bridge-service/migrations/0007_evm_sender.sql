-- Why: a nonce is a promise to the chain. It is given out here, once, to one intent, and every signature made for it is kept before
-- anyone else can see it: whatever crashes, the same intent finds the same nonce and the same bytes.

-- One line of nonces per sending key.
create table nonce_lanes (
  chain       text not null,                 -- 'evm:31337'
  sender      key_text not null,             -- checksummed address
  next_nonce  bigint not null check (next_nonce >= 0),
  lease_owner text,                          -- who tends the lane now
  lease_epoch int not null default 0,        -- rises with every change of hands: a worker that woke up late holds an old one
  lease_until timestamptz,
  primary key (chain, sender)
);

-- One call per nonce, with all that is needed to sign it (again): a crash between allocation and signature leaves no hole.
create table evm_txs (
  intent_key    key_text primary key,         -- one key, one nonce, for ever
  chain         text not null,
  sender        key_text not null,
  nonce         bigint not null check (nonce >= 0),
  action        text not null check (action in ('lock', 'release', 'refund')),
  target        key_text not null,            -- the contract that is called
  calldata      bytea not null,
  gas_limit     bigint not null check (gas_limit > 0),
  status        text not null default 'allocated' check (status in ('allocated', 'signed', 'included', 'reverted', 'usurped')),
  hash          key_text,                     -- the signed version that was included
  block_number  bigint,
  block_hash    key_text,
  pending_since timestamptz,                 -- when a reorg last put it back on its way; else it has been since its newest signature
  final_at      timestamptz,                  -- deep enough: no longer watched
  allocated_at  timestamptz not null default now(),
  updated_at    timestamptz not null default now(),
  unique (chain, sender, nonce),
  foreign key (chain, sender) references nonce_lanes,
  check ((status in ('included', 'reverted')) = (hash is not null and block_number is not null and block_hash is not null)),
  check (final_at is null or status in ('included', 'reverted'))
);
create index evm_txs_open on evm_txs (chain, sender, nonce) where final_at is null;

-- Every signature ever made for a nonce; version 0 is the first, each higher one replaced the one before. All of them are watched,
-- because any of them may be mined.
create table evm_tx_versions (
  intent_key               key_text not null references evm_txs,
  version                  int not null check (version >= 0),
  hash                     key_text not null unique,
  raw                      bytea not null,   -- what is broadcast, again and again, byte for byte
  max_fee_per_gas          numeric(38, 0) not null check (max_fee_per_gas > 0),
  max_priority_fee_per_gas numeric(38, 0) not null check (max_priority_fee_per_gas between 0 and max_fee_per_gas),
  signed_at                timestamptz not null,
  signed_head              bigint not null,  -- the chain's height then: no new block since, no reason to call it stuck
  primary key (intent_key, version)
);
create trigger append_only before update or delete or truncate on evm_tx_versions for each statement execute function refuse_rewriting();

grant select, insert, update on nonce_lanes to causeway_app;
-- What a nonce was given out for never changes; only what became of it does.
grant select, insert, update (status, hash, block_number, block_hash, pending_since, final_at, updated_at) on evm_txs to causeway_app;
grant select, insert on evm_tx_versions to causeway_app;
