-- Why: a refusal must be as final as a signature. A worker that has asked the contract may stand still before it stores anything; meanwhile
-- another one asks, is refused, and the customer is paid back. What was refused under a key is therefore kept, and never signed under it.

create table evm_refusals (
  intent_key key_text primary key,           -- none that has a nonce: both are given out under the lock of the lane
  chain      text not null,
  sender     key_text not null,
  target     key_text not null,              -- the contract that was asked
  calldata   bytea not null,
  code       text not null,                  -- the contract's error
  detail     text not null,
  refused_at timestamptz not null default now(),
  foreign key (chain, sender) references nonce_lanes
);
create trigger append_only before update or delete or truncate on evm_refusals for each statement execute function refuse_rewriting();

grant select, insert on evm_refusals to causeway_app;
