-- Why: a Stellar ledger is final once it is closed; its claimable balances can be clawed back, delivered and collected, and customers
-- give us money there, also by plain payments that no escrow stands for. What a stranger sends and we cannot read is kept, not skipped.

alter table chain_heads
  drop constraint chain_heads_finality_mode_check,
  add constraint chain_heads_finality_mode_check check (finality_mode in ('tags', 'depth', 'closed'));
comment on column chain_heads.escrow is 'EVM: the contract; Stellar: the accounts that are watched';

alter table chain_events
  drop constraint chain_events_type_check,
  add constraint chain_events_type_check
    check (type in ('escrowLocked', 'escrowCommitted', 'escrowReleased', 'escrowRefunded', 'escrowCredited', 'escrowClawedBack',
                    'depositReceived', 'deliveryClaimed', 'deliveryReclaimed')),
  alter column escrow_id drop not null,
  add check (escrow_id is not null or type = 'depositReceived'),
  -- The claimable balance that the event tells the making of: claims name nothing else.
  add column balance_id key_text generated always as (payload ->> 'balanceId') stored;
create index chain_events_by_balance on chain_events (chain, balance_id) where balance_id is not null;

create table chain_anomalies (
  chain        key_text not null,
  block_number bigint not null,
  block_hash   key_text not null,
  tx_hash      key_text not null,             -- as the node names it
  ordinal      int not null,                  -- index of the operation; -1: the transaction as a whole
  reason       text not null,
  detail       text not null,
  envelope_xdr text not null,
  result_xdr   text not null,
  seen_at      timestamptz not null default now(),
  primary key (chain, tx_hash, ordinal, reason)
);

grant select, insert on chain_anomalies to causeway_indexer;
grant select on chain_anomalies to causeway_app;
