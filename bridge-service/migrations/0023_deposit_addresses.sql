-- Why: who pays from an exchange or a simple wallet can only transfer, and a transfer carries no reference: so a deposit may have an address of
-- its own (ADR 14). What comes to it is looked at, not indexed: the balance of an address is the truth, whatever became of a block. What the
-- customer's transfer brings is locked from there by an order of ours; whatever else there is, is a stray deposit, and goes back.

create table deposit_addresses (
  transfer_id key_text primary key,
  chain       key_text not null,
  seen        numeric(78, 0) not null default 0, -- what was there of the token that is waited for, before it was locked; as the chain counts
  look_at     timestamptz default now()          -- when it is looked at (again); null: no longer
);
create index deposit_addresses_due on deposit_addresses (look_at) where look_at is not null;

-- By a trigger, so that no transfer can be opened without its address being looked after, and no other step of a transfer knows of it.
create function watch_deposit_address() returns trigger language plpgsql as $$
begin
  insert into deposit_addresses (transfer_id, chain) values (new.id, new.terms #>> '{deposit,chain}');
  return null;
end $$;
create trigger watch_deposit_address after insert on transfers for each row
  when (new.terms #> '{deposit,refundTo}' is not null) execute function watch_deposit_address();

-- Of what lies at a deposit address: the terms that the address follows from. Its fact is '<address>:<token>:<how many there were before>'.
alter table stray_deposits add column address_terms jsonb,
  drop constraint stray_deposits_reason_check,
  add constraint stray_deposits_reason_check check
    (reason in ('reference_unknown', 'wrong_asset', 'wrong_amount', 'wrong_terms', 'repeated', 'not_expected', 'refunded'));
create unique index stray_deposits_one_at_address on stray_deposits (transfer_id, token)
  where address_terms is not null and state not in ('returned', 'gone');
create index stray_deposits_at_address on stray_deposits (transfer_id) where address_terms is not null;

alter table deposit_orders
  drop constraint deposit_orders_kind_check,
  add constraint deposit_orders_kind_check check (kind in ('lockSigned', 'lockAddress', 'giveBack'));
-- A lock from an address that went through can be undone with its block, and is then sent again: the balance says so.
drop index deposit_orders_one_open;
create unique index deposit_orders_one_open on deposit_orders (kind, subject)
  where status in ('PENDING', 'IN_FLIGHT') or (status = 'SUCCEEDED' and kind <> 'lockAddress');

alter table evm_txs
  drop constraint evm_txs_action_check,
  add constraint evm_txs_action_check check (action in ('lock', 'commit', 'release', 'refund', 'recover'));

grant select, insert, update on deposit_addresses to causeway_app;
