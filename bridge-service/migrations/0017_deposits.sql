-- Why: customers bring money by themselves: in an escrow or a balance that they make, by a signature that we send for them, or by a payment. Not
-- all of it is what was agreed, and whatever it is, it must have a way back. What no transfer takes is a case here, and what we send for it is a
-- row before it is a call.

alter table evm_txs
  drop constraint evm_txs_action_check,
  add constraint evm_txs_action_check check (action in ('lock', 'commit', 'release', 'refund'));

-- Of a claim and of what gives a deposit back: the fact that told of its making. Two of the same terms look alike, so that it goes by this.
alter table stellar_txs add column deposit_fact key_text;
create unique index stellar_txs_one_return on stellar_txs (chain, deposit_fact)
  where action in ('returnDeposit', 'pay') and status <> 'refused';
create unique index stellar_txs_one_claim on stellar_txs (chain, deposit_fact) where action = 'claimDeposit' and status <> 'refused';

create table stray_deposits (
  id            key_text primary key,        -- 'sd_…', a TypeID
  chain         key_text not null,
  fact          key_text not null,           -- the inbox fact that told of it
  ref           key_text not null,           -- that it came under
  transfer_id   key_text,                    -- whose ref that is; null: nobody's
  tenant        text,                        -- and whose transfer
  escrow_id     key_text,
  balance_id    key_text,                    -- Stellar: of a balance; null there: a payment, which has reached the treasury
  token         key_text not null,
  currency      text,                        -- null: none of ours
  units         numeric(78, 0) not null,     -- as the chain counts
  booked        numeric(38, 0) not null,     -- minor units that stand in the ledger for it until it is returned
  payer         key_text not null,
  reason        text not null check (reason in ('reference_unknown', 'wrong_asset', 'wrong_amount', 'wrong_terms', 'repeated', 'not_expected')),
  state         text not null check (state in ('waiting', 'returning', 'returned', 'self_serve', 'person', 'gone')),
  reclaim_after bigint,                      -- Unix seconds: from then on its payer has it back without us
  code          text,                        -- why it was not returned, or is a person's
  detail        text,
  tx_hash       key_text,                    -- of what gave it back
  look_at       timestamptz not null default now(), -- when it is looked at (again), while it is not over
  received_at   timestamptz not null default now(),
  updated_at    timestamptz not null default now(),
  unique (chain, fact)
);
create index stray_deposits_by_tenant on stray_deposits (tenant, id);
create index stray_deposits_due on stray_deposits (look_at) where state in ('waiting', 'self_serve');

-- What goes out to a chain without a step of a transfer: a customer's signed lock, the return of a stray deposit.
create table deposit_orders (
  key        key_text primary key,           -- from what it is about: the same order again is the same key
  kind       text not null check (kind in ('lockSigned', 'giveBack')),
  chain      key_text not null,
  subject    key_text not null,              -- the transfer, or the stray deposit
  request    jsonb not null,
  status     text not null default 'PENDING' check (status in ('PENDING', 'IN_FLIGHT', 'SUCCEEDED', 'FAILED')),
  tx_hash    key_text,
  code       text,
  detail     text,
  attempts   int not null default 0,
  next_at    timestamptz not null default now(), -- when a worker may take it (again)
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  check ((status = 'FAILED') = (code is not null))
);
-- A customer may sign again when the first signature was of no use; a stray deposit has one way back.
create unique index deposit_orders_one_open on deposit_orders (kind, subject) where status <> 'FAILED';
create index deposit_orders_by_subject on deposit_orders (subject, created_at);
create index deposit_orders_waiting on deposit_orders (next_at) where status in ('PENDING', 'IN_FLIGHT');
create index inbox_unmatched on inbox (received_at) where unmatched;

grant select, insert, update on stray_deposits to causeway_app;
-- What was ordered never changes; only what became of it does.
grant select, insert, update (status, tx_hash, code, detail, attempts, next_at, updated_at) on deposit_orders to causeway_app;
