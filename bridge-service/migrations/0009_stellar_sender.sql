-- Why: a Stellar account takes one transaction at a time, and no answer to a submission can be trusted. So a transaction goes out through a
-- channel, an account that only lends its sequence number, and the channel is not lent again before the ledger has told what became of it.

-- Accounts that lend sequence numbers.
create table stellar_channels (
  chain       text not null,                 -- 'stellar:testnet'
  account     key_text not null,             -- G…
  sequence    bigint check (sequence >= 0),  -- the highest number known to be consumed, the next transaction takes the one after; null before the first
  lease_owner text,                          -- who builds or watches a transaction of it now
  lease_epoch int not null default 0,        -- rises with every change of hands: a worker that woke up late holds an old one
  lease_until timestamptz,
  primary key (chain, account)
);

-- One wish, one effect; the envelopes that were tried for it are below.
create table stellar_txs (
  intent_key key_text primary key,
  chain      text not null,
  action     text not null check (action in ('lock', 'release', 'refund', 'claimDeposit', 'returnDeposit', 'pay', 'reclaimDelivery')),
  escrow_id  key_text,                       -- of a lock, a release and a refund
  task       jsonb not null,                 -- all that is needed to build it (again)
  status     text not null default 'open' check (status in ('open', 'waiting', 'succeeded', 'refused')),
  code       text,                           -- why it was refused
  detail     text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  check ((status = 'refused') = (code is not null))
);
-- The ledger would take a second balance of the same terms: nothing there is content-addressed but by us.
create unique index stellar_txs_one_lock on stellar_txs (chain, escrow_id) where action = 'lock' and status <> 'refused';
create index stellar_txs_waiting on stellar_txs (chain, created_at) where status = 'waiting';
create index stellar_txs_by_escrow on stellar_txs (escrow_id);

-- A sequence number lent to a wish: at most one of them can ever have an effect at a time, because the next attempt is only built when the
-- last is known to be dead.
create table stellar_attempts (
  intent_key     key_text not null references stellar_txs,
  attempt        int not null check (attempt >= 0),
  chain          text not null,
  channel        key_text not null,
  sequence       bigint not null check (sequence > 0),
  hash           key_text not null unique,   -- of the inner transaction: the same whatever fee is bid later
  max_time       bigint not null check (max_time > 0), -- Unix seconds, inclusive
  balance_ids    text[] not null,            -- of the claimable balances that it creates, known from source, sequence and operation index
  built_ledger   bigint not null,            -- the newest ledger when it was built: history that does not show this one proves nothing
  built_hash     key_text not null,
  doubted_ledger bigint,                     -- when it was first found dead; it takes two looks
  fate           text not null default 'open' check (fate in ('open', 'succeeded', 'failed', 'dead')),
  ledger         bigint,                     -- that it is in
  result         bytea,                      -- TransactionResult
  told_by        text,                       -- a person, where the ledger could not tell
  built_at       timestamptz not null default now(),
  ended_at       timestamptz,
  primary key (intent_key, attempt),
  foreign key (chain, channel) references stellar_channels,
  check ((fate = 'open') = (ended_at is null)),
  check (ledger is null or fate in ('succeeded', 'failed'))
);
create unique index stellar_attempts_one_in_flight on stellar_attempts (chain, channel) where fate = 'open';
create unique index stellar_attempts_one_of_an_intent on stellar_attempts (intent_key) where fate in ('open', 'succeeded');

-- Every signature ever made for an attempt; version 0 is the transaction itself, each higher one a fee bump around it.
create table stellar_envelopes (
  intent_key  key_text not null,
  attempt     int not null,
  version     int not null check (version >= 0),
  hash        key_text not null unique,      -- of the outer transaction
  envelope    bytea not null,                -- what is sent, again and again, byte for byte
  bid         bigint not null check (bid > 0), -- stroops per operation
  ledger      bigint not null,               -- the newest when it was signed: no new one since, no reason to call it stuck
  signed_at   timestamptz not null default now(),
  primary key (intent_key, attempt, version),
  foreign key (intent_key, attempt) references stellar_attempts
);
create trigger append_only before update or delete or truncate on stellar_envelopes for each statement execute function refuse_rewriting();

grant select, insert, update on stellar_channels to causeway_app;
-- What was signed for never changes; only what became of it does.
grant select, insert, update (status, code, detail, updated_at) on stellar_txs to causeway_app;
grant select, insert, update (doubted_ledger, fate, ledger, result, told_by, ended_at) on stellar_attempts to causeway_app;
grant select, insert on stellar_envelopes to causeway_app;
